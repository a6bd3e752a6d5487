// SPDX-License-Identifier: GPL-2.0-only
/* The operations, as the table at the end, and the comparison. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "twins.h"

#define LONGEST (16 * 4096)

static struct side {
	int fd[DESCS];
	unsigned char *map[MAPS];
} sides[SIDES];

/* The same on both sides: where a mapping begins in the file, and how long it is. */
static struct {
	uint64_t at;
	size_t length;
} maps[MAPS];

static unsigned char bytes[LONGEST];
static char difference[300];

static long result_of(long result)
{
	return result < 0 ? -errno : result;
}

static uint64_t sum(const unsigned char *from, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ from[i]) * 0x100000001b3;
	return sum;
}

static void fill(const struct step *step)
{
	for (uint32_t i = 0; i < step->length; i++)
		bytes[i] = step->to + i * 7 + 1;
}

static int desc(int side, const struct step *step)
{
	return sides[side].fd[step->desc];
}

/* read, write, seek */

static void run_pwrite(int side, const struct step *step, struct outcome *outcome)
{
	fill(step);
	outcome->result = result_of(pwrite(desc(side, step), bytes, step->length, step->at));
}

static void run_write(int side, const struct step *step, struct outcome *outcome)
{
	fill(step);
	outcome->result = result_of(write(desc(side, step), bytes, step->length));
	outcome->more = lseek(desc(side, step), 0, SEEK_CUR);
}

static void run_pread(int side, const struct step *step, struct outcome *outcome)
{
	memset(bytes, 0xee, step->length);
	outcome->result = result_of(pread(desc(side, step), bytes, step->length, step->at));
	outcome->more = sum(bytes, step->length);
}

static void run_read(int side, const struct step *step, struct outcome *outcome)
{
	memset(bytes, 0xee, step->length);
	outcome->result = result_of(read(desc(side, step), bytes, step->length));
	outcome->more = sum(bytes, step->length);
}

static void run_seek(int side, const struct step *step, struct outcome *outcome)
{
	outcome->result = result_of(lseek(desc(side, step), step->at, step->which % 3));
}

static void run_append(int side, const struct step *step, struct outcome *outcome)
{
	outcome->result =
		result_of(fcntl(desc(side, step), F_SETFL, step->which & 1 ? O_APPEND : 0));
}

static void run_copy(int side, const struct step *step, struct outcome *outcome)
{
	off_t from = step->at, to = step->to;
	int into = sides[side].fd[step->which % DESCS];

	outcome->result =
		result_of(copy_file_range(desc(side, step), &from, into, &to, step->length, 0));
	outcome->more = from + to * 31;
}

/* size and space */

static void run_truncate(int side, const struct step *step, struct outcome *outcome)
{
	outcome->result = result_of(ftruncate(desc(side, step), step->at));
}

static void run_allocate(int side, const struct step *step, struct outcome *outcome)
{
	int flags = step->which & 1 ? FALLOC_FL_KEEP_SIZE : 0;

	outcome->result = result_of(fallocate(desc(side, step), flags, step->at, step->length));
}

static void run_punch(int side, const struct step *step, struct outcome *outcome)
{
	outcome->result =
		result_of(fallocate(desc(side, step), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    step->at, step->length));
}

static void run_seal(int side, const struct step *step, struct outcome *outcome)
{
	unsigned int seals = 1u << step->which % 5;
	struct mmapdemo_seal set = {.size = sizeof(set), .seals = seals};

	if (side == MEMFD)
		outcome->result = result_of(fcntl(desc(side, step), F_ADD_SEALS, seals));
	else
		outcome->result = result_of(ioctl(desc(side, step), MMAPDEMO_IOCTL_SEAL, &set));
	/* F_ADD_SEALS of a descriptor that is not open for writing is EPERM; of a command, EBADF.
	 */
	if (outcome->result == -EPERM && side == MEMFD &&
	    (fcntl(desc(side, step), F_GETFL) & O_ACCMODE) == O_RDONLY)
		outcome->result = -EBADF;
}

/* descriptors; -1 on both sides is EBADF */

static void replace(int side, const struct step *step, int fd, struct outcome *outcome)
{
	uint32_t slot = 1 + step->which % (DESCS - 1);

	outcome->result = fd < 0 ? -errno : 0;
	if (fd < 0)
		return;
	if (sides[side].fd[slot] >= 0)
		close(sides[side].fd[slot]);
	sides[side].fd[slot] = fd;
}

static void run_dup(int side, const struct step *step, struct outcome *outcome)
{
	replace(side, step, dup(desc(side, step)), outcome);
}

static void run_reopen(int side, const struct step *step, struct outcome *outcome)
{
	static const int modes[] = {O_RDWR, O_RDONLY, O_WRONLY, O_RDWR | O_APPEND};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", desc(side, step));
	replace(side, step, open(path, modes[step->to % 4] | O_CLOEXEC), outcome);
}

static void run_close(int side, const struct step *step, struct outcome *outcome)
{
	uint32_t slot = 1 + step->which % (DESCS - 1);

	outcome->result = result_of(close(sides[side].fd[slot]));
	sides[side].fd[slot] = -1;
}

/* Through a socket, by SCM_RIGHTS: what is received takes the place of another descriptor. */
static void run_pass(int side, const struct step *step, struct outcome *outcome)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = "";
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	int ends[2], got = -1, fd = desc(side, step);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return;
	*control = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	if (sendmsg(ends[0], &message, 0) == 1 && recvmsg(ends[1], &message, 0) == 1)
		memcpy(&got, CMSG_DATA(control), sizeof(got));
	replace(side, step, got, outcome);
	close(ends[0]);
	close(ends[1]);
}

/* mappings */

static sigjmp_buf ended;

static void on_signal(int number)
{
	siglongjmp(ended, number);
}

static void run_map(int side, const struct step *step, struct outcome *outcome)
{
	static const int prots[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
				    PROT_NONE};
	unsigned char **map = &sides[side].map[step->map];
	uint64_t at = step->at & ~4095ULL;

	if (*map)
		munmap(*map, maps[step->map].length);
	*map = mmap(NULL, step->length, prots[step->which & 3],
		    step->which & 4 ? MAP_PRIVATE : MAP_SHARED, desc(side, step), at);
	outcome->result = *map == MAP_FAILED ? -errno : 0;
	if (*map == MAP_FAILED)
		*map = NULL;
	if (side != MEMFD)
		return;
	maps[step->map].at = at;
	maps[step->map].length = step->length;
}

static bool inside(const struct step *step)
{
	return step->to + step->length <= maps[step->map].length;
}

static void run_touch(int side, const struct step *step, struct outcome *outcome)
{
	unsigned char *map = sides[side].map[step->map];
	int number;

	if (!map || !inside(step))
		return;
	number = sigsetjmp(ended, 1);
	if (number) {
		outcome->result = -1000 - number;
	} else if (step->which & 1) {
		memset(map + step->to, step->at, step->length);
	} else {
		outcome->more = sum(map + step->to, step->length);
	}
}

static void run_protect(int side, const struct step *step, struct outcome *outcome)
{
	unsigned char *map = sides[side].map[step->map];

	if (map)
		outcome->result =
			result_of(mprotect(map, maps[step->map].length,
					   step->which & 1 ? PROT_READ | PROT_WRITE : PROT_READ));
}

static void run_advise(int side, const struct step *step, struct outcome *outcome)
{
	static const int advice[] = {MADV_DONTNEED, MADV_REMOVE, MADV_REMOVE, 22, 23, MADV_COLD};
	unsigned char *map = sides[side].map[step->map];
	uint64_t from = step->to & ~4095ULL;

	if (map && from + step->length <= maps[step->map].length)
		outcome->result =
			result_of(madvise(map + from, step->length, advice[step->which % 6]));
}

static void run_unmap(int side, const struct step *step, struct outcome *outcome)
{
	unsigned char **map = &sides[side].map[step->map];

	if (*map)
		outcome->result = result_of(munmap(*map, maps[step->map].length));
	*map = NULL;
}

const struct operation operations[] = {
	{"pwrite", 12, run_pwrite}, {"write", 6, run_write},	   {"pread", 8, run_pread},
	{"read", 4, run_read},	    {"seek", 4, run_seek},	   {"append", 1, run_append},
	{"copy", 5, run_copy},	    {"truncate", 7, run_truncate}, {"allocate", 6, run_allocate},
	{"punch", 7, run_punch},    {"dup", 1, run_dup},	   {"reopen", 2, run_reopen},
	{"close", 1, run_close},    {"pass", 2, run_pass},	   {"map", 8, run_map},
	{"touch", 25, run_touch},   {"protect", 3, run_protect},   {"advise", 8, run_advise},
	{"unmap", 3, run_unmap},    {"seal", 1, run_seal},
};
const size_t operation_count = sizeof(operations) / sizeof(*operations);

/* The pair */

bool twins_make(int device, uint64_t most)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = most / 2};
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	for (int side = 0; side < SIDES; side++) {
		memset(&sides[side], 0, sizeof(sides[side]));
		for (int i = 0; i < DESCS; i++)
			sides[side].fd[i] = -1;
	}
	sides[CREATED].fd[0] = ioctl(device, MMAPDEMO_IOCTL_CREATE, &create);
	sides[MEMFD].fd[0] = memfd_create("twin", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	return sides[CREATED].fd[0] >= 0 && !ftruncate(sides[MEMFD].fd[0], create.bytes);
}

void twins_drop(void)
{
	for (int side = 0; side < SIDES; side++) {
		for (int i = 0; i < MAPS; i++)
			if (sides[side].map[i])
				munmap(sides[side].map[i], maps[i].length);
		for (int i = 0; i < DESCS; i++)
			if (sides[side].fd[i] >= 0)
				close(sides[side].fd[i]);
	}
}

static struct stat stat_of(int side)
{
	struct stat stat_of = {};

	fstat(sides[side].fd[0], &stat_of);
	return stat_of;
}

/*
 * Before 6.19 or so, tmpfs keeps what is stored behind the end of the last page, and shows it
 * when the file grows (C9.behind-the-end).
 */
bool twins_excused(const struct step *step)
{
	uint64_t size = stat_of(MEMFD).st_size, from = maps[step->map].at + step->to;

	return operations[step->op].run == run_touch && step->which & 1 &&
	       from + step->length > size && from < ((size + 4095) & ~4095ULL);
}

void twins_plant(enum plant plant)
{
	struct mmapdemo_seal seal = {.size = sizeof(seal), .seals = MMAPDEMO_SEAL_GROW};
	unsigned char byte = 0;
	off_t size = stat_of(CREATED).st_size;

	if (plant == PLANT_SIZE && ftruncate(sides[CREATED].fd[0], size + 1))
		perror("the planted mistake");
	if (plant == PLANT_SEAL && ioctl(sides[CREATED].fd[0], MMAPDEMO_IOCTL_SEAL, &seal))
		perror("the planted mistake");
	if (plant != PLANT_BYTE)
		return;
	if (pread(sides[CREATED].fd[0], &byte, 1, 0) < 0 || !++byte ||
	    pwrite(sides[CREATED].fd[0], &byte, 1, 0) != 1)
		perror("the planted mistake");
}

const char *twins_step(const struct step *step, bool small)
{
	struct outcome outcomes[SIDES] = {};
	struct stat stats[SIDES];

	for (int side = 0; side < SIDES; side++) {
		operations[step->op].run(side, step, &outcomes[side]);
		stats[side] = stat_of(side);
	}
	if (outcomes[CREATED].result != outcomes[MEMFD].result)
		snprintf(difference, sizeof(difference), "result %ld, of a memfd %ld",
			 outcomes[CREATED].result, outcomes[MEMFD].result);
	else if (outcomes[CREATED].more != outcomes[MEMFD].more)
		snprintf(difference, sizeof(difference), "bytes or position are others");
	else if (stats[CREATED].st_size != stats[MEMFD].st_size)
		snprintf(difference, sizeof(difference), "size %lld, of a memfd %lld",
			 (long long)stats[CREATED].st_size, (long long)stats[MEMFD].st_size);
	else if (small && stats[CREATED].st_blocks != stats[MEMFD].st_blocks)
		snprintf(difference, sizeof(difference), "%lld blocks, of a memfd %lld",
			 (long long)stats[CREATED].st_blocks, (long long)stats[MEMFD].st_blocks);
	else
		return NULL;
	return difference;
}

const char *twins_contents(void)
{
	static unsigned char other[LONGEST];
	ssize_t got, wanted;
	off_t at = 0;

	do {
		got = pread(sides[CREATED].fd[0], bytes, sizeof(bytes), at);
		wanted = pread(sides[MEMFD].fd[0], other, sizeof(other), at);
		for (ssize_t i = 0; i < wanted && got == wanted; i++) {
			if (bytes[i] == other[i])
				continue;
			snprintf(difference, sizeof(difference), "byte %lld is %#x, of a memfd %#x",
				 (long long)at + i, bytes[i], other[i]);
			return difference;
		}
		at += got;
	} while (got > 0 && got == wanted);
	return got == wanted ? NULL : "reads end elsewhere";
}

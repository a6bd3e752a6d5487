// SPDX-License-Identifier: GPL-2.0-only
/* The operations, as the table at the end, and the comparison. */
#define _GNU_SOURCE
#include <err.h>
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

#include "support/pass.h"
#include "twins.h"

#define LONGEST	   (16 * 4096)
#define PRIVATE	   4	   /* a bit of step.which for run_map() */
#define NO_MAPPING (-2000) /* a result: there is nothing to do it to */

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
	int ends[2], got = -1, fd = desc(side, step);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) {
		outcome->result = -errno;
		return;
	}
	if (!pass_descriptor(ends[0], fd))
		got = receive_descriptor(ends[1]);
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

/* Otherwise a page fault on a created buffer also makes pages beside its own: C9.touch-makes. */
static bool pages_come_alone;

static void run_map(int side, const struct step *step, struct outcome *outcome)
{
	static const int prots[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
				    PROT_NONE};
	unsigned char **map = &sides[side].map[step->map];
	uint64_t at = step->at & ~4095ULL;

	if (*map)
		munmap(*map, maps[step->map].length);
	*map = mmap(NULL, step->length, prots[step->which & 3],
		    step->which & PRIVATE ? MAP_PRIVATE : MAP_SHARED, desc(side, step), at);
	outcome->result = *map == MAP_FAILED ? -errno : 0;
	if (*map == MAP_FAILED)
		*map = NULL;
	else if (pages_come_alone && madvise(*map, step->length, MADV_RANDOM))
		err(2, "MADV_RANDOM");
	if (side != MEMFD)
		return;
	maps[step->map].at = at;
	maps[step->map].length = step->length;
}

static void run_touch(int side, const struct step *step, struct outcome *outcome)
{
	unsigned char *map = sides[side].map[step->map];
	int number;

	outcome->result = NO_MAPPING;
	if (!map)
		return;
	outcome->result = 0;
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

	outcome->result = NO_MAPPING;
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

	outcome->result = NO_MAPPING;
	if (map)
		outcome->result =
			result_of(madvise(map + from, step->length, advice[step->which % 6]));
}

static void run_unmap(int side, const struct step *step, struct outcome *outcome)
{
	unsigned char **map = &sides[side].map[step->map];

	outcome->result = NO_MAPPING;
	if (*map)
		outcome->result = result_of(munmap(*map, maps[step->map].length));
	*map = NULL;
}

const struct operation operations[] = {
	{"pwrite", 12, run_pwrite, MOVES_BYTES},
	{"write", 6, run_write, MOVES_BYTES},
	{"pread", 8, run_pread, MOVES_BYTES},
	{"read", 4, run_read, MOVES_BYTES},
	{"seek", 4, run_seek, 0},
	{"append", 1, run_append, 0},
	{"copy", 5, run_copy, MOVES_BYTES | INTO_DESC},
	{"truncate", 7, run_truncate, 0},
	{"allocate", 6, run_allocate, 0},
	{"punch", 7, run_punch, 0},
	{"dup", 1, run_dup, 0},
	{"reopen", 2, run_reopen, 0},
	{"close", 1, run_close, CLOSES},
	{"pass", 2, run_pass, 0},
	{"map", 8, run_map, MAKES_MAP},
	{"touch", 25, run_touch, IN_MAP},
	{"protect", 3, run_protect, IN_MAP},
	{"advise", 8, run_advise, IN_MAP},
	{"unmap", 3, run_unmap, IN_MAP},
	{"seal", 4, run_seal, 0},
};
const size_t operation_count = sizeof(operations) / sizeof(*operations);

/* The pair */

bool twins_has_desc(uint32_t desc)
{
	return sides[MEMFD].fd[desc] >= 0;
}

bool twins_has_map(uint32_t map)
{
	return sides[MEMFD].map[map];
}

static struct stat stat_of(int side)
{
	struct stat stat_of = {};

	fstat(sides[side].fd[0], &stat_of);
	return stat_of;
}

uint64_t twins_size(void)
{
	return stat_of(MEMFD).st_size;
}

size_t twins_map_length(uint32_t map, bool in_file)
{
	size_t length = twins_has_map(map) ? maps[map].length : 0;
	uint64_t size = twins_size();

	if (in_file && size > maps[map].at && size - maps[map].at < length)
		length = size - maps[map].at;
	return length;
}

bool twins_make(int device, uint64_t most, bool by_page)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = most / 2};
	struct sigaction action = {.sa_handler = on_signal};

	pages_come_alone = by_page;
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

/*
 * Before 6.19 or so, tmpfs keeps what is stored behind the end of the last page, and shows it
 * when the file grows (C9.behind-the-end).
 */
static bool stores_behind_the_end(const struct step *step, uint64_t size)
{
	uint64_t from = maps[step->map].at + step->to;

	return operations[step->op].run == run_touch && step->which & 1 &&
	       from + step->length > size && from < ((size + 4095) & ~4095ULL);
}

/* tmpfs refuses all bytes of the last page, where SEAL_GROW cuts a write (C9.seal-grow-cuts). */
static bool is_cut(const struct step *step, uint64_t size)
{
	void (*run)(int, const struct step *, struct outcome *) = operations[step->op].run;
	uint64_t from = step->at;

	if (!(fcntl(sides[MEMFD].fd[0], F_GET_SEALS) & F_SEAL_GROW))
		return false;
	if (run == run_write)
		from = lseek(desc(MEMFD, step), 0, SEEK_CUR);
	else if (run == run_copy)
		from = step->to;
	else if (run != run_pwrite)
		return false;
	return from < size && from + step->length > size;
}

bool twins_excused(const struct step *step)
{
	uint64_t size = twins_size();

	return stores_behind_the_end(step, size) || is_cut(step, size);
}

/*
 * Has the created buffer's mapping differ from the memfd's in all bytes. Both sides store, so that
 * both have memory for it.
 */
static void plant_in_mapping(int flags, uint32_t map)
{
	const struct step step = {.map = map, .which = 1 | flags, .length = 4096};
	struct outcome outcome;
	unsigned char *at;

	for (int side = 0; side < SIDES; side++) {
		if (ftruncate(sides[side].fd[0], 2 * step.length))
			err(2, "the planted mistake");
		run_map(side, &step, &outcome);
		at = sides[side].map[map];
		if (outcome.result || !at)
			errx(2, "the planted mistake: mmap: %ld", outcome.result);
		for (uint32_t i = 0; i < step.length; i++)
			at[i] ^= side == CREATED;
	}
}

void twins_plant(enum plant plant)
{
	struct mmapdemo_seal seal = {.size = sizeof(seal), .seals = MMAPDEMO_SEAL_GROW};
	off_t size = stat_of(CREATED).st_size;
	int fd = sides[CREATED].fd[0], error = 0;

	switch (plant) {
	case PLANT_BYTE:
		plant_in_mapping(0, 0);
		break;
	case PLANT_PRIVATE:
		for (uint32_t map = 0; map < MAPS; map++)
			plant_in_mapping(PRIVATE, map);
		break;
	case PLANT_SIZE:
	case PLANT_END:
		error = ftruncate(fd, size + 1);
		break;
	case PLANT_SEAL:
		error = ioctl(fd, MMAPDEMO_IOCTL_SEAL, &seal);
		break;
	case PLANT_BLOCKS:
		error = fallocate(fd, FALLOC_FL_KEEP_SIZE, (size + 4095) & ~4095ULL, 4096);
		break;
	default:
		break;
	}
	if (error)
		err(2, "the planted mistake");
}

/* An operation has an effect if it moves a byte, or, where it moves none, if it succeeds. */
static bool has_effect(const struct operation *operation, const struct outcome *outcome)
{
	return operation->flags & MOVES_BYTES ? outcome->result > 0 : outcome->result >= 0;
}

/* Whether a small buffer has as many blocks as it may have. Those past the end are asked for. */
static bool blocks_right(const struct stat *created, const struct stat *memfd)
{
	blkcnt_t inside = (created->st_size + 4095) / 4096 * (4096 / 512);

	if (pages_come_alone)
		return created->st_blocks == memfd->st_blocks;
	return created->st_blocks >= memfd->st_blocks &&
	       created->st_blocks <= memfd->st_blocks + inside;
}

const char *twins_step(const struct step *step, bool small, bool *effect)
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
	else if (small && !blocks_right(&stats[CREATED], &stats[MEMFD]))
		snprintf(difference, sizeof(difference), "%lld blocks, of a memfd %lld",
			 (long long)stats[CREATED].st_blocks, (long long)stats[MEMFD].st_blocks);
	else
		*difference = '\0';
	*effect = has_effect(&operations[step->op], &outcomes[MEMFD]);
	return *difference ? difference : NULL;
}

const char *twins_contents(void)
{
	static unsigned char other[LONGEST];
	ssize_t got, wanted;
	off_t at = 0;

	do {
		got = pread(sides[CREATED].fd[0], bytes, sizeof(bytes), at);
		wanted = pread(sides[MEMFD].fd[0], other, sizeof(other), at);
		if (got == wanted && got > 0 && memcmp(bytes, other, got)) {
			ssize_t i = 0;

			while (bytes[i] == other[i])
				i++;
			snprintf(difference, sizeof(difference), "byte %lld is %#x, of a memfd %#x",
				 (long long)at + i, bytes[i], other[i]);
			return difference;
		}
		at += got;
	} while (got > 0 && got == wanted);
	return got == wanted ? NULL : "reads end elsewhere";
}

void twins_show(void)
{
	struct mmapdemo_seal seal = {.size = sizeof(seal)};

	ioctl(sides[CREATED].fd[0], MMAPDEMO_IOCTL_SEAL, &seal);
	printf("seals %#x, of a memfd %#x; size %#llx, of a memfd %#llx\n", seal.seals,
	       fcntl(sides[MEMFD].fd[0], F_GET_SEALS), (unsigned long long)stat_of(CREATED).st_size,
	       (unsigned long long)stat_of(MEMFD).st_size);
}

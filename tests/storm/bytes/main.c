// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo-bytes: options, the processes, and what they found. */
#define _GNU_SOURCE
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mmapdemo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../number.h"
#include "bytes.h"

#define PROCESSES_MOST 16
#define CHECK_EVERY    10000 /* operations */
#define SLICE_LEAST    16    /* pages */

static struct options {
	const char *device;
	unsigned long processes, seconds, seed, bytes;
	bool keep_going, is_file;
} options = {.device = "/dev/mmapdemo", .processes = 4, .seconds = 10, .bytes = 16 << 20};

static const struct argp_option argp_options[] = {
	{"device", 'd', "PATH", 0,
	 "its contents are lost (/dev/mmapdemo). On a file, to compare with, FILL is pwrite, SUM "
	 "is pread, and PUNCH is fallocate",
	 0},
	{"processes", 'p', "N", 0, "each with a slice of its own (4)", 0},
	{"bytes", 'b', "N", 0, "of the device, from its start, for all slices (16 MiB)", 0},
	{"seconds", 't', "T", 0, "end after T seconds (10)", 0},
	{"seed", 's', "S", 0, "of the random numbers (default: one of the clock)", 0},
	{"keep-going", 'k', NULL, 0, "count lost bytes, and do not end at the first", 0},
	{}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'd':
		options.device = arg;
		break;
	case 'p':
		options.processes = number(state, arg, 1, PROCESSES_MOST);
		break;
	case 'b':
		options.bytes = number(state, arg, 0, UINT64_MAX);
		break;
	case 't':
		options.seconds = number(state, arg, 1, UINT32_MAX);
		break;
	case 's':
		options.seed = number(state, arg, 0, UINT64_MAX);
		break;
	case 'k':
		options.keep_going = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

uint64_t random_below(struct slice *slice, uint64_t below)
{
	return random_word(&slice->random) % below;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static unsigned char *memory(size_t length)
{
	unsigned char *map =
		mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		err(2, "memory");
	return map;
}

/*
 * Slices do not begin or end at pages: neighbours share a page there, of which
 * each changes its own bytes.
 */
static void make_slice(struct slice *slice, unsigned long nth, struct result *result)
{
	size_t each = options.bytes / options.processes;
	size_t before;

	slice->page = sysconf(_SC_PAGESIZE);
	slice->fd = open(options.device, O_RDWR | O_CLOEXEC);
	if (slice->fd < 0)
		err(2, "%s", options.device);
	slice->start = nth * each + (nth ? 13 * nth : 0);
	slice->length =
		(nth + 1 == options.processes ? options.bytes : (nth + 1) * each + 13 * (nth + 1)) -
		slice->start;
	slice->shadow = memory(slice->length);
	slice->by = memory(slice->length);
	before = slice->start % slice->page;
	slice->map = mmap(NULL, before + slice->length, PROT_READ | PROT_WRITE, MAP_SHARED,
			  slice->fd, slice->start - before);
	if (slice->map == MAP_FAILED)
		err(2, "mmap");
	slice->map += before;
	slice->random = options.seed + nth;
	slice->keep_going = options.keep_going;
	slice->is_file = options.is_file;
	slice->result = result;
	accept_all(slice);
}

_Noreturn static void work(unsigned long nth, struct result *result)
{
	time_t end = now() + options.seconds;
	struct slice slice = {};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_slice(&slice, nth, result);
	while (!result->stop && now() < end) {
		operate(&slice);
		if (slice.operation % CHECK_EVERY == 0)
			compare_part(&slice, 0, slice.length);
	}
	if (!result->stop)
		compare_part(&slice, 0, slice.length);
	exit(0);
}

static void print_result(const struct result *result)
{
	const struct loss *first = &result->first;
	uint64_t all = 0;

	for (int way = PWRITE; way < WAYS; way++) {
		all += result->operations[way];
		if (result->operations[way])
			printf("%s%s %" PRIu64, way > PWRITE ? ", " : "", way_names[way],
			       result->operations[way]);
	}
	printf("\n%" PRIu64 " operations, %" PRIu64 " found a byte lost, seed %lu\n", all,
	       result->lost, options.seed);
	if (!result->lost)
		return;
	for (int way = NOTHING; way < WAYS; way++)
		if (result->lost_by[way])
			printf("lost after %s: %" PRIu64 "\n", way_names[way],
			       result->lost_by[way]);
	printf("the first: offset %#jx: expected %s 0x%02" PRIx32 " by %s, seen 0x%02" PRIx32
	       " by %s, operation %" PRIu64 "\n",
	       (intmax_t)first->offset, first->read_by == SUM ? "checksum" : "byte",
	       first->expected, way_names[first->by], first->seen, way_names[first->read_by],
	       first->operation);
}

static uint64_t size_of(int fd)
{
	struct mmapdemo_info info = {.size = sizeof(info)};
	struct stat stat;

	if (fstat(fd, &stat))
		err(2, "%s", options.device);
	options.is_file = S_ISREG(stat.st_mode);
	if (options.is_file)
		return stat.st_size;
	if (ioctl(fd, MMAPDEMO_IOCTL_INFO, &info))
		err(2, "%s has none of the module's commands", options.device);
	return info.bytes;
}

static void check_device(void)
{
	int fd = open(options.device, O_RDWR | O_CLOEXEC);
	uint64_t size;

	if (fd < 0)
		err(2, "%s", options.device);
	size = size_of(fd);
	close(fd);
	if (options.bytes > size)
		errx(2, "%s has %ju bytes only", options.device, (uintmax_t)size);
	if (options.bytes / options.processes < SLICE_LEAST * (unsigned long)sysconf(_SC_PAGESIZE))
		errx(2, "a slice has %d pages at least", SLICE_LEAST);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options,
					 parse,
					 NULL,
					 "Writes, reads, maps, fills and punches slices of the "
					 "device, and compares every byte with what was written.",
					 NULL,
					 NULL,
					 NULL};
	bool good = true;
	struct result *result;
	int status;

	options.seed = time(NULL);
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	check_device();
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (result == MAP_FAILED)
		err(2, "memory");
	for (unsigned long i = 0; i < options.processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (!pid)
			work(i, result);
	}
	while (wait(&status) > 0 || errno == EINTR)
		if (status) {
			warnx("a process ended with status %#x", status);
			result->stop = true;
			good = false;
		}
	print_result(result);
	return !good || result->lost;
}

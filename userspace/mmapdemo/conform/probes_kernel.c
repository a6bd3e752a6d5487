// SPDX-License-Identifier: GPL-2.0-only
/* Can the kernel itself use the memory, and is any leaked after the last user? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"
#include "support/patience.h"
#include "support/proc.h"
#include "support/row.h"

static unsigned char *map_start(int prot)
{
	return probe_map(probe_open(facts->open_flags), least_pages(), prot, MAP_SHARED, 0);
}

/* It wakes no process and stores nothing, but the kernel looks up the word. */
static void probe_futex(void)
{
	unsigned char *map = map_start(probe_prot());

	probe_load(map, "a load from the mapping");
	errno = 0;
	if (syscall(SYS_futex, map, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
		found("none", "futex(FUTEX_WAKE) of a word in a shared mapping says %s",
		      errno_word(errno));
}

static void probe_pins(void)
{
	unsigned char *map = map_start(PROT_READ);
	struct iovec piece = {map, facts->page};
	int pipes[2];

	probe_load(map, "a load from the mapping");
	if (pipe(pipes))
		cannot_ask("pipe() says %s", errno_word(errno));
	errno = 0;
	if (vmsplice(pipes[1], &piece, 1, SPLICE_F_NONBLOCK) < 0)
		found("none", "vmsplice() of a page of the mapping says %s", errno_word(errno));
}

static void probe_debugger(void)
{
	unsigned char *map = map_start(PROT_READ);
	uint32_t word;
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		cannot_ask("/proc/self/mem: %s", errno_word(errno));
	probe_load(map, "a load from the mapping");
	errno = 0;
	if (pread(fd, &word, sizeof(word), (off_t)(uintptr_t)map) != sizeof(word))
		found("none", "pread() of /proc/self/mem at the mapping says %s",
		      errno_word(errno));
}

static void probe_dumped(void)
{
	if (!*facts->flags)
		cannot_ask("/proc/self/smaps has no VmFlags");
	if (probe_has_flag("dd"))
		found("none", "the mapping has VM_DONTDUMP (dd in /proc/self/smaps)");
}

static void probe_inherited(void)
{
	if (!*facts->flags)
		cannot_ask("/proc/self/smaps has no VmFlags");
	if (probe_has_flag("dc"))
		found("not-inherited", "the mapping has VM_DONTCOPY (dc in /proc/self/smaps)");
}

/* Opens, maps, accesses and closes: afterwards the kernel has as much memory as before. */
static void use_and_leave(void)
{
	int fd = probe_open(facts->open_flags);
	size_t count = some_pages(64);
	unsigned char *map = probe_map(fd, count, PROT_READ, MAP_SHARED, 0);

	/* Thousands of loads of a register may be one too many. */
	for (size_t page = 0; page < count && page < facts->loads && !may_bear_registers(); page++)
		probe_load(map + page * facts->page, "a load from the mapping");
	probe_unmap(map, count);
	close(fd);
}

#define LEAKED (24UL << 20)

/* How many KiB the machine has less after so many uses, or after the same time without. */
static unsigned long lost_by(size_t rounds, double *seconds)
{
	unsigned long before = meminfo("MemFree"), after;
	double begin = seconds_now();

	for (size_t i = 0; i < rounds; i++)
		use_and_leave();
	if (rounds)
		*seconds = seconds_now() - begin + 0.1;
	usleep(rounds ? 100000 : *seconds * 1000000);
	after = meminfo("MemFree");
	return before > after ? before - after : 0;
}

/* So many rounds at least show a leak. */
#define FEWEST 16

/* It is used for so long, three times, and is left alone for as long, three times. */
static double seconds_for_leaks(void)
{
	return facts->deadline < 8 ? facts->deadline / 12 : 2.0 / 3;
}

/* Other programs take memory, too, so that a leak is a loss with each use, and none without use. */
static void probe_leaks(void)
{
	size_t each = some_pages(64) * facts->page;
	size_t rounds = LEAKED / each;
	unsigned long lost = 0, wanted;
	double seconds = 0, one;

	if (rounds > 2000)
		rounds = 2000;
	if (rounds < FEWEST)
		cannot_ask("its mappings are too large to see a leak");
	use_and_leave();
	one = seconds_now();
	use_and_leave();
	one = seconds_now() - one;
	if (rounds > seconds_for_leaks() / one)
		rounds = seconds_for_leaks() / one;
	if (rounds < FEWEST)
		cannot_ask("open() takes too long to repeat it often enough");
	wanted = rounds * each / 1024 / 2;
	lost_by(4, &seconds);
	for (int i = 0; i < 3; i++) {
		lost = lost_by(rounds, &seconds);
		if (lost < wanted || lost_by(0, &seconds) >= wanted / 4)
			return;
	}
	found("lost",
	      "after %zu times open(), mmap(%zu bytes), munmap() and close() the machine has %lu "
	      "KiB less of free memory, each time again",
	      rounds, each, lost);
}

/* Where the last user's resources are freed a little later, the next open() may come too early. */
#define REOPENS_WITHIN 3

static int reopen(void)
{
	int fd = probe_open_again(facts->open_flags);
	size_t len = least_pages() * facts->page;
	int error = 0;
	void *map;

	if (fd < 0)
		return errno;
	errno = 0;
	map = mmap(NULL, len, load_prot(), share_or_not(), fd, 0);
	if (map == MAP_FAILED)
		error = errno;
	else
		munmap(map, len);
	close(fd);
	return error;
}

static bool is_busy(int error)
{
	return error == EBUSY || error == EAGAIN || error == ENOMEM;
}

static void probe_reopens(void)
{
	double end = seconds_now() + REOPENS_WITHIN;
	int error;

	while (is_busy(error = reopen()) && seconds_now() < end)
		usleep(50000);
	if (is_busy(error))
		found("busy", "after the tests have closed it, open() and mmap() say %s for %d s",
		      errno_word(error), REOPENS_WITHIN);
	if (error)
		cannot_ask("open() and mmap() say %s", errno_word(error));
}

const struct probe kernel_probes[] = {
	{"D.futex", "a futex in it works between processes", NEEDS_SHARED, probe_futex},
	{"D.pins", "the kernel transfers to and from it", NEEDS_SHARED, probe_pins},
	{"D.debugger", "a debugger reads it", NEEDS_SHARED, probe_debugger},
	{"D.dumped", "a core dump contains it", NEEDS_SHARED, probe_dumped},
	{"D.inherited", "a child process inherits it", NEEDS_SHARED, probe_inherited},
	{"D.leaks", "its users leak no memory", NEEDS_SHARED | NEEDS_REOPEN | MAY_BE_LATE,
	 probe_leaks},
	{},
};

const struct probe last_probes[] = {
	{"D.reopens", "it can be used again", 0, probe_reopens},
	{},
};

// SPDX-License-Identifier: GPL-2.0-only
/* The first probes find the calls that work on the target. Later ones rely on these facts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdint.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "support/patience.h"
#include "support/row.h"
#include "support/target.h"

/* Without a size, so many pages at most are tried, and so many bytes are filled. */
#define MOST_TRIED ((size_t)1 << 18)
#define FILLED	   (64 << 10)

/* So many seconds open() waits at least, where it waits for another user to close. */
#define WAITS 2

static void open_in_child(void)
{
	_exit(probe_open_again(facts->open_flags) < 0 ? errno : 0);
}

/* 0 or the errno of open(); -1: it waits. */
static int open_by_another(double patience)
{
	double end = seconds_now() + patience;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		cannot_ask("fork() says %s", errno_word(errno));
	if (!pid)
		open_in_child();
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (seconds_now() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			probe_doing(NULL);
			return -1;
		}
		usleep(5000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* One user may wait for the other to close it: then each open() of a later test has O_NONBLOCK. */
static void open_twice(double first)
{
	double patience = WAITS + 2 * first;
	int error;

	if (patience > facts->deadline / 2)
		patience = facts->deadline / 2;
	error = open_by_another(patience);
	facts->opens_twice = !error;
	if (error > 0)
		note("once", "open() while it is open says %s", errno_word(error));
	if (error >= 0)
		return;
	facts->open_more = O_NONBLOCK;
	note("once", "open() while it is open waits");
}

static void probe_opens(void)
{
	static const int modes[] = {O_RDWR, O_RDONLY};
	double begin = seconds_now();
	int fd = -1;

	facts->names_regions = !strncmp(target.path, "/dev/uio", 8);
	if (facts->fd >= 0) {
		int mode = fcntl(facts->fd, F_GETFL) & O_ACCMODE;

		facts->open_flags = mode == O_RDWR ? O_RDWR : O_RDONLY;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(modes) && fd < 0; i++) {
		facts->open_flags = modes[i];
		fd = probe_open_again(modes[i]);
		if (fd < 0 && !i)
			facts->open_errno = errno;
	}
	if (fd < 0)
		return;
	if (facts->open_flags == O_RDONLY)
		note("read-only", "open(O_RDWR) says %s, open(O_RDONLY) works",
		     errno_word(facts->open_errno));
	facts->open_errno = 0;
	open_twice(seconds_now() - begin);
}

static off_t size_of_framebuffer(int fd)
{
	struct fb_fix_screeninfo info;

	if (strncmp(target.path, "/dev/fb", 7) || ioctl(fd, FBIOGET_FSCREENINFO, &info))
		return 0;
	return info.smem_len;
}

static off_t size_of_uio(void)
{
	char path[96];
	unsigned long size = 0;
	int number;
	FILE *file;

	if (sscanf(target.path, "/dev/uio%d", &number) != 1)
		return 0;
	snprintf(path, sizeof(path), "/sys/class/uio/uio%d/maps/map0/size", number);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lx", &size) != 1)
		size = 0;
	fclose(file);
	return size;
}

static off_t size_said(int fd)
{
	struct stat stat;
	off_t size = 0;

	if (!fstat(fd, &stat) && stat.st_size > 0)
		size = stat.st_size;
	if (size <= 0)
		size = lseek(fd, 0, SEEK_END);
	/* Files of sysfs and character devices of some drivers say the largest number there is. */
	if (size >= (off_t)1 << 46)
		size = 0;
	if (size <= 0)
		size = size_of_framebuffer(fd);
	if (size <= 0)
		size = size_of_uio();
	return size > 0 ? size : 0;
}

static void take_size(off_t size, enum size_from from)
{
	facts->size = size;
	facts->size_from = from;
	facts->pages = (size + facts->page - 1) / facts->page;
}

static void probe_size(void)
{
	int fd = probe_open(facts->open_flags);
	off_t size = size_said(fd);

	if (facts->size_from == SIZE_GIVEN || facts->size_from == SIZE_SAID)
		return;
	if (size) {
		take_size(size, SIZE_SAID);
		return;
	}
	errno = 0;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		note("no-size", "fstat() says 0 bytes and lseek(fd, 0, SEEK_END) says %s",
		     errno_word(errno));
	else
		note("no-size", "fstat() and lseek(fd, 0, SEEK_END) say 0 bytes");
}

/* write() until enough is there, or no more is taken. Returns how many bytes were. */
static size_t fill(int fd, size_t bytes, ssize_t *first)
{
	char *zeros = calloc(1, bytes);
	size_t done = 0;

	for (int i = 0; i < 4096 && done < bytes; i++) {
		ssize_t put;

		errno = 0;
		put = probe_pwrite(fd, zeros, bytes - done, done);
		if (put < 0 && errno == ESPIPE)
			put = probe_write(fd, zeros, bytes - done);
		if (!i)
			*first = put;
		if (put <= 0)
			break;
		done += put;
	}
	free(zeros);
	return done;
}

static void read_flags(const void *map)
{
	char line[256];
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool here = false;

	while (file && fgets(line, sizeof(line), file)) {
		char name[sizeof(facts->mapped_as)] = "";

		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %63[^\n]", &start, &end, name) >= 2) {
			here = (uintptr_t)map >= start && (uintptr_t)map < end;
			if (here)
				memcpy(facts->mapped_as, name, sizeof(name));
		} else if (here && sscanf(line, "VmFlags: %159[^\n]", facts->flags) == 1) {
			break;
		}
	}
	if (file)
		fclose(file);
	facts->may_be_registers = !facts->told && (probe_has_flag("pf") || probe_has_flag("io"));
}

/* Without a load: the driver has set the flags when mmap() returns. */
static bool looks_like_registers(int fd)
{
	void *map = mmap(NULL, facts->page, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		map = mmap(NULL, facts->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	read_flags(map);
	munmap(map, facts->page);
	return facts->may_be_registers;
}

static void probe_writes(void)
{
	ssize_t first = 0;
	size_t bytes = FILLED;
	size_t done;
	off_t size;
	int fd;

	if (facts->open_flags != O_RDWR)
		cannot_ask("it cannot be opened for writing");
	if (facts->regular)
		cannot_ask("a file has its contents already");
	if (!facts->may_fill)
		cannot_ask("--fill none is given");
	if (facts->profile == AS_REGISTERS)
		cannot_ask("registers are not filled");
	fd = probe_open(O_RDWR | O_NONBLOCK);
	if (looks_like_registers(fd))
		cannot_ask("its mapping may be registers: say --as dma or --as registers");
	size = facts->size ? facts->size : size_said(fd);
	if (size && size < FILLED)
		bytes = size;
	done = fill(fd, bytes, &first);
	facts->writes = done > 0;
	if (first < 0)
		note("none", "write() says %s", errno_word(errno));
	else if (!first)
		note("none", "write() of %zu bytes returns 0", bytes);
	else if ((size_t)first < bytes && done > (size_t)first)
		note("short", "write() of %zu bytes returns %zd", bytes, first);
}

static int try_map(int fd, size_t count, int prot, int flags, size_t first)
{
	void *map;

	errno = 0;
	probe_doing("mmap()");
	map = mmap(NULL, count * facts->page, prot, flags, fd, (off_t)(first * facts->page));
	probe_doing(NULL);
	if (map == MAP_FAILED)
		return errno ? errno : EINVAL;
	munmap(map, count * facts->page);
	return 0;
}

/* How it can be mapped, in pages: one if that works, or else the whole. */
static int find_least(int fd, int prot, int flags, size_t *count)
{
	int error = try_map(fd, 1, prot, flags, 0);

	*count = 1;
	if (!error)
		return 0;
	if (facts->pages > 1 && !try_map(fd, facts->pages, prot, flags, 0)) {
		*count = facts->pages;
		return 0;
	}
	/* Rings have a power of 2, and some a page in front of that. */
	for (size_t pages = 2; !facts->pages && pages <= 1 << 14; pages *= 2) {
		for (size_t more = 0; more < 2; more++) {
			if (try_map(fd, pages + more, prot, flags, 0))
				continue;
			*count = pages + more;
			return 0;
		}
	}
	return error;
}

static void tell_how_it_maps(size_t least)
{
	int rw = facts->shared_rw;

	if (facts->shared_ro && facts->shared_rw && !facts->private_ro)
		note("private-only", "mmap(MAP_SHARED) says %s, MAP_PRIVATE works",
		     errno_word(facts->shared_ro));
	else if (!facts->shared_ro && rw && facts->open_flags == O_RDWR)
		note("read-only", "mmap(PROT_READ|PROT_WRITE, MAP_SHARED) says %s, PROT_READ works",
		     errno_word(rw));
	if (!facts->shared_ro && facts->private_ro)
		note("no-private", "mmap(MAP_PRIVATE) says %s", errno_word(facts->private_ro));
	else if (!facts->shared_ro && facts->private_rw)
		note("no-private", "mmap(PROT_READ|PROT_WRITE, MAP_PRIVATE) says %s",
		     errno_word(facts->private_rw));
	if (facts->has_unit)
		note("unit", "mmap() of 1 page is refused, of %zu and twice that to %zu works",
		     least, facts->pages);
	else if (facts->only_whole)
		note("only-whole", "mmap() of one page is refused, of all %zu pages works",
		     facts->pages);
	else if (facts->only_start && !facts->names_regions)
		note("only-start", "mmap() at offset %zu is refused, at offset 0 works",
		     facts->page);
}

/* Lengths may have a unit: from the least on, the most pages that can be mapped and loaded from. */
static size_t most_by_doubling(int fd, size_t least)
{
	size_t most = least;

	for (size_t count = 2 * least; count <= MOST_TRIED; count *= 2) {
		unsigned char *map =
			mmap(NULL, count * facts->page, load_prot(), share_or_not(), fd, 0);
		bool loads;

		if (map == MAP_FAILED)
			break;
		read_flags(map);
		loads = !probe_try(map + (count - 1) * facts->page).signo;
		munmap(map, count * facts->page);
		if (!loads)
			break;
		most = count;
	}
	return most;
}

static void probe_maps(void)
{
	int fd = probe_open(facts->open_flags);
	size_t count = 1, least = 0;

	facts->tried_to_map = true;
	facts->shared_ro = find_least(fd, PROT_READ, MAP_SHARED, &count);
	facts->prot = PROT_READ;
	/* A target that can be mapped only for stores is mapped so. */
	if (facts->shared_ro && facts->open_flags == O_RDWR &&
	    !find_least(fd, PROT_READ | PROT_WRITE, MAP_SHARED, &count)) {
		facts->shared_ro = 0;
		facts->prot = PROT_READ | PROT_WRITE;
	}
	if (!facts->shared_ro)
		least = count;
	facts->private_ro = find_least(fd, PROT_READ, MAP_PRIVATE, &count);
	if (!least && !facts->private_ro)
		least = count;
	facts->shared_rw =
		facts->open_flags != O_RDWR
			? EACCES
			: try_map(fd, least ? least : 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	facts->private_rw = try_map(fd, least ? least : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	facts->only_whole = least > 1;
	if (facts->only_whole && !facts->pages)
		take_size(most_by_doubling(fd, least) * facts->page, SIZE_TRIED);
	facts->has_unit = facts->only_whole && facts->pages > least;
	facts->only_start = !facts->only_whole && facts->pages > 1 &&
			    try_map(fd, 1, load_prot(), share_or_not(), 1);
	tell_how_it_maps(least);
}

/* The most pages that can be mapped from the start, by doubling and halving. */
static size_t most_that_maps(int fd)
{
	size_t works = 1, fails;

	while (works < MOST_TRIED && !try_map(fd, works * 2, load_prot(), share_or_not(), 0))
		works *= 2;
	if (works >= MOST_TRIED)
		return works;
	fails = works * 2;
	while (fails - works > 1) {
		size_t middle = works + (fails - works) / 2;

		if (try_map(fd, middle, load_prot(), share_or_not(), 0))
			fails = middle;
		else
			works = middle;
	}
	return works;
}

/* Which pages to load from: each of a few, and of many these, in growing steps. */
static size_t next_page(size_t page, size_t count)
{
	size_t next = page < 64 ? page + 1 : page + page / 8;

	/* The last but one, and the last. */
	if (next >= count - 2 && page < count - 2 && count > 2)
		return count - 2;
	return next < count || page >= count - 1 ? next : count - 1;
}

/* The first page of a mapping that cannot be loaded from, or their count. */
static size_t first_bad(const unsigned char *map, size_t count, struct access *access)
{
	for (size_t page = 0; page < count; page = next_page(page, count)) {
		*access = probe_try(map + page * facts->page);
		if (access->signo)
			return page;
	}
	return count;
}

/* Finds the exact boundary between `good` pages and the first bad page that was tried. */
static size_t exact_end(const unsigned char *map, size_t bad)
{
	size_t good = 0;

	while (bad - good > 1) {
		size_t middle = good + (bad - good) / 2;

		if (probe_try(map + middle * facts->page).signo)
			bad = middle;
		else
			good = middle;
	}
	return bad;
}

static void probe_loads(void)
{
	int fd = probe_open(facts->open_flags);
	bool known = facts->size_from != SIZE_UNKNOWN;
	size_t count = facts->pages;
	struct access access = {};
	unsigned char *map;
	size_t bad;

	if (!known)
		count = most_that_maps(fd);
	map = probe_map(fd, count, PROT_READ, share_or_not(), 0);
	/* This runs before the first load, because it decides whether loads are allowed. */
	read_flags(map);
	if (!known && count >= MOST_TRIED)
		count = MOST_TRIED;
	bad = first_bad(map, count, &access);
	if (bad && bad < count && !known)
		bad = exact_end(map, bad);
	facts->loads = bad;
	if (!known && bad >= MOST_TRIED) {
		has_no_end();
		note("no-end",
		     "mmap(%zu bytes, %s, MAP_%s, offset 0) works, and so does a load from its "
		     "last page",
		     count * facts->page, prot_word(load_prot()),
		     facts->shared_ro ? "PRIVATE" : "SHARED");
		return;
	}
	if (!known && bad)
		take_size((off_t)(bad * facts->page), SIZE_TRIED);
	if (!known && !bad)
		take_size((off_t)(count * facts->page), SIZE_TRIED);
	if (!known && bad > 1 && !facts->only_whole && !facts->only_start) {
		unsigned char *second = mmap(NULL, facts->page, load_prot(), share_or_not(), fd,
					     (off_t)facts->page);

		int error = errno;

		facts->only_start = second == MAP_FAILED || probe_try(second).signo;
		if (second == MAP_FAILED)
			note("only-start", "mmap() at offset %zu says %s, at offset 0 it works",
			     facts->page, errno_word(error));
		else if (facts->only_start)
			note("only-start-loads",
			     "a load from a mapping at offset %zu ends in a signal, from a mapping "
			     "of all of it at offset 0 it works",
			     facts->page);
	}
	if (bad == count || (!known && bad))
		return;
	found(access.signo == SIGBUS ? "sigbus" : "sigsegv",
	      "mmap(%zu bytes, %s, MAP_%s, offset 0) works, a load from page %zu of %zu ends in %s",
	      count * facts->page, prot_word(load_prot()), facts->shared_ro ? "PRIVATE" : "SHARED",
	      bad, count, signal_word(access.signo));
}

const struct probe survey_probes[] = {
	{"D.opens", "it can be opened, and opened twice", 0, probe_opens},
	{"D.writes", "write() writes it", NEEDS_WRITE, probe_writes},
	{"D.size", "it reports its size", 0, probe_size},
	{"D.maps", "mmap() maps it", 0, probe_maps},
	{"D.loads", "each page of it can be loaded from", 0, probe_loads},
	{},
};

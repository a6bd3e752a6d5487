// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "proc.h"
#include "row.h"
#include "target.h"
#include "target_make.h"

/* The things to undo, by the process that did them, because its children exit, too. */
static pid_t maker;
static char shm_name[64];
static char huge_pages_before[32];

#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

static void set_huge_pages(const char *count)
{
	int fd = open(NR_HUGEPAGES, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* The number of pages is read back, whatever this returns. */
	(void)!write(fd, count, strlen(count));
	close(fd);
}

static void undo(void)
{
	if (getpid() != maker)
		return;
	if (*shm_name)
		/* unlink() of a name that it makes, no more.
		 * NOLINTNEXTLINE(bugprone-signal-handler) */
		shm_unlink(shm_name);
	if (*huge_pages_before)
		set_huge_pages(huge_pages_before);
}

static void undo_and_die(int signo)
{
	undo();
	signal(signo, SIG_DFL);
	raise(signo);
}

static void undo_at_end(void)
{
	static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	maker = getpid();
	atexit(undo);
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		signal(deadly[i], undo_and_die);
}

static void set_size(int fd, off_t size)
{
	if (ftruncate(fd, size))
		err(2, "%s: cannot be made %jd bytes large", target.name, (intmax_t)size);
}

/* Opened by a descriptor that stays open and that agents inherit. */
static void reach_by_descriptor(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	target.path = path;
	target.in_a_mount = false;
}

static void make_memfd(off_t size)
{
	int fd = memfd_create("mmapdemo", 0);

	if (fd < 0)
		err(2, "memfd_create");
	set_size(fd, size ? size : TARGET_DEFAULT_SIZE);
	reach_by_descriptor(fd);
}

static void make_shm(off_t size)
{
	static char path[80];
	int fd;

	snprintf(shm_name, sizeof(shm_name), "/mmapdemo-%d", getpid());
	fd = shm_open(shm_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0) {
		*shm_name = '\0';
		err(2, "shm_open: is /dev/shm mounted?");
	}
	undo_at_end();
	snprintf(path, sizeof(path), "/dev/shm%s", shm_name);
	target.path = path;
	set_size(fd, size ? size : TARGET_DEFAULT_SIZE);
	close(fd);
}

static void make_zero(off_t size)
{
	(void)size;
	target.path = "/dev/zero";
}

static long free_huge_pages(void)
{
	return (long)meminfo("HugePages_Free") - (long)meminfo("HugePages_Rsvd");
}

/* For the file, and as many for private copies of the pages that the tests use. */
static void reserve_huge_pages(long wanted)
{
	long all = meminfo("HugePages_Total");
	long missing = wanted - free_huge_pages();
	char count[32];

	if (missing <= 0)
		return;
	snprintf(huge_pages_before, sizeof(huge_pages_before), "%ld", all);
	undo_at_end();
	snprintf(count, sizeof(count), "%ld", all + missing);
	set_huge_pages(count);
	missing = wanted - free_huge_pages();
	if (missing > 0)
		errx(2,
		     "hugetlb: %ld huge pages are needed and %ld are missing: run as root, with "
		     "enough memory, or set vm.nr_hugepages to %s",
		     wanted, missing, count);
	warnx("hugetlb: vm.nr_hugepages is %s for this run, was %ld", count, all);
}

static void make_hugetlb(off_t size)
{
	int fd = memfd_create("mmapdemo", MFD_HUGETLB);
	struct statfs statfs;

	if (fd < 0 || fstatfs(fd, &statfs))
		err(2, "hugetlb: not on this kernel: memfd_create(MFD_HUGETLB)");
	if (!size)
		size = (TEST_PAGES + 8) * (off_t)statfs.f_bsize;
	reserve_huge_pages(size / statfs.f_bsize + 2 * TEST_PAGES);
	set_size(fd, size);
	reach_by_descriptor(fd);
}

static void make_anonymous(off_t size)
{
	target.kind = TARGET_ANONYMOUS;
	target.path = "";
	target.in_a_mount = false;
	target.size = size ? size : TARGET_DEFAULT_SIZE;
	target.page = sysconf(_SC_PAGESIZE);
}

bool target_make(const char *spec, off_t size)
{
	static const struct {
		const char *spec;
		void (*make)(off_t size);
	} specs[] = {
		{"memfd:", make_memfd},	    {"shm:", make_shm},	       {"zero:", make_zero},
		{"hugetlb:", make_hugetlb}, {"anon:", make_anonymous},
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		if (strcmp(spec, specs[i].spec))
			continue;
		target.made = true;
		specs[i].make(size);
		return true;
	}
	return false;
}

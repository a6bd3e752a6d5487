// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_xdp.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"
#include "memory.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#define CHUNK	      4 /* the chunk that make_chunk() of the device takes, too */
#define SHMEM_ENABLED "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

void needs_page_cache(void)
{
	struct statfs statfs_of;
	int fd = target_open(O_RDWR);

	if (target.module && !(info_of(fd).features & MMAPDEMO_FEATURE_RESIZE))
		row_not_applicable("this kind of buffer is not page cache");
	ck_assert_int_eq(fstatfs(fd, &statfs_of), 0);
	if (!target.module &&
	    (target.kind != TARGET_FILE || (unsigned int)statfs_of.f_type != TMPFS_MAGIC))
		row_not_applicable("it is neither a file in memory nor the module's device");
	close(fd);
}

int memory_free_part(int fd, off_t off, size_t len)
{
	if (target.module)
		return punch(fd, off, len);
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len) ? errno : 0;
}

int memory_free(off_t off, size_t len)
{
	int fd = target_open(O_RDWR), error = memory_free_part(fd, off, len);

	close(fd);
	return error;
}

int memory_resize(off_t bytes)
{
	int fd = target_open(O_RDWR), error;

	if (target.module)
		error = resize(fd, bytes);
	else
		error = ftruncate(fd, bytes) ? errno : 0;
	close(fd);
	return error;
}

size_t memory_chunk_size(void)
{
	return huge_page_size();
}

struct range {
	off_t off;
	size_t len;
};

/* A page that stays broken would fail the next test. The size may have to be restored first. */
static void free_range(const void *what)
{
	const struct range *range = what;
	int fd = open(target.path, O_RDWR | O_CLOEXEC);
	int error = insist(punch(fd, range->off, range->len), error_ != EBADF);

	if (error)
		fprintf(stderr, "%s: the chunk at %#jx was not freed: %s\n", target.path,
			(intmax_t)range->off, strerror(error));
	close(fd);
}

static void put_back_shmem(const void *what)
{
	write_text(SHMEM_ENABLED, what);
}

/* Has tmpfs make huge folios until the test ends. */
static void allow_huge_files(void)
{
	static char word[32];
	char text[128];

	if (*word)
		return;
	needs_system();
	if (read_text(SHMEM_ENABLED, text, sizeof(text)) ||
	    sscanf(strchr(text, '['), "[%31[a-z_]", word) != 1)
		row_not_applicable("this kernel has no huge pages in tmpfs");
	after_test(put_back_shmem, word);
	if (write_text(SHMEM_ENABLED, "force"))
		row_not_applicable(SHMEM_ENABLED " cannot be set");
}

/*
 * tmpfs keeps a policy of mbind() with the file, for its next user. The kernel passes on only a
 * policy that differs from the VMA's, so that one is set first.
 */
static void forget_policy(off_t off)
{
	unsigned char *map = memory_map(off, MAP_SHARED);
	unsigned long node = 1;

	syscall(SYS_mbind, map, memory_chunk_size(), MPOL_BIND, &node, 64UL, 0);
	syscall(SYS_mbind, map, memory_chunk_size(), MPOL_DEFAULT, NULL, 0UL, 0);
	unmap(map, memory_chunk_size());
}

off_t memory_hole(const struct folios *kind)
{
	size_t len = memory_chunk_size();
	struct range range = {CHUNK * len, len};

	needs_page_cache();
	if (target.size < (off_t)((CHUNK + 2) * len))
		row_not_applicable("the target is smaller than %d huge pages", CHUNK + 2);
	if (target.module)
		after_test(free_range, &range);
	else if (kind->huge)
		allow_huge_files();
	assert_done(in_the_end(memory_free(range.off, len)));
	forget_policy(range.off);
	/* The device has made a huge folio if the last page is resident, too. */
	if (target.module && !kind->huge) {
		int fd = target_open(O_RDWR);

		make_chunk(fd, kind, 0);
		close(fd);
		assert_done(in_the_end(memory_free(range.off, len - pages(1))));
	}
	return range.off;
}

off_t memory_chunk(const struct folios *kind, int seed)
{
	off_t off = memory_hole(kind);
	unsigned char *map;

	if (target.module) {
		int fd = target_open(O_RDWR);

		off = make_chunk(fd, kind, seed);
		close(fd);
	} else {
		target_write_pattern(off, memory_chunk_size(), seed);
	}
	map = memory_map(off, MAP_SHARED);
	if (is_compound(map) != kind->huge)
		row_not_applicable("the kernel made no %s folio of it", kind->name);
	unmap(map, memory_chunk_size());
	return off;
}

unsigned char *memory_map(off_t off, int flags)
{
	size_t len = memory_chunk_size();
	uintptr_t area = (uintptr_t)reserve(2 * len / target.page);
	int fd = target_open(O_RDWR);
	void *map = target_map_at((void *)((area + len - 1) / len * len), len, RW, flags, fd, off);

	close(fd);
	return map;
}

unsigned char *memory_map_some(int flags)
{
	needs_page_cache();
	return target_map_rw(MEMORY_SOME, flags, pages(1));
}

/* Documentation/admin-guide/mm/pagemap.rst */
#define KPF_LRU	     (1ULL << 5)
#define KPF_COMPOUND (3ULL << 15)

static uint64_t page_flags(const volatile void *addr)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags = 0, frame;

	(void)*(const volatile char *)addr;
	frame = frame_of(addr);
	if (fd < 0)
		row_not_applicable("/proc/kpageflags: %s", strerror(errno));
	ck_assert_int_eq(pread(fd, &flags, sizeof(flags), frame * sizeof(flags)), sizeof(flags));
	close(fd);
	return flags;
}

bool is_compound(const volatile void *addr)
{
	return page_flags(addr) & KPF_COMPOUND;
}

bool is_compound_or_on_lru(const volatile void *addr)
{
	return page_flags(addr) & (KPF_COMPOUND | KPF_LRU);
}

void needs_two_nodes(void)
{
	needs_system();
	if (access("/sys/devices/system/node/node1", F_OK))
		row_not_applicable("one node of memory only");
}

int node_of(void *page)
{
	int status = -EINVAL;

	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0))
		return -errno;
	return status;
}

int bind_process(int node)
{
	unsigned long nodes = 1UL << node;

	return syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)) ? errno : 0;
}

int move_to_node(void *page, int node)
{
	int status = -EINVAL;

	if (syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, MPOL_MF_MOVE_ALL) < 0)
		return -errno;
	return status;
}

static volatile sig_atomic_t told;

static void on_told(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	told = info->si_code;
}

int guard(void *page, int advice)
{
	if (!madvise(page, pages(1), advice))
		return 0;
	if (errno == EINVAL && kernel_before(6, 15))
		row_not_applicable("guard regions are for anonymous memory only (until 6.15)");
	return errno;
}

int break_page(void *page)
{
	struct sigaction handler = {.sa_sigaction = on_told, .sa_flags = SA_SIGINFO}, old;
	int error;

	needs_system();
	told = BUS_MCEERR_AR;
	/* From 6.12 or so on, the process that maps the page and declares it is told as well. */
	sigaction(SIGBUS, &handler, &old);
	/* A page that migrates meanwhile is busy: memory_failure() does not wait for it. */
	error = in_the_end(madvise(page, pages(1), MADV_HWPOISON) ? errno : 0);
	sigaction(SIGBUS, &old, NULL);
	ck_assert_int_eq(told, BUS_MCEERR_AR);
	if (error == EINVAL || error == EPERM)
		row_not_applicable("memory cannot be declared broken (MADV_HWPOISON): %s",
				   strerror(error));
	return error;
}

/*
 * Pins by an XDP socket, which takes any mapping on all kernels; io_uring's buffers of 6.1 must
 * not be of a file.
 */
int pin_page(void *page)
{
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)page,
		.len = target.page,
		.chunk_size = target.page,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPERM))
		row_not_applicable("no socket to pin pages with (AF_XDP): %s", strerror(errno));
	ck_assert_msg(fd >= 0, "socket(AF_XDP): %s", strerror(errno));
	ck_assert_msg(!setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)),
		      "XDP_UMEM_REG: %s", strerror(errno));
	return fd;
}

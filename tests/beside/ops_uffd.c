// SPDX-License-Identifier: GPL-2.0-only
/* userfaultfd: contract M9, M19. UFFD_FEATURE_SIGBUS turns events into SIGBUS. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"
#include "ops.h"
#include "result.h"

/* Registers the range, and returns -1 if that fails. */
static int register_range(const struct world *w, uint64_t mode, uint64_t features)
{
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_SIGBUS | features};
	struct uffdio_register range = {
		.range = {(uintptr_t)world_at(w), world_bytes(w)},
		.mode = mode,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (!say_done("userfaultfd", fd >= 0))
		return -1;
	if (!say_ret("api", ioctl(fd, UFFDIO_API, &api)) ||
	    !say_ret("register", ioctl(fd, UFFDIO_REGISTER, &range))) {
		close(fd);
		return -1;
	}
	say("ioctls", "%#llx", range.ioctls);
	return fd;
}

static void load(const char *key, const struct world *w)
{
	unsigned char byte = 0;

	guarded_load(world_at(w) + 3 * page_size, &byte);
	say_signal(key, world_at(w));
}

/* If arg[2] is set, closing the descriptor ends the registration, and a call otherwise. */
void op_uffd_register(struct world *w, const long *arg)
{
	struct uffdio_range range = {(uintptr_t)world_at(w), world_bytes(w)};
	int fd = register_range(w, arg[0], arg[1]);

	if (fd < 0)
		return;
	if (!arg[2])
		say_ret("unregister", ioctl(fd, UFFDIO_UNREGISTER, &range));
	close(fd);
}

/* The last page of the range is a hole, and the program fills it. */
void op_uffd_missing(struct world *w, const long *arg)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)(world_at(w) + 3 * page_size),
		.src = (uintptr_t)object_pattern(),
		.len = page_size,
	};
	struct uffdio_zeropage zero = {.range = {copy.dst, page_size}};
	int fd = register_range(w, UFFDIO_REGISTER_MODE_MISSING, arg[1]);

	if (fd < 0)
		return;
	object_punch(w, world_offset(w) + 3 * page_size, page_size);
	load("load", w);
	if (arg[0])
		say_ret("zero", ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	else
		say_ret("copy", ioctl(fd, UFFDIO_COPY, &copy));
	load("then", w);
	close(fd);
}

/* The page is in the page cache and not mapped. The program continues. */
void op_uffd_minor(struct world *w, const long *arg)
{
	struct uffdio_continue go = {
		.range = {(uintptr_t)(world_at(w) + 3 * page_size), page_size}};
	int fd = register_range(w, UFFDIO_REGISTER_MODE_MINOR, arg[0]);

	if (fd < 0)
		return;
	madvise(world_at(w), world_bytes(w), MADV_DONTNEED);
	load("load", w);
	say_ret("continue", ioctl(fd, UFFDIO_CONTINUE, &go));
	load("then", w);
	close(fd);
}

/* Write-protects the range, which is unmapped before if arg[1] is set. */
void op_uffd_protect(struct world *w, const long *arg)
{
	struct uffdio_writeprotect protect = {
		.range = {(uintptr_t)world_at(w), world_bytes(w)},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = register_range(w, UFFDIO_REGISTER_MODE_WP, arg[0]);

	if (fd < 0)
		return;
	if (arg[1])
		madvise(world_at(w), world_bytes(w), MADV_DONTNEED);
	say_ret("protect", ioctl(fd, UFFDIO_WRITEPROTECT, &protect));
	guarded_store(world_at(w) + page_size, 1);
	say_signal("store", world_at(w));
	say_ret("pwrite", pwrite(w->fd, "y", 1, world_offset(w)));
	protect.mode = 0;
	say_ret("back", ioctl(fd, UFFDIO_WRITEPROTECT, &protect));
	guarded_store(world_at(w) + page_size, 1);
	say_signal("then", world_at(w));
	close(fd);
}

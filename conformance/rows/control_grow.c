// SPDX-License-Identifier: GPL-2.0-only
/* C2: a growth that cannot have all of its memory, with prealloc=1, changes nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_xdp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#define GROUP_LIMIT (8UL << 20)
#define GROWTH	    (64UL << 20)

static void needs_prealloc(void)
{
	char value[16];

	if (read_text("/sys/module/mmapdemo/parameters/prealloc", value, sizeof(value)) ||
	    value[0] != 'Y')
		row_not_applicable("the module was not loaded with prealloc=1");
}

/* Pins the first page past the end, as for DMA, as soon as it can be had. */
_Noreturn static void pin_new_page(void)
{
	unsigned char *map = target_map_rw(1, MAP_SHARED, target.size);
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)map,
		.len = target.page,
		.chunk_size = target.page,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPERM))
		row_not_applicable("no socket to pin pages with (AF_XDP): %s", strerror(errno));
	while (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)))
		;
	for (;;)
		pause();
}

/*
 * The group lacks the memory, so that RESIZE fails, or the kernel kills the process in it. Another
 * process tries to pin a new page meanwhile, which would keep it, and must find none.
 */
ROW(C2, growth_fails, "a growth that fails for lack of memory leaves size and contents unchanged",
    .timeout = 120)
{
	int fd = control_open();
	struct mmapdemo_info before, now;
	struct peer worker, holder;
	unsigned char *past;
	struct cgroup group;
	int status;

	needs_prealloc();
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	cgroup_make(&group);
	cgroup_limit(&group, GROUP_LIMIT);
	if (fork_child(&holder))
		pin_new_page();
	past = target_map_rw(1, MAP_SHARED, target.size);
	before = info_of(fd);
	if (fork_child(&worker)) {
		cgroup_enter(&group);
		assert_errno(resize(fd, target.size + GROWTH), ENOMEM);
		child_done();
	}
	ck_assert_int_eq(waitpid(worker.pid, &status, 0), worker.pid);
	ck_assert_msg(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL
					  : WIFEXITED(status) && !WEXITSTATUS(status),
		      "RESIZE did not fail with ENOMEM: wait status %#x", status);
	now = info_of(fd);
	ck_assert_uint_eq(now.bytes, before.bytes);
	ck_assert_uint_eq(now.resident, before.resident);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	assert_bus_error(try_read(past), past);
	ck_assert_uint_eq(take_events(fd, MMAPDEMO_EVENT_RESIZE, NULL), 0);
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
	kill_child(&holder);
}

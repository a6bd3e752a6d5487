// SPDX-License-Identifier: GPL-2.0-only
/* Steps in which processes and descriptors come and go. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz.h"

unsigned int worker_free(void)
{
	for (unsigned int w = 1; w <= WORKERS; w++)
		if (!world->workers[w].pid)
			return w;
	return 0;
}

static unsigned int living(void)
{
	unsigned int count = 0;

	for (unsigned int w = 1; w <= WORKERS; w++)
		count += world->workers[w].pid != 0;
	return count;
}

static bool begin_worker(unsigned long flags)
{
	unsigned int w = worker_free();
	pid_t pid;

	if (!w)
		return false;
	pages_fork(me, w);
	pages_count(w);
	pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		mismatch("fork: errno %d", errno);
	if (!pid)
		worker_run(w);
	world->workers[w].pid = pid;
	return true;
}

/* The child becomes one of the driver, which waits for all processes. */
bool run_fork(struct step *s)
{
	(void)s;
	return begin_worker(CLONE_PARENT);
}

/* The driver goes on once the process is gone, and all that comes of it has come. */
bool run_exit(struct step *s)
{
	(void)s;
	if (living() < 2)
		return false;
	world->ending = me;
	pass_to(0);
	_exit(0);
}

bool run_kill(struct step *s)
{
	unsigned int w = s->to;

	if (!w || w > WORKERS || !world->workers[w].pid || living() < 2)
		return false;
	kill(world->workers[w].pid, SIGKILL);
	if (!reap(w))
		return false;
	/*
	 * In a storm the address space may outlive the process: where another process mapped
	 * the device meanwhile, the last mapping would never have gone.
	 */
	check_counts();
	return true;
}

/* A step of the driver */
bool run_spawn(struct step *s)
{
	(void)s;
	return begin_worker(0);
}

bool run_open(struct step *s)
{
	static const int modes[] = {O_RDWR, O_RDONLY, O_WRONLY, O_RDWR};
	struct desc *desc;
	uint8_t n = 2;
	int fd;

	while (n < DESCS && world->descs[n].refs)
		n++;
	if (n == DESCS)
		return false;
	fd = open(world->path, modes[s->prot] | O_NONBLOCK | O_CLOEXEC);
	if (world->destroyed) {
		expect("open of a destroyed node", -ENOENT, fd < 0 ? -errno : fd);
		return true;
	}
	if (fd < 0 || dup2(fd, FD_BASE + n) < 0)
		mismatch("open: errno %d", errno);
	close(fd);
	desc = &world->descs[n];
	desc->mode = s->prot ? s->prot : PROT_RW;
	memcpy(desc->seen, world->device.events, sizeof(desc->seen));
	desc_get(n, 1);
	world->workers[me].fds |= 1u << n;
	return true;
}

bool run_close(struct step *s)
{
	struct worker *worker = &world->workers[me];

	if (s->desc < 2 || !(worker->fds & 1u << s->desc))
		return false;
	expect("close", 0, close(FD_BASE + s->desc) ? -errno : 0);
	worker->fds &= ~(1u << s->desc);
	desc_put(s->desc, 1);
	return true;
}

/*
 * Descriptors and mappings of the destroyed node keep its buffer: every step but open() works as
 * before.
 */
bool run_destroy(struct step *s)
{
	(void)s;
	if (!world->named || world->destroyed)
		return false;
	expect("delete_node", 0, named_destroy());
	world->destroyed = true;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "denied.h"
#include "probe.h"
#include "support/row.h"

static void *page;
static size_t size;

static long call_madvise(void)
{
	return madvise(page, size, MADV_DONTNEED);
}

static long call_mincore(void)
{
	unsigned char vector[1];

	return mincore(page, size, vector);
}

static long call_mlock(void)
{
	return mlock(page, size);
}

static long call_mprotect(void)
{
	return mprotect(page, size, PROT_READ);
}

static long call_mremap(void)
{
	return mremap(page, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

static long call_msync(void)
{
	return msync(page, size, MS_SYNC);
}

static long call_futex(void)
{
	return syscall(SYS_futex, page, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static long call_vmsplice(void)
{
	struct iovec piece = {page, size};
	int ends[2];

	return pipe(ends) ? -1 : vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK);
}

static long call_process_vm_readv(void)
{
	struct iovec piece = {page, 1};

	return process_vm_readv(getpid(), &piece, 1, &piece, 1, 0);
}

static long call_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static struct call {
	const char *name;
	long (*call)(void);
	const char *tests[6];
	char why[100]; /* empty: it works */
} calls[] = {
	{"madvise()", call_madvise, {"D.dontneed", "M2.*", "M7.*", "M12.survives*"}, ""},
	{"mincore()", call_mincore, {"M3.mincore*"}, ""},
	{"mlock()",
	 call_mlock,
	 {"M3.mlock*", "M3.munlock*", "M2.dontneed-locked*", "M4.msync-locked*", "S11.locked*"},
	 ""},
	{"mprotect()", call_mprotect, {"S10.*", "S13.eperm-noexec*", "V1.split-by-mprotect*"}, ""},
	{"mremap()",
	 call_mremap,
	 {"D.move", "D.grows", "M1.*", "M3.mlock-grows*", "V1.mremap*"},
	 ""},
	{"msync()", call_msync, {"M4.msync*"}, ""},
	{"futex()", call_futex, {"D.futex", "M5.*"}, ""},
	{"vmsplice()", call_vmsplice, {"D.pins", "M6.vmsplice*"}, ""},
	{"process_vm_readv()", call_process_vm_readv, {"M6.process-vm*"}, ""},
	{"ptrace()", call_ptrace, {"M6.ptrace*", "M6.proc-mem*"}, ""},
};

static void try(struct call *call)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		errx(2,
		     "fork() fails, and each test needs it: %s: allow it in the sandbox, or raise "
		     "the limit of processes (ulimit -u)",
		     strerror(errno));
	if (!pid) {
		errno = 0;
		_exit(call->call() < 0 ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	if (WIFSIGNALED(status))
		snprintf(call->why, sizeof(call->why), "%s of any memory ends in %s", call->name,
			 signal_word(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == EACCES ||
		 WEXITSTATUS(status) == ENOSYS)
		snprintf(call->why, sizeof(call->why), "%s of any memory says %s", call->name,
			 errno_word(WEXITSTATUS(status)));
}

void denied_find(void)
{
	size = sysconf(_SC_PAGESIZE);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		err(2, "mmap");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		try(&calls[i]);
	munmap(page, size);
}

const char *denied_call(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (*calls[i].why && !strcmp(calls[i].name, name))
			return calls[i].why;
	return NULL;
}

const char *denied_to(const char *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		for (const char **glob = calls[i].tests; *calls[i].why && *glob; glob++)
			if (!fnmatch(*glob, test, 0))
				return calls[i].why;
	return NULL;
}

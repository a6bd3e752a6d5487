// SPDX-License-Identifier: GPL-2.0-only
/* Functions for all probes, which run in a probe's process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "support/target.h"

struct facts *facts;
int probe_answers = -1;

/* The exit status of a child of the probe that has reported something. */
#define ANSWERED 99

static void answer(bool not_applicable, const char *key, const char *format, va_list values)
{
	struct answer answer = {.not_applicable = not_applicable};

	snprintf(answer.key, sizeof(answer.key), "%s", key);
	vsnprintf(answer.shows, sizeof(answer.shows), format, values);
	if (write(probe_answers, &answer, sizeof(answer)) != sizeof(answer))
		_exit(ANSWERED + 1);
}

void note(const char *key, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	answer(false, key, format, values);
	va_end(values);
}

void found(const char *key, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	answer(false, key, format, values);
	va_end(values);
	_exit(ANSWERED);
}

void cannot_ask(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	answer(true, "", format, values);
	va_end(values);
	_exit(ANSWERED);
}

void probe_doing(const char *call)
{
	snprintf(facts->doing, sizeof(facts->doing), "%s", call ? call : "");
}

static int wait_for(pid_t pid, int options)
{
	int status;

	while (waitpid(pid, &status, options) < 0)
		if (errno != EINTR)
			cannot_ask("waitpid() says %s", errno_word(errno));
	if (WIFSIGNALED(status))
		found("killed", "a child process that uses the inherited mapping is killed by %s",
		      signal_word(WTERMSIG(status)));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	return status;
}

void beside_child(void (*call)(void *argument), void (*beside)(void *argument), void *argument)
{
	pid_t pid = fork();

	if (pid < 0)
		cannot_ask("fork() says %s", errno_word(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		call(argument);
		if (beside)
			raise(SIGSTOP);
		_exit(0);
	}
	if (beside && WIFSTOPPED(wait_for(pid, WUNTRACED))) {
		beside(argument);
		kill(pid, SIGCONT);
	}
	wait_for(pid, 0);
}

void in_child(void (*call)(void *argument), void *argument)
{
	beside_child(call, NULL, argument);
}

const char *errno_word(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "an unknown errno";
}

const char *signal_word(int signo)
{
	static char word[16];
	const char *name = sigabbrev_np(signo);

	snprintf(word, sizeof(word), "SIG%s", name ? name : "?");
	return word;
}

const char *prot_word(int prot)
{
	return prot & PROT_WRITE ? "PROT_READ|PROT_WRITE" : "PROT_READ";
}

const char *mmap_words(size_t len, int prot, int flags, off_t off, char words[120])
{
	snprintf(words, 120, "mmap(%zu bytes, %s, MAP_%s, offset %#jx)", len, prot_word(prot),
		 flags & MAP_SHARED ? "SHARED" : "PRIVATE", (intmax_t)off);
	return words;
}

int probe_open_again(int flags)
{
	int fd;

	errno = 0;
	if (facts->fd >= 0)
		return fcntl(facts->fd, F_DUPFD_CLOEXEC, 0);
	probe_doing("open()");
	fd = open(target.path, flags | facts->open_more | O_CLOEXEC | O_NOCTTY);
	probe_doing(NULL);
	return fd;
}

int probe_open(int flags)
{
	int fd = probe_open_again(flags);

	if (fd < 0)
		cannot_ask("open() says %s", errno_word(errno));
	return fd;
}

int probe_prot(void)
{
	return !facts->shared_rw && facts->may_write ? PROT_READ | PROT_WRITE : facts->prot;
}

unsigned char *probe_map(int fd, size_t count, int prot, int flags, size_t first)
{
	size_t len = count * facts->page;
	off_t off = (off_t)(first * facts->page);
	char words[120];
	void *map;

	if (flags & MAP_SHARED)
		prot |= facts->prot;
	probe_doing(mmap_words(len, prot, flags, off, words));
	map = mmap(NULL, len, prot, flags, fd, off);
	probe_doing(NULL);
	if (map == MAP_FAILED)
		cannot_ask("%s says %s", words, errno_word(errno));
	return map;
}

unsigned char *probe_map_all(int fd, int prot, int flags)
{
	size_t count = facts->only_whole ? facts->pages : some_pages(SIZE_MAX);

	return probe_map(fd, count, prot, flags, 0);
}

void probe_unmap(void *map, size_t count)
{
	int failed;

	probe_doing("munmap()");
	failed = munmap(map, count * facts->page);
	probe_doing(NULL);
	if (failed)
		cannot_ask("munmap() says %s", errno_word(errno));
}

int share_or_not(void)
{
	return facts->shared_ro ? MAP_PRIVATE : MAP_SHARED;
}

int load_prot(void)
{
	return facts->shared_ro ? PROT_READ : facts->prot;
}

size_t least_pages(void)
{
	return facts->only_whole ? facts->pages : 1;
}

bool is_memory(void)
{
	return facts->profile == AS_MEMORY || facts->profile == AS_DMA;
}

bool may_bear_registers(void)
{
	return facts->profile == AS_REGISTERS || facts->may_be_registers;
}

bool may_be_any_frame(void)
{
	return facts->size_from >= SIZE_TRIED && (probe_has_flag("pf") || probe_has_flag("io"));
}

size_t some_pages(size_t most)
{
	size_t pages = facts->loads && facts->loads < facts->pages ? facts->loads : facts->pages;

	/* More takes long, and tells nothing more. */
	if (most > 1 << 14)
		most = 1 << 14;
	if (facts->only_whole)
		return facts->pages;
	if (facts->distinct && facts->distinct < pages)
		pages = facts->distinct;
	return pages < most ? pages : most;
}

static _Noreturn void crashed(struct access access, const char *what)
{
	found(access.signo == SIGBUS ? "sigbus" : "sigsegv", "%s ends in %s", what,
	      signal_word(access.signo));
}

unsigned char probe_load(const unsigned char *at, const char *what)
{
	struct access access;

	probe_doing(what);
	access = may_bear_registers() ? probe_try(at) : try_read(at);
	probe_doing(NULL);
	if (access.signo)
		crashed(access, what);
	return access.value;
}

void probe_store(unsigned char *at, unsigned char value, const char *what)
{
	struct access access;

	probe_doing(what);
	access = try_write(at, value);
	probe_doing(NULL);
	if (access.signo)
		crashed(access, what);
}

/* A received descriptor shares its flags with the sender, so that they change for one call only. */
static int lend_nonblock(int fd, const char *call)
{
	int flags = fcntl(fd, F_GETFL);

	probe_doing(call);
	if (facts->fd >= 0 && flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

static ssize_t give_back(int fd, int flags, ssize_t result)
{
	int error = errno;

	probe_doing(NULL);
	if (facts->fd >= 0 && flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
	errno = error;
	return result;
}

ssize_t probe_pread(int fd, void *bytes, size_t count, off_t at)
{
	int flags = lend_nonblock(fd, "pread()");

	return give_back(fd, flags, pread(fd, bytes, count, at));
}

ssize_t probe_read(int fd, void *bytes, size_t count)
{
	int flags = lend_nonblock(fd, "read()");

	return give_back(fd, flags, read(fd, bytes, count));
}

ssize_t probe_pwrite(int fd, const void *bytes, size_t count, off_t at)
{
	int flags = lend_nonblock(fd, "pwrite()");

	return give_back(fd, flags, pwrite(fd, bytes, count, at));
}

ssize_t probe_write(int fd, const void *bytes, size_t count)
{
	int flags = lend_nonblock(fd, "write()");

	return give_back(fd, flags, write(fd, bytes, count));
}

struct access probe_try(const unsigned char *at)
{
	struct access access;

	probe_doing("a load from the mapping");
	access = may_bear_registers() ? try_read_word((const uint32_t *)at) : try_read(at);
	probe_doing(NULL);
	return access;
}

void has_no_end(void)
{
	facts->size_from = SIZE_ENDLESS;
	facts->size = (off_t)facts->page;
	facts->pages = facts->loads = 1;
}

bool probe_has_flag(const char *flag)
{
	char words[sizeof(facts->flags) + 2], word[8];

	snprintf(words, sizeof(words), " %s ", facts->flags);
	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(words, word);
}

void churn(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return;
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	for (size_t at = 0; at + page <= bytes; at += page)
		for (size_t i = 0; i < page; i += sizeof(uint64_t))
			*(volatile uint64_t *)(memory + at + i) = MARKER;
	munmap(memory, bytes);
}

bool has_marker(const unsigned char *page, size_t size)
{
	for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, page + i, sizeof(word));
		if (word == MARKER)
			return true;
	}
	return false;
}

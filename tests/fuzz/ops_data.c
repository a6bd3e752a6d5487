// SPDX-License-Identifier: GPL-2.0-only
/* Steps that move bytes: through mappings, by read and write, by the kernel's hand. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../number.h"
#include "fuzz.h"

static unsigned char ours[BURST_MOST], model[BURST_MOST];

static size_t start_of(const struct step *s)
{
	return s->at * world->page + s->byte;
}

static bool inside_arena(const struct step *s)
{
	return s->length && s->length <= burst() && s->byte < world->page &&
	       start_of(s) + s->length <= ARENA_PAGES * world->page;
}

static void make_bytes(unsigned char *to, size_t length, uint64_t seed)
{
	for (size_t i = 0; i < length; i++) {
		if (i % 8 == 0)
			random_word(&seed);
		to[i] = seed >> i % 8 * 8;
	}
}

static size_t page_rest(size_t byte, size_t length)
{
	size_t rest = world->page - byte % world->page;

	return length < rest ? length : rest;
}

static void compare(const char *what, size_t at, const void *seen, const void *wanted,
		    size_t length)
{
	const unsigned char *a = seen, *b = wanted;
	size_t i = 0;

	if (!memcmp(seen, wanted, length))
		return;
	while (a[i] == b[i])
		i++;
	mismatch("%s: byte %#zx of page %zu is %#x, should be %#x (and %zu bytes after it)", what,
		 (at + i) % world->page, (at + i) / world->page, a[i], b[i], length - i - 1);
}

static void compare_fault(const char *what, size_t at, struct fault seen, struct fault wanted)
{
	if (seen.signo) /* dear, and the next one would be the same */
		world->workers[me].place = ARENA_PAGES - 1;
	if (seen.signo == wanted.signo && (!seen.signo || seen.code == wanted.code))
		return;
	mismatch("%s page %zu: signal %d, code %d; should be signal %d, code %d", what,
		 at / world->page, seen.signo, seen.code, wanted.signo, wanted.code);
}

/* Copies the contents that a range of an arena shows. */
static void shown(unsigned int w, size_t at, size_t length, unsigned char *to)
{
	for (size_t part; length; at += part, to += part, length -= part) {
		part = page_rest(at, length);
		memcpy(to,
		       page_shows(&world->workers[w].pages[at / world->page]) + at % world->page,
		       part);
	}
}

/* A store there, that can be done. */
static void stored(unsigned int w, size_t at, size_t length, const unsigned char *from)
{
	for (size_t part; length; at += part, from += part, length -= part) {
		struct page *page = &world->workers[w].pages[at / world->page];
		size_t byte = at % world->page;

		part = page_rest(at, length);
		if (page->shared)
			device_store(page->dev * world->page + byte, from, part);
		else
			memcpy(page_own(page) + byte, from, part);
	}
}

/* Accesses to all its pages, as far as they go: how many bytes. */
static size_t access_range(unsigned int w, size_t at, size_t length, bool store)
{
	size_t done = 0;

	for (size_t part; done < length; done += part) {
		part = page_rest(at + done, length - done);
		if (page_access(w, (at + done) / world->page, store).signo)
			break;
	}
	return done;
}

bool run_load(struct step *s)
{
	size_t at = start_of(s), left = s->length;

	if (!inside_arena(s))
		return false;
	for (size_t part; left && !world->failed; at += part, left -= part) {
		struct fault wanted = page_access(me, at / world->page, false);

		part = page_rest(at, left);
		compare_fault("load of", at, touch_load(ARENA + at, ours, part), wanted);
		if (wanted.signo || world->failed)
			continue;
		shown(me, at, part, model);
		compare("load", at, ours, model, part);
	}
	return true;
}

bool run_store(struct step *s)
{
	size_t at = start_of(s), left = s->length, done = 0;

	if (!inside_arena(s) || !pages_have_room(s->length / world->page + 2))
		return false;
	make_bytes(ours, s->length, s->seed);
	for (size_t part; left && !world->failed; at += part, done += part, left -= part) {
		struct fault wanted = page_access(me, at / world->page, true);

		part = page_rest(at, left);
		compare_fault("store to", at, touch_store(ARENA + at, ours + done, part), wanted);
		if (!wanted.signo)
			stored(me, at, part, ours + done);
	}
	return true;
}

/*** read(2), write(2): what the model says of them, and does */

static bool has_desc(const struct step *s)
{
	return world->workers[me].fds & 1u << s->desc;
}

/* How far an access by the kernel goes, to the end or a rule; or the errno where nowhere. */
static long reach(size_t at, size_t length)
{
	size_t done = 0;

	for (size_t part; done < length && at + done < device_size(); done += part) {
		part = page_rest(at + done, length - done);
		if (device_access((at + done) / world->page))
			return done ? (long)done : -EIO;
	}
	return done;
}

static long read_model(const struct step *s, unsigned char *to)
{
	size_t at = (size_t)s->offset * world->page + s->to;
	long done;

	if (!(world->descs[s->desc].mode & PROT_R))
		return -EBADF;
	done = reach(at, s->length);
	if (done > 0)
		device_load(at, to, done);
	return done;
}

static long write_model(const struct step *s, const unsigned char *from)
{
	size_t at = (size_t)s->offset * world->page + s->to;
	long done;

	if (!(world->descs[s->desc].mode & PROT_W))
		return -EBADF;
	if (at >= device_size())
		return -ENOSPC;
	done = reach(at, s->length);
	if (done > 0)
		device_store(at, from, done);
	return done;
}

static off_t device_at(const struct step *s)
{
	return (off_t)s->offset * world->page + s->to;
}

bool run_read(struct step *s)
{
	long wanted, seen;

	if (s->length > burst() || !s->length || !has_desc(s))
		return false;
	wanted = read_model(s, model);
	seen = pread(FD_BASE + s->desc, ours, s->length, device_at(s));
	if (expect("pread", wanted, seen < 0 ? -errno : seen) && seen > 0)
		compare("pread", device_at(s), ours, model, seen);
	return true;
}

bool run_write(struct step *s)
{
	long wanted, seen;

	if (s->length > burst() || !s->length || !has_desc(s))
		return false;
	make_bytes(ours, s->length, s->seed);
	wanted = write_model(s, ours);
	seen = pwrite(FD_BASE + s->desc, ours, s->length, device_at(s));
	expect("pwrite", wanted, seen < 0 ? -errno : seen);
	return true;
}

/* Bytes onto themselves: what comes of that depends on how the kernel copies. */
static bool overlaps(const struct step *s)
{
	uint32_t first = device_at(s) / world->page;
	uint32_t last = (device_at(s) + s->length - 1) / world->page;
	uint32_t end = (start_of(s) + s->length - 1) / world->page;

	for (uint32_t i = s->at; i <= end; i++) {
		const struct page *page = &world->workers[me].pages[i];

		if (page->dev >= first && page->dev <= last)
			return true;
	}
	return false;
}

/* read(2) into a mapping. */
bool run_read_into(struct step *s)
{
	long wanted, seen;

	if (!inside_arena(s) || !has_desc(s) || !pages_fit(me, start_of(s), s->length, true) ||
	    overlaps(s))
		return false;
	wanted = read_model(s, model);
	seen = pread(FD_BASE + s->desc, ARENA + start_of(s), s->length, device_at(s));
	if (!expect("pread into a mapping", wanted, seen < 0 ? -errno : seen) || seen <= 0)
		return true;
	access_range(me, start_of(s), seen, true);
	stored(me, start_of(s), seen, model);
	return true;
}

/* write(2) from one. */
bool run_write_from(struct step *s)
{
	long wanted, seen;

	if (!inside_arena(s) || !has_desc(s) || !pages_fit(me, start_of(s), s->length, false) ||
	    overlaps(s))
		return false;
	shown(me, start_of(s), s->length, model);
	wanted = write_model(s, model);
	seen = pwrite(FD_BASE + s->desc, ARENA + start_of(s), s->length, device_at(s));
	if (expect("pwrite from a mapping", wanted, seen < 0 ? -errno : seen) && seen > 0)
		access_range(me, start_of(s), seen, false);
	return true;
}

/*** Pages in the kernel's hands */

/* The kernel asks twice for a page that it cannot have, so the answer must not change by that. */
static bool remote_possible(const struct step *s)
{
	uint32_t end = (start_of(s) + s->length - 1) / world->page;

	if (s->to > WORKERS || !world->workers[s->to].pid || !pages_have_room(4))
		return false;
	for (uint32_t i = s->at; i <= end; i++) {
		const struct page *page = &world->workers[s->to].pages[i];

		if (page->mapped && device_fires_once(page->dev))
			return false;
		if (page->prot == PROT_W) /* x86 lets a program read it, the kernel says no */
			return false;
	}
	return true;
}

static bool remote(struct step *s, bool store)
{
	pid_t pid = s->to <= WORKERS ? world->workers[s->to].pid : 0;
	struct iovec local = {.iov_base = ours, .iov_len = s->length};
	struct iovec other = {.iov_base = ARENA + start_of(s), .iov_len = s->length};
	long wanted, seen;

	if (!inside_arena(s) || !remote_possible(s))
		return false;
	if (store) {
		make_bytes(ours, s->length, s->seed);
		seen = process_vm_writev(pid, &local, 1, &other, 1, 0);
	} else {
		seen = process_vm_readv(pid, &local, 1, &other, 1, 0);
	}
	seen = seen < 0 ? -errno : seen;
	wanted = access_range(s->to, start_of(s), s->length, store);
	if (!expect(store ? "process_vm_writev" : "process_vm_readv", wanted ? wanted : -EFAULT,
		    seen) ||
	    !wanted)
		return true;
	if (store) {
		stored(s->to, start_of(s), wanted, ours);
	} else {
		shown(s->to, start_of(s), wanted, model);
		compare("process_vm_readv", start_of(s), ours, model, wanted);
	}
	return true;
}

bool run_peek(struct step *s)
{
	return remote(s, false);
}

bool run_poke(struct step *s)
{
	return remote(s, true);
}

/* By reference into a pipe, and out of it. */
bool run_splice(struct step *s)
{
	struct iovec iov = {.iov_base = ARENA + start_of(s), .iov_len = s->length};
	long seen;
	int ends[2];

	if (!inside_arena(s) || !pages_fit(me, start_of(s), s->length, false))
		return false;
	for (uint32_t i = s->at; i <= (start_of(s) + s->length - 1) / world->page; i++)
		if (world->workers[me].pages[i].prot == PROT_W)
			return false;
	if (pipe(ends)) {
		mismatch("pipe: errno %d", errno);
		return true;
	}
	seen = vmsplice(ends[1], &iov, 1, SPLICE_F_NONBLOCK);
	if (expect("vmsplice", s->length, seen < 0 ? -errno : seen))
		expect("read of the pipe", s->length, read(ends[0], ours, s->length));
	close(ends[0]);
	close(ends[1]);
	access_range(me, start_of(s), s->length, false);
	shown(me, start_of(s), s->length, model);
	if (!world->failed)
		compare("vmsplice", start_of(s), ours, model, s->length);
	return true;
}

/* A file on a disk, if there is one for us. */
static int scratch_file(void)
{
	static int fd = -2;
	const char *folder = getenv("MMAPDEMO_SCRATCH");
	char name[128];

	if (fd != -2 || !folder)
		return fd;
	snprintf(name, sizeof(name), "%s/fuzz-%d", folder, getpid());
	fd = open(name, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	if (fd < 0)
		mismatch("%s: errno %d", name, errno);
	unlink(name);
	return fd;
}

/* A page to the file and back, by DMA as far as the kernel is concerned. */
bool run_direct(struct step *s)
{
	unsigned char *page = ARENA + s->at * world->page;
	size_t at = s->at * world->page;
	int fd = scratch_file();
	long done;

	s->byte = 0;
	s->length = world->page;
	if (fd < 0 || !inside_arena(s) || !pages_fit(me, at, world->page, true) ||
	    world->workers[me].pages[s->at].prot == PROT_W)
		return false;
	shown(me, at, world->page, model);
	access_range(me, at, world->page, false);
	done = pwrite(fd, page, world->page, 0);
	if (!expect("write from a mapping with O_DIRECT", world->page, done < 0 ? -errno : done))
		return true;
	for (size_t i = 0; i < world->page; i++)
		ours[i] = ~model[i];
	expect("store after it", 0, touch_store(page, ours, world->page).signo);
	done = pread(fd, page, world->page, 0);
	expect("read into a mapping with O_DIRECT", world->page, done < 0 ? -errno : done);
	access_range(me, at, world->page, true);
	stored(me, at, world->page, model);
	world->direct = world->next;
	return true;
}

/*** Futexes: one process sleeps on its page, the other wakes it by its own. */

static long futex(void *word, int operation, uint32_t value, int seconds)
{
	struct timespec limit = {.tv_sec = seconds};

	return syscall(SYS_futex, word, operation, value, seconds ? &limit : NULL, NULL, 0);
}

bool run_futex(struct step *s)
{
	unsigned int w = s->to;
	struct page *a, *b;
	uint32_t value;

	s->byte &= world->page - 4;
	s->length = 4;
	if (!inside_arena(s) || w == me || !w || w > WORKERS || s->more >= ARENA_PAGES)
		return false;
	a = &world->workers[me].pages[s->at];
	b = &world->workers[w].pages[s->more];
	if (!world->workers[w].pid || !a->shared || !b->shared || a->dev != b->dev)
		return false;
	if (!pages_fit(me, start_of(s), 4, false) ||
	    !pages_fit(w, s->more * world->page + s->byte, 4, false))
		return false;
	page_access(me, s->at, false);
	page_access(w, s->more, false);
	shown(me, start_of(s), 4, (void *)&value);
	world->waker.from = me;
	world->waker.at = s->more * world->page + s->byte;
	pass_to(w);
	expect("sleep on a futex", 0,
	       futex(ARENA + start_of(s), FUTEX_WAIT, value, 10) ? -errno : 0);
	await_go();
	return true;
}

/* In the other process, whose turn it is for this. */
void futex_wake_other(void)
{
	unsigned int from = world->waker.from;
	long woken = 0;

	for (int tries = 0; !woken && tries < 100000; tries++) {
		woken = futex(ARENA + world->waker.at, FUTEX_WAKE, 1, 0);
		if (!woken)
			sched_yield();
	}
	expect("wake by a futex", 1, woken < 0 ? -errno : woken);
	world->waker.from = 0;
	pass_to(from);
}

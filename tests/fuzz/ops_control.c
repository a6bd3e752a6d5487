// SPDX-License-Identifier: GPL-2.0-only
/* Steps that are commands of the device. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"
#include "support/contents.h"

static unsigned char bytes[BURST_MOST];

static bool has_desc(const struct step *s)
{
	return world->workers[me].fds & 1u << s->desc;
}

/*
 * If O_DIRECT read into a page that is not dirty, as the device's pages never are,
 * the kernel gives it back from a work queue, a moment after the read.
 */
static bool still_pinned(int error)
{
	return error == EBUSY && world->direct && world->next - world->direct < 500;
}

static int command(const struct step *s, unsigned long number, void *argument)
{
	int tries = 1000, error;

	do {
		error = ioctl(FD_BASE + s->desc, number, argument) ? errno : 0;
	} while (still_pinned(error) && tries-- && !usleep(1000));
	return -error;
}

/* -EBADF where the descriptor's mode is not for that; else as wanted. */
static int needs(const struct step *s, uint8_t mode, int wanted)
{
	return world->descs[s->desc].mode & mode ? wanted : -EBADF;
}

static uint64_t offset_of(const struct step *s)
{
	return (uint64_t)s->offset * world->page + s->byte;
}

static void resized(uint32_t pages)
{
	struct device *d = &world->device;

	if (pages < d->size) {
		device_punch(pages, d->size);
		pages_forget_all(pages);
	}
	if (pages != d->size)
		device_event(RESIZED);
	d->size = pages;
}

bool run_resize(struct step *s)
{
	struct mmapdemo_resize arg = {
		.size = sizeof(arg),
		.bytes = (uint64_t)s->length * world->page + s->byte,
	};
	int wanted;

	if (!has_desc(s) || s->length > DEVICE_PAGES || !world->caps.reshapes)
		return false;
	wanted = needs(s, PROT_W, s->byte || !s->length ? -EINVAL : 0);
	expect("RESIZE", wanted, command(s, MMAPDEMO_IOCTL_RESIZE, &arg));
	if (!wanted)
		resized(s->length);
	return true;
}

static void punched(uint64_t offset, uint64_t end)
{
	uint64_t first = (offset + world->page - 1) / world->page, last = end / world->page;

	if (first > last) {
		device_zero(offset, end - offset);
		return;
	}
	device_punch(first, last);
	if (world->weather)
		device_keep(first, last);
	device_zero(offset, first * world->page - offset);
	device_zero(last * world->page, end - last * world->page);
}

bool run_punch(struct step *s)
{
	struct mmapdemo_punch arg = {
		.size = sizeof(arg),
		.offset = offset_of(s),
		.length = s->length,
	};
	uint64_t end = arg.offset + arg.length;
	int wanted;

	if (!has_desc(s) || !world->caps.reshapes)
		return false;
	wanted = needs(s, PROT_W, s->length ? 0 : -EINVAL);
	expect("PUNCH", wanted, command(s, MMAPDEMO_IOCTL_PUNCH, &arg));
	if (end > device_size())
		end = device_size();
	if (!wanted && arg.offset < end)
		punched(arg.offset, end);
	return true;
}

/* Contents stay. There may be no memory for a huge folio. */
bool run_collapse(struct step *s)
{
	struct mmapdemo_collapse arg = {
		.size = sizeof(arg),
		.offset = offset_of(s),
		.length = s->length,
	};
	int got, wanted = needs(s, PROT_W, s->length ? 0 : -EINVAL);

	if (!has_desc(s) || !world->caps.reshapes)
		return false;
	got = command(s, MMAPDEMO_IOCTL_COLLAPSE, &arg);
	if (got != -ENOMEM && got != -EBUSY)
		expect("COLLAPSE", wanted, got);
	return true;
}

/* To the end of the range, or the first page whose rule strikes. */
static uint64_t reach(uint64_t at, uint64_t end, int *error)
{
	for (; at < end && !*error; at = (at / world->page + 1) * world->page)
		if (device_access(at / world->page))
			*error = -EIO;
	return *error ? (at - 1) / world->page * world->page : end;
}

bool run_fill(struct step *s)
{
	struct mmapdemo_fill arg = {
		.size = sizeof(arg),
		.offset = offset_of(s),
		.length = s->length,
		.seed = s->seed,
	};
	uint64_t end = arg.offset + s->length;
	int wanted;

	if (!has_desc(s) || s->length > burst())
		return false;
	wanted = needs(s, PROT_W, !s->length || end > device_size() ? -EINVAL : 0);
	if (!wanted) {
		end = reach(arg.offset, end, &wanted);
		contents_pattern(bytes, s->length, arg.offset, s->seed);
		if (end > arg.offset)
			device_store(arg.offset, bytes, end - arg.offset);
	}
	expect("FILL", wanted, command(s, MMAPDEMO_IOCTL_FILL, &arg));
	return true;
}

bool run_sum(struct step *s)
{
	struct mmapdemo_sum arg = {
		.size = sizeof(arg),
		.offset = offset_of(s),
		.length = s->length,
	};
	uint64_t end = arg.offset + s->length;
	int wanted;

	if (!has_desc(s) || s->length > burst())
		return false;
	wanted = needs(s, PROT_R, !s->length || end > device_size() ? -EINVAL : 0);
	if (!wanted)
		reach(arg.offset, end, &wanted);
	if (!expect("SUM", wanted, command(s, MMAPDEMO_IOCTL_SUM, &arg)) || wanted)
		return true;
	device_load(arg.offset, bytes, s->length);
	if (arg.crc32c != contents_crc(0, bytes, s->length))
		mismatch("SUM of %u bytes from %#llx is %#x, should be %#x", s->length,
			 (unsigned long long)arg.offset, arg.crc32c,
			 contents_crc(0, bytes, s->length));
	return true;
}

bool run_wipe(struct step *s)
{
	struct mmapdemo_wipe arg = {.size = sizeof(arg), .flags = MMAPDEMO_WIPE_NOW};
	int wanted = needs(s, PROT_W, 0);

	if (!has_desc(s))
		return false;
	expect("WIPE", wanted, command(s, MMAPDEMO_IOCTL_WIPE, &arg));
	if (!wanted)
		device_wipe();
	return true;
}

bool run_policy(struct step *s)
{
	struct mmapdemo_wipe arg = {
		.size = sizeof(arg),
		.flags = MMAPDEMO_WIPE_SET_POLICY,
		.policy = s->kind,
	};
	int wanted = needs(s, PROT_W, 0);

	if (!has_desc(s))
		return false;
	expect("WIPE", wanted, command(s, MMAPDEMO_IOCTL_WIPE, &arg));
	if (!wanted)
		world->device.policy = s->kind;
	return true;
}

bool run_rule(struct step *s)
{
	struct mmapdemo_injection arg = {
		.size = sizeof(arg),
		.offset = (uint64_t)s->offset * world->page,
		.length = (uint64_t)s->length * world->page,
		.action = s->kind,
		.when = s->how ? MMAPDEMO_INJECT_ONCE : MMAPDEMO_INJECT_ALWAYS,
	};
	bool fails = s->kind > MMAPDEMO_INJECT_COUNT;
	int wanted;

	if (!has_desc(s) || s->offset + s->length > DEVICE_PAGES ||
	    world->device.rule_parts > RULES - 4)
		return false;
	wanted = needs(s, PROT_W, !s->length || (s->how && !fails) ? -EINVAL : 0);
	expect("INJECT_SET", wanted, command(s, MMAPDEMO_IOCTL_INJECT_SET, &arg));
	if (!wanted)
		device_set_rule(s->offset, s->offset + s->length, s->kind, s->how);
	return true;
}

/* One of INJECT_LIST's elements against the rule that begins at a page. */
static void compare_rule(const struct mmapdemo_injection *seen, uint32_t page)
{
	const struct device *d = &world->device;
	const struct rule *rule = &d->rules[d->rule[page]];
	uint32_t end = page;

	while (end < DEVICE_PAGES && d->rule[end] == d->rule[page])
		end++;
	if (seen->offset != page * world->page || seen->length != (end - page) * world->page)
		mismatch("INJECT_LIST: a rule of %#llx bytes from %#llx, should be page %u to %u",
			 (unsigned long long)seen->length, (unsigned long long)seen->offset, page,
			 end);
	else if (seen->action != rule->action || seen->when != rule->once)
		mismatch("INJECT_LIST: page %u has action %u, when %u; should be %u, %u", page,
			 seen->action, seen->when, rule->action, rule->once);
	else if (seen->fired > seen->hits || (rule->once && seen->fired != rule->fired))
		mismatch("INJECT_LIST: page %u: hits %llu, fired %llu; should have fired %u", page,
			 (unsigned long long)seen->hits, (unsigned long long)seen->fired,
			 rule->fired);
}

bool run_rules(struct step *s)
{
	static struct mmapdemo_injection seen[RULES + 1];
	struct mmapdemo_inject_list arg = {
		.size = sizeof(arg),
		.count = RULES + 1,
		.rule_size = sizeof(seen[0]),
		.rules = (uintptr_t)seen,
	};
	const uint8_t *rule = world->device.rule;
	unsigned int n = 0;

	if (!has_desc(s))
		return false;
	if (!expect("INJECT_LIST", 0, command(s, MMAPDEMO_IOCTL_INJECT_LIST, &arg)) ||
	    !expect("INJECT_LIST: rules", world->device.rule_parts, arg.count))
		return true;
	for (uint32_t page = 0; page < DEVICE_PAGES; page++)
		if (rule[page] && (!page || rule[page - 1] != rule[page]))
			compare_rule(&seen[n++], page);
	return true;
}

bool run_kick(struct step *s)
{
	struct mmapdemo_kick arg = {.size = sizeof(arg)};
	int wanted = needs(s, PROT_W, 0);

	if (!has_desc(s))
		return false;
	if (!expect("KICK", wanted, command(s, MMAPDEMO_IOCTL_KICK, &arg)) || wanted)
		return true;
	device_event(KICK);
	expect("KICK: generation", world->device.events[KICK], arg.generation);
	return true;
}

static uint32_t news_of(const struct step *s)
{
	uint32_t news = 0;

	for (int i = 0; i < 4; i++)
		if (world->descs[s->desc].seen[i] != world->device.events[i])
			news |= 1u << i;
	return news;
}

static short poll_wanted(uint32_t news)
{
	return POLLOUT | (news & MMAPDEMO_EVENT_KICK ? POLLIN : 0) |
	       (news & ~MMAPDEMO_EVENT_KICK ? POLLPRI : 0);
}

/* Compares poll, then WAIT, which must agree with it, and does not wait: O_NONBLOCK is set. */
bool run_wait(struct step *s)
{
	struct pollfd poll_fd = {.fd = FD_BASE + s->desc, .events = POLLIN | POLLOUT | POLLPRI};
	struct mmapdemo_wait arg = {.size = sizeof(arg), .events = s->kind};
	struct desc *desc = &world->descs[s->desc];
	uint32_t news;
	int wanted;

	if (!has_desc(s))
		return false;
	news = news_of(s);
	if (!expect("poll", 1, poll(&poll_fd, 1, 0)) ||
	    !expect("poll: events", poll_wanted(news), poll_fd.revents))
		return true;
	news &= s->kind;
	wanted = !s->kind ? -EINVAL : !news ? -EAGAIN : 0;
	if (!expect("WAIT", wanted, command(s, MMAPDEMO_IOCTL_WAIT, &arg)) || wanted)
		return true;
	expect("WAIT: events", news, arg.events);
	expect("WAIT: generation", world->device.events[KICK], arg.generation);
	for (int i = 0; i < 4; i++)
		if (news & 1u << i)
			desc->seen[i] = world->device.events[i];
	return true;
}

/* SEEK_DATA and SEEK_HOLE tell memory from holes, where we know which is which. */
static void compare_seek(bool hole, uint64_t from, off_t found)
{
	const uint8_t *present = world->device.present;
	uint32_t end = found < 0 ? world->device.size : found / world->page;
	uint8_t skipped = hole ? 0 : SURELY, met = hole ? SURELY : 0;

	for (uint32_t i = from / world->page; i < end; i++)
		if (present[i] == skipped)
			mismatch("SEEK_%s from %#llx found %#llx, not page %u",
				 hole ? "HOLE" : "DATA", (unsigned long long)from,
				 (unsigned long long)found, i);
	if (end < world->device.size && present[end] == met)
		mismatch("SEEK_%s from %#llx found page %u, which is none", hole ? "HOLE" : "DATA",
			 (unsigned long long)from, end);
}

bool run_seek(struct step *s)
{
	uint64_t from = offset_of(s);
	off_t found;

	if (!has_desc(s))
		return false;
	found = lseek(FD_BASE + s->desc, from, s->kind ? SEEK_HOLE : SEEK_DATA);
	if (from >= device_size())
		expect("lseek past the end", -ENXIO, found < 0 ? -errno : found);
	else if (found < 0 && (s->kind || errno != ENXIO))
		mismatch("lseek: errno %d", errno);
	else
		compare_seek(s->kind, from, found);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands on a device of each strategy: those in INFO's features work, and others are refused
 * and change nothing.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define CONTENTS MMAPDEMO_FEATURE_CONTENTS
#define FAULTS	 MMAPDEMO_FEATURE_INJECT
#define RESIZE	 MMAPDEMO_FEATURE_RESIZE
#define HUGE	 MMAPDEMO_FEATURE_HUGE

static const struct strategy {
	const char *name, *node;
	uint32_t features;
	bool grows, copies; /* by mremap; on write, where private */
} strategies[] = {
	{"pagecache", "mmapdemo", CONTENTS | FAULTS | RESIZE, true, true},
	{"anon", "mmapdemo-anon", 0, true, true},
	{"fault", "mmapdemo-fault", CONTENTS | FAULTS, false, true},
	{"insert", "mmapdemo-insert", CONTENTS, false, true},
	{"vmalloc", "mmapdemo-vmalloc", CONTENTS, false, true},
	{"pfn", "mmapdemo-pfn", CONTENTS, false, false},
	{"pfn-fault", "mmapdemo-pfn-fault", CONTENTS | FAULTS, false, false},
	{"dma", "mmapdemo-dma", CONTENTS, false, false},
};

static const struct strategy *strategy_of_target(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(strategies); i++)
		if (!strcmp(strategies[i].node, target.name))
			return &strategies[i];
	ck_abort_msg("no strategy has a node %s", target.name);
}

ROW(S11, kind_private,
    "a private mapping copies on write, or is EINVAL for a strategy without copies")
{
	int fd = control_open_kind(0);
	bool copies = strategy_of_target()->copies;
	struct mmapdemo_info before = info_of(fd);

	for (int prot = PROT_NONE; prot <= (PROT_READ | PROT_WRITE); prot++)
		ck_assert_int_eq(mmap_errno(NULL, pages(1), prot, MAP_PRIVATE, fd, 0),
				 copies ? 0 : EINVAL);
	if (!copies)
		ck_assert_uint_eq(info_of(fd).vmas, before.vmas);
}

ROW(M1, kind_grows, "mremap makes a mapping longer, or is EFAULT if nothing would be behind it")
{
	int fd = control_open_kind(0);
	unsigned char *map = target_map(pages(2), RW, MAP_SHARED, fd, 0);

	errno = 0;
	if (strategy_of_target()->grows) {
		ck_assert(mremap(map, pages(2), pages(3), MREMAP_MAYMOVE) != MAP_FAILED);
		return;
	}
	ck_assert(mremap(map, pages(2), pages(3), MREMAP_MAYMOVE) == MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	assert_memory(map, pages(2), 0, ORIGINAL);
}

ROW(C1, kind_agrees, "INFO names the node's strategy, and its features are those of the strategy")
{
	struct mmapdemo_info info = info_of(control_open_kind(0));
	const struct strategy *strategy = strategy_of_target();
	char path[128], word[32];

	ck_assert_str_eq(info.strategy, strategy->name);
	/* HUGE depends on a parameter of the module for the page cache, and on nothing else. */
	if (!strcmp(strategy->name, "pagecache"))
		info.features &= ~HUGE;
	ck_assert_uint_eq(info.features, strategy->features);
	ck_assert_int_eq(info.bytes, target.size);
	/* Memory that exists from the start is all resident; a device without contents has none. */
	if (!(info.features & CONTENTS))
		ck_assert_uint_eq(info.resident, 0);
	else if (!(info.features & RESIZE))
		ck_assert_uint_ge(info.resident, info.bytes);
	snprintf(path, sizeof(path), "/sys/class/mmapdemo/%s/strategy", target.name);
	ck_assert_int_eq(read_text(path, word, sizeof(word)), 0);
	ck_assert_int_eq(strncmp(word, strategy->name, strlen(strategy->name)), 0);
}

ROW(C11, kind_eventfd, "an eventfd counts the kicks of each kind of buffer")
{
	int fd = control_open_kind(0);
	int counter = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct mmapdemo_eventfd set = {
		.size = sizeof(set),
		.events = MMAPDEMO_EVENT_KICK,
		.fd = counter,
	};
	uint64_t count;

	assert_done(command(fd, MMAPDEMO_IOCTL_EVENTFD, &set));
	for (int i = 0; i < 3; i++)
		assert_done(kick(fd));
	ck_assert_int_eq(read(counter, &count, sizeof(count)), sizeof(count));
	ck_assert_uint_eq(count, 3);
}

ROW(C12, kind_export, "EXPORT works for a strategy with PUNCH, and is refused for others")
{
	int fd = control_open_kind(0);
	struct mmapdemo_info before = info_of(fd);
	struct mmapdemo_export export = {.size = sizeof(export), .length = pages(1)};
	int error = command(fd, MMAPDEMO_IOCTL_EXPORT, &export);

	if (before.features & RESIZE && error == EOPNOTSUPP)
		row_not_applicable("the kernel has no CONFIG_DMA_SHARED_BUFFER");
	assert_errno(error, before.features & RESIZE ? 0 : EOPNOTSUPP);
	if (error)
		ck_assert_uint_eq(info_of(fd).opens, before.opens);
}

ROW(C3, kind_fill, "FILL, SUM, read, write and mappings see the same bytes")
{
	int fd = control_open_kind(CONTENTS);
	size_t len = pages(3) - 11;
	unsigned char *map = target_map(pages(5), RW, MAP_SHARED, fd, 0);
	unsigned char *expected = malloc(pages(5)), *seen = malloc(pages(5));

	ck_assert(expected && seen);
	memcpy(expected, map, pages(5));
	contents_pattern(expected + 5, len, 5, 77);
	assert_done(fill(fd, 5, len, 77));
	ck_assert_mem_eq(map, expected, pages(5));
	ck_assert_int_eq(pread(fd, seen, pages(5), 0), pages(5));
	ck_assert_mem_eq(seen, expected, pages(5));
	ck_assert_uint_eq(sum_of(fd, 0, pages(5)), contents_crc(0, expected, pages(5)));

	map[pages(2)] ^= 0xff;
	expected[pages(2)] ^= 0xff;
	ck_assert_int_eq(pwrite(fd, "written", 7, pages(3) + 1), 7);
	/* bytes of a page, not a string: NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(expected + pages(3) + 1, "written", 7);
	ck_assert_uint_eq(sum_of(fd, 0, pages(5)), contents_crc(0, expected, pages(5)));
	ck_assert_mem_eq(map, expected, pages(5));
}

ROW(C3, kind_all, "FILL and SUM work on the whole buffer, to the last byte and no further")
{
	int fd = control_open_kind(CONTENTS);
	unsigned char *all = malloc(target.size);
	uint32_t crc;

	ck_assert(all);
	assert_done(fill(fd, 0, target.size, 5));
	contents_pattern(all, target.size, 0, 5);
	crc = contents_crc(0, all, target.size);
	ck_assert_uint_eq(sum_of(fd, 0, target.size), crc);
	assert_errno(fill(fd, 1, target.size, 6), EINVAL);
	ck_assert_uint_eq(sum_of(fd, 0, target.size), crc);
	/* Other tests need memory that was never used. */
	if (info_of(fd).features & RESIZE)
		assert_done(in_the_end(punch(fd, 0, target.size)));
}

ROW(C4, kind_rule, "a rule acts on read and on a mapping that had the page, until it is healed")
{
	int fd = control_open_kind(FAULTS);
	unsigned char *map = target_map(pages(4), RW, MAP_SHARED, fd, 0);
	struct access access;
	char byte;

	assert_memory(map, pages(4), 0, ORIGINAL);
	assert_done(set_action(fd, pages(2), pages(1), MMAPDEMO_INJECT_SIGBUS));
	access = try_read(map + pages(2));
	ck_assert_int_eq(access.signo, SIGBUS);
	ck_assert_int_eq(pread(fd, &byte, 1, pages(2)), -1);
	ck_assert_int_eq(errno, EIO);
	assert_memory(map, pages(2), 0, ORIGINAL);
	assert_memory(map + pages(3), pages(1), pages(3), ORIGINAL);
	assert_done(heal(fd, pages(2), pages(1)));
	assert_memory(map, pages(4), 0, ORIGINAL);
}

ROW(C4, kind_rule_mem, "a rule acts on /proc/PID/mem, for which a driver may have no page fault")
{
	int fd = control_open_kind(FAULTS);
	unsigned char *map = target_map(pages(3), RW, MAP_SHARED, fd, 0), *seen = malloc(pages(3));
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	off_t at = (off_t)(uintptr_t)map;

	ck_assert(mem >= 0 && seen);
	assert_memory(map, pages(3), 0, ORIGINAL);
	assert_done(set_action(fd, pages(1), pages(1), MMAPDEMO_INJECT_SIGBUS));
	ck_assert_int_eq(pread(mem, seen, pages(3), at), pages(1));
	ck_assert_int_eq(pread(mem, seen, 1, at + pages(1)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pwrite(mem, "w", 1, at + pages(1)), -1);
	ck_assert_int_eq(errno, EIO);
	assert_done(heal(fd, pages(1), pages(1)));
	ck_assert_int_eq(pread(mem, seen, pages(3), at), pages(3));
	assert_memory(seen, pages(3), 0, ORIGINAL);
}

/* Shared with the process that touches a page: `rules' is odd while a rule forbids it. */
struct touches {
	volatile unsigned long rules, done, wrong;
};

static void touch_for_ever(struct touches *touches, const unsigned char *at)
{
	for (;; touches->done++) {
		unsigned long rules = touches->rules;

		touches->wrong += !try_read(at).signo && rules % 2 && touches->rules == rules;
	}
}

/* An access that began before the rule changed may be the next to end. */
static void await_touches(const struct touches *touches)
{
	for (unsigned long done = touches->done; touches->done < done + 2;)
		sched_yield();
}

ROW(C4, kind_rule_race,
    "a page fault beside INJECT_SET leaves nothing mapped once INJECT_SET returns")
{
	struct touches *touches = mmap(NULL, pages(1), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = control_open_kind(FAULTS);
	unsigned char *map = target_map(pages(1), RW, MAP_SHARED, fd, 0);
	double end = seconds_now() + 2;
	struct peer child;

	ck_assert_ptr_ne(touches, MAP_FAILED);
	if (fork_child(&child)) {
		touch_for_ever(touches, map);
		child_done();
	}
	while (seconds_now() < end) {
		assert_done(set_action(fd, 0, pages(1), MMAPDEMO_INJECT_SIGBUS));
		touches->rules++;
		await_touches(touches);
		touches->rules++;
		assert_done(heal(fd, 0, pages(1)));
	}
	kill_child(&child);
	ck_assert_msg(!touches->wrong, "%lu loads found a page that is forbidden", touches->wrong);
}

ROW(C5, kind_kick, "each file description reports a kick once")
{
	int fd = control_open_kind(0), other = target_open(O_RDWR | O_NONBLOCK);
	uint64_t generation;

	assert_done(kick(fd));
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_KICK, &generation),
			  MMAPDEMO_EVENT_KICK);
	ck_assert_uint_eq(generation, info_of(fd).generation);
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_KICK, NULL), 0);
}

ROW(C6, kind_wipe, "WIPE zeroes the memory in place, and mappings show the zeros")
{
	int fd = control_open_kind(CONTENTS);
	unsigned char *map = target_map(target.size, RW, MAP_SHARED, fd, 0);
	bool hides_frames = smaps_has_flag(map, "pf");
	uint64_t frame, resident = info_of(fd).resident;

	assert_memory(map, pages(1), 0, ORIGINAL);
	frame = hides_frames ? 0 : frame_of(map);
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	assert_zero(map, pages(TEST_PAGES));
	assert_zero(map + target.size - pages(2), pages(2));
	if (!hides_frames)
		assert_same_page(frame_of(map), frame);
	ck_assert_uint_eq(info_of(fd).resident, resident);
}

ROW(C6, kind_policy,
    "under the policy unmap, the contents are wiped when the last mapping ends, and not before")
{
	int fd = control_open_kind(CONTENTS);
	unsigned char *map = target_map(pages(4), RW, MAP_SHARED, fd, 0);

	assert_done(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, MMAPDEMO_WIPE_ON_LAST_UNMAP));
	unmap(map, pages(2));
	assert_memory(map + pages(2), pages(2), pages(2), ORIGINAL);
	unmap(map + pages(2), pages(2));
	map = target_map(pages(4), RW, MAP_SHARED, fd, 0);
	assert_zero(map, pages(4));
}

static int ask_resize(int fd)
{
	return resize(fd, target.size + pages(1));
}

static int ask_punch(int fd)
{
	return punch(fd, 0, pages(1));
}

static int ask_fill(int fd)
{
	return fill(fd, 0, pages(1), 1);
}

static int ask_sum(int fd)
{
	struct mmapdemo_sum sum = {.size = sizeof(sum), .length = pages(1)};

	return command(fd, MMAPDEMO_IOCTL_SUM, &sum);
}

static int ask_rule(int fd)
{
	return set_action(fd, 0, pages(1), MMAPDEMO_INJECT_COUNT);
}

static int ask_heal(int fd)
{
	return heal(fd, 0, pages(1));
}

static int ask_wipe(int fd)
{
	return wipe(fd, MMAPDEMO_WIPE_NOW, 0);
}

static int ask_policy(int fd)
{
	return wipe(fd, MMAPDEMO_WIPE_SET_POLICY, MMAPDEMO_WIPE_ON_LAST_UNMAP);
}

static int ask_write(int fd)
{
	return pwrite(fd, "w", 1, 0) < 0 ? errno : 0;
}

static const struct request {
	const char *name;
	int (*ask)(int fd);
	uint32_t needs;
	int error;
} requests[] = {
	{"resize", ask_resize, RESIZE, EOPNOTSUPP}, {"punch", ask_punch, RESIZE, EOPNOTSUPP},
	{"fill", ask_fill, CONTENTS, EOPNOTSUPP},   {"sum", ask_sum, CONTENTS, EOPNOTSUPP},
	{"rule", ask_rule, FAULTS, EOPNOTSUPP},	    {"heal", ask_heal, FAULTS, EOPNOTSUPP},
	{"wipe", ask_wipe, CONTENTS, EOPNOTSUPP},   {"policy", ask_policy, CONTENTS, EOPNOTSUPP},
	{"write", ask_write, CONTENTS, EINVAL},
};

ROW_EACH(C7, kind_refuses,
	 "a command outside the strategy's features is refused, and changes nothing", requests)
{
	const struct request *request = &requests[_i];
	int fd = control_open_kind(0);
	struct mmapdemo_info before = info_of(fd), now;
	bool promised = (before.features & request->needs) == request->needs;

	assert_errno(request->ask(fd), promised ? 0 : request->error);
	if (promised)
		return;
	now = info_of(fd);
	ck_assert_mem_eq(&now, &before, sizeof(now));
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Operations of a program on a node, as the table at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "sweep.h"

#define RW (PROT_READ | PROT_WRITE)
#define POPULATE_READ \
	22 /* MADV_POPULATE_READ, MADV_POPULATE_WRITE: younger than some C libraries */
#define POPULATE_WRITE 23

/* A page that no huge folio can hold, as the size leaves the last ones over. */
static off_t small_page(const struct subject *s)
{
	return s->size - 4 * s->page;
}

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

/* Preparations that only check that the node can do the operation. */

static int needs_huge(struct subject *s)
{
	return s->huge ? 0 : EOPNOTSUPP;
}

static int needs_contents(struct subject *s)
{
	return s->features & MMAPDEMO_FEATURE_CONTENTS ? 0 : EOPNOTSUPP;
}

static int needs_resize(struct subject *s)
{
	return s->features & MMAPDEMO_FEATURE_RESIZE ? 0 : EOPNOTSUPP;
}

static int needs_faults(struct subject *s)
{
	return s->features & MMAPDEMO_FEATURE_INJECT ? 0 : EOPNOTSUPP;
}

static int map_at(struct subject *s, size_t length, int flags, off_t offset)
{
	s->map = mmap(NULL, length, RW, flags, s->fd, offset);
	s->mapped = length;
	return s->map == MAP_FAILED ? errno : 0;
}

/* At an address where a huge page fits. */
static int map_huge(struct subject *s, int flags)
{
	char *room;

	if (!s->huge)
		return EOPNOTSUPP;
	room = mmap(NULL, 2 * s->huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return errno;
	room = (char *)(((uintptr_t)room + s->huge - 1) & ~(s->huge - 1));
	s->map = mmap(room, s->huge, RW, flags | MAP_FIXED, s->fd, 0);
	s->mapped = s->huge;
	return s->map == MAP_FAILED ? errno : 0;
}

/* open */

static int act_open(struct subject *s)
{
	s->other = open(s->node, O_RDWR | O_CLOEXEC);
	return error_of(s->other);
}

/* mmap */

/* Not every strategy knows both kinds: it refuses the other with EINVAL. */
static int prepare_private(struct subject *s)
{
	int error = map_at(s, s->page, MAP_PRIVATE, 0);

	if (!error)
		munmap(s->map, s->mapped);
	return error == EINVAL ? EOPNOTSUPP : error;
}

static int act_map_shared(struct subject *s)
{
	return map_at(s, 2 * s->page, MAP_SHARED, s->page);
}

static int act_map_private(struct subject *s)
{
	return map_at(s, 2 * s->page, MAP_PRIVATE, s->page);
}

static int act_map_populated(struct subject *s)
{
	return map_at(s, s->size, MAP_SHARED | MAP_POPULATE, 0);
}

static const char *check_unmaps(struct subject *s)
{
	return munmap(s->map, s->mapped) ? "does not unmap" : NULL;
}

/* First touch */

static int prepare_touch_shared(struct subject *s)
{
	return map_at(s, s->page, MAP_SHARED, small_page(s));
}

static int prepare_touch_private(struct subject *s)
{
	int error = map_at(s, s->page, MAP_PRIVATE, small_page(s));

	return error == EINVAL ? EOPNOTSUPP : error;
}

/* The page is there, and has a byte to copy. */
static int prepare_touch_present(struct subject *s)
{
	char byte = MARK + 1;

	if (needs_contents(s))
		return EOPNOTSUPP;
	if (pwrite(s->fd, &byte, 1, small_page(s)) != 1)
		return errno;
	return prepare_touch_private(s);
}

static int prepare_huge_shared(struct subject *s)
{
	return map_huge(s, MAP_SHARED);
}

static int prepare_huge_private(struct subject *s)
{
	return map_huge(s, MAP_PRIVATE);
}

static int act_read_touch(struct subject *s)
{
	return touch(s->map, false);
}

static int act_store(struct subject *s)
{
	return touch(s->map, true);
}

static const char *check_zero(struct subject *s)
{
	for (size_t i = 0; i < s->mapped; i++)
		if (s->map[i])
			return "what was made is not zero";
	return NULL;
}

static const char *check_stored(struct subject *s)
{
	if (s->map[0] != MARK)
		return "the store is lost";
	for (size_t i = 1; i < s->mapped; i++)
		if (s->map[i])
			return "what is beside the store is not zero";
	return NULL;
}

static const char *check_stored_privately(struct subject *s)
{
	char byte = 0;

	if (pread(s->fd, &byte, 1, small_page(s)) != 1 || byte != MARK + 1)
		return "a private store reached the device";
	return s->map[0] == MARK ? NULL : "the store is lost";
}

static int act_populate_read(struct subject *s)
{
	return error_of(madvise(s->map, s->mapped, POPULATE_READ));
}

/* Mappings by frame number are not for it, and have all there is: EINVAL (mm/gup.c). */
static int prepare_populate(struct subject *s)
{
	int error = map_at(s, s->page, MAP_SHARED, small_page(s) + s->page); /* a neighbour */

	if (error)
		return error;
	error = act_populate_read(s);
	munmap(s->map, s->mapped);
	return error == EINVAL ? EOPNOTSUPP : prepare_touch_shared(s);
}

static int act_populate_write(struct subject *s)
{
	return error_of(madvise(s->map, s->mapped, POPULATE_WRITE));
}

/* A VMA's life */

static int prepare_mapped(struct subject *s)
{
	int error = map_at(s, 3 * s->page, MAP_SHARED, small_page(s));

	return error ? error : touch(s->map, true);
}

static int act_split(struct subject *s)
{
	return error_of(munmap(s->map + s->page, s->page));
}

static int act_protect(struct subject *s)
{
	return error_of(mprotect(s->map + s->page, s->page, PROT_READ));
}

/* Maps two pages, with reserved addresses to move to. */
static int prepare_move(struct subject *s)
{
	char *room = mmap(NULL, 8 * s->page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return errno;
	s->mapped = 2 * s->page;
	s->map = mmap(room, s->mapped, RW, MAP_SHARED | MAP_FIXED, s->fd, small_page(s));
	if (s->map == MAP_FAILED)
		return errno;
	return touch(s->map, true);
}

static int act_move(struct subject *s)
{
	char *to = s->map + 4 * s->page;
	char *moved = mremap(s->map, s->mapped, s->mapped, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	if (moved == MAP_FAILED)
		return errno;
	s->map = moved;
	return 0;
}

static const char *check_marked(struct subject *s)
{
	return s->map[0] == MARK ? NULL : "the contents are gone";
}

/* Both kinds are inherited, if there are both, the private one with a page of its own. */
static int prepare_fork(struct subject *s)
{
	int error = map_at(s, s->page, MAP_PRIVATE, small_page(s));

	if (!error)
		error = touch(s->map, true);
	return error && error != EINVAL ? error : prepare_mapped(s);
}

static int act_fork(struct subject *s)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(s->map[0] != MARK);
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EFAULT) /* to say the status: that is no failure of the fork */
			return errno;
	return status ? EPROTO : 0;
}

/* read, write, seek, splice */

static char buffer[8192];

static int act_write(struct subject *s)
{
	memset(buffer, MARK, sizeof(buffer));
	return error_of(pwrite(s->fd, buffer, sizeof(buffer), small_page(s)));
}

static int act_write_huge(struct subject *s)
{
	memset(buffer, MARK, sizeof(buffer));
	return error_of(pwrite(s->fd, buffer, sizeof(buffer), 0));
}

static int act_read_hole(struct subject *s)
{
	memset(buffer, MARK, sizeof(buffer));
	return error_of(pread(s->fd, buffer, sizeof(buffer), small_page(s)));
}

static const char *check_read_hole(struct subject *s)
{
	ssize_t got = pread(s->fd, buffer, sizeof(buffer), small_page(s));

	for (ssize_t i = 0; i < got; i++)
		if (buffer[i])
			return "a hole does not read as zeros";
	return got == (ssize_t)sizeof(buffer) ? NULL : "a short read";
}

static int prepare_written(struct subject *s)
{
	return needs_contents(s) ? EOPNOTSUPP : act_write(s);
}

static int act_read(struct subject *s)
{
	memset(buffer, 0, sizeof(buffer));
	return error_of(pread(s->fd, buffer, sizeof(buffer), small_page(s)));
}

static const char *check_written(struct subject *s)
{
	ssize_t got = pread(s->fd, buffer, sizeof(buffer), small_page(s));

	/* a failure may leave the write short, but no byte wrong */
	for (ssize_t i = 0; i < got; i++)
		if (buffer[i] != MARK && buffer[i])
			return "what is read was never written";
	return got > 0 && buffer[0] == MARK ? NULL : "what was written is not read";
}

static int prepare_splice(struct subject *s)
{
	int ends[2];

	if (needs_contents(s))
		return EOPNOTSUPP;
	if (pipe(ends))
		return errno;
	s->other = ends[1];
	return 0;
}

static int act_splice(struct subject *s)
{
	off_t offset = small_page(s);

	/* as much as the pipe takes twice */
	return error_of(splice(s->fd, &offset, s->other, NULL, 2 * s->page, SPLICE_F_NONBLOCK));
}

static int act_poll(struct subject *s)
{
	struct pollfd poll_fd = {.fd = s->fd, .events = POLLIN | POLLOUT | POLLPRI};

	return error_of(poll(&poll_fd, 1, 0));
}

/* The commands */

static int command(struct subject *s, unsigned long number, void *argument)
{
	return error_of(ioctl(s->fd, number, argument));
}

static struct mmapdemo_info info;

static int act_info(struct subject *s)
{
	info = (struct mmapdemo_info){.size = sizeof(info)};
	return command(s, MMAPDEMO_IOCTL_INFO, &info);
}

static const char *check_info(struct subject *s)
{
	if ((off_t)info.bytes != s->size)
		return "INFO tells another size";
	return info.opens == 1 && !info.vmas ? NULL : "INFO counts wrong";
}

static int do_resize(struct subject *s, off_t bytes)
{
	struct mmapdemo_resize resize = {.size = sizeof(resize), .bytes = bytes};

	return command(s, MMAPDEMO_IOCTL_RESIZE, &resize);
}

static int do_punch(struct subject *s, off_t offset, size_t length)
{
	struct mmapdemo_punch punch = {
		.size = sizeof(punch),
		.offset = offset,
		.length = length,
	};

	return command(s, MMAPDEMO_IOCTL_PUNCH, &punch);
}

static const char *size_is(struct subject *s, off_t size)
{
	return act_info(s) || (off_t)info.bytes != size ? "the size is another" : NULL;
}

static int act_grow(struct subject *s)
{
	return do_resize(s, s->size + s->page);
}

static const char *check_grown(struct subject *s)
{
	return size_is(s, s->size + s->page);
}

/* All of it is mapped, and has been used. */
static int map_used(struct subject *s)
{
	int error = map_at(s, s->size, MAP_SHARED, 0);

	for (size_t i = 0; !error && i < s->mapped; i += s->page)
		error = touch(s->map + i, true);
	return error;
}

static int prepare_used(struct subject *s)
{
	return needs_resize(s) ? EOPNOTSUPP : map_used(s);
}

static int act_shrink(struct subject *s)
{
	return do_resize(s, small_page(s));
}

static const char *check_shrunk(struct subject *s)
{
	return size_is(s, small_page(s));
}

/* In the middle of a huge folio, which small ones replace. */
static int prepare_used_huge(struct subject *s)
{
	return s->huge ? prepare_used(s) : EOPNOTSUPP;
}

static int act_cut(struct subject *s)
{
	return do_resize(s, s->huge / 2);
}

static const char *check_cut(struct subject *s)
{
	for (size_t i = 0; i < s->huge / 2; i += s->page)
		if (s->map[i] != MARK)
			return "what was before the cut is gone";
	if (touch(s->map + s->huge / 2, false) != EIO)
		return "what was cut off is still there";
	return size_is(s, s->huge / 2);
}

static int act_punch(struct subject *s)
{
	return do_punch(s, small_page(s), 2 * s->page);
}

static const char *check_punched(struct subject *s)
{
	if (s->map[small_page(s)] || s->map[small_page(s) + s->page])
		return "what was punched is still there";
	return s->map[small_page(s) - s->page] == MARK ? NULL : "what was not punched is gone";
}

static int act_punch_huge(struct subject *s)
{
	return do_punch(s, s->huge / 2, s->page);
}

static const char *check_punched_huge(struct subject *s)
{
	for (size_t i = 0; i < s->huge; i += s->page)
		if (s->map[i] != (i == s->huge / 2 ? 0 : MARK))
			return i == s->huge / 2 ? "what was punched is still there"
						: "what was not punched is gone";
	return NULL;
}

/* A page is freed and used again, which leaves small folios. */
static int prepare_small(struct subject *s)
{
	int error = prepare_used_huge(s) ?: do_punch(s, s->huge / 2, s->page);

	if (!error)
		s->map[s->huge / 2] = MARK;
	return error;
}

static int act_collapse(struct subject *s)
{
	struct mmapdemo_collapse collapse = {.size = sizeof(collapse), .length = s->huge};

	return command(s, MMAPDEMO_IOCTL_COLLAPSE, &collapse);
}

static const char *check_collapsed(struct subject *s)
{
	for (size_t i = 0; i < s->huge; i += s->page)
		if (s->map[i] != MARK)
			return "what became huge has other contents";
	return NULL;
}

static int act_fill(struct subject *s)
{
	struct mmapdemo_fill fill = {.size = sizeof(fill), .length = s->size, .seed = 1};

	return command(s, MMAPDEMO_IOCTL_FILL, &fill);
}

/* The first word of the pattern that the header describes, for seed 1. */
static const char *check_filled(struct subject *s)
{
	static const unsigned char word[] = {0xc1, 0x5c, 0x02, 0x89, 0xec, 0x2d, 0x0a, 0x91};

	if (pread(s->fd, buffer, sizeof(word), 0) != sizeof(word))
		return "a short read";
	return memcmp(buffer, word, sizeof(word)) ? "the pattern is another" : NULL;
}

static int prepare_sum(struct subject *s)
{
	return needs_contents(s) ? EOPNOTSUPP : act_fill(s);
}

static struct mmapdemo_sum sum;

static int act_sum(struct subject *s)
{
	sum = (struct mmapdemo_sum){.size = sizeof(sum), .length = s->size};
	return command(s, MMAPDEMO_IOCTL_SUM, &sum);
}

static const char *check_sum(struct subject *s)
{
	uint32_t first = sum.crc32c;

	return act_sum(s) || sum.crc32c != first ? "two sums differ" : NULL;
}

static int set_rule(struct subject *s, off_t offset, size_t length, unsigned int action)
{
	struct mmapdemo_injection fault = {
		.size = sizeof(fault),
		.offset = offset,
		.length = length,
		.action = action,
	};

	return command(s, MMAPDEMO_IOCTL_INJECT_SET, &fault);
}

static int prepare_rule(struct subject *s)
{
	return needs_faults(s) ? EOPNOTSUPP : map_used(s);
}

static int prepare_rule_huge(struct subject *s)
{
	return needs_huge(s) ? EOPNOTSUPP : prepare_rule(s);
}

static int act_rule(struct subject *s)
{
	return set_rule(s, small_page(s), s->page, MMAPDEMO_INJECT_SIGBUS);
}

static const char *check_rule(struct subject *s)
{
	if (touch(s->map + small_page(s), false) != EIO)
		return "the rule does not work";
	return touch(s->map + small_page(s) + s->page, false) ? "the rule goes too far" : NULL;
}

static int act_rule_huge(struct subject *s)
{
	return set_rule(s, s->huge / 2, s->page, MMAPDEMO_INJECT_SIGBUS);
}

static const char *check_rule_huge(struct subject *s)
{
	for (size_t i = 0; i < s->huge; i += s->page)
		if (i != s->huge / 2 && s->map[i] != MARK)
			return "the contents beside the rule are gone";
	return touch(s->map + s->huge / 2, false) == EIO ? NULL : "the rule does not work";
}

static int prepare_ruled(struct subject *s)
{
	return needs_faults(s) ? EOPNOTSUPP : set_rule(s, 0, 3 * s->page, MMAPDEMO_INJECT_SIGBUS);
}

/* In its middle: two rules remain. */
static int act_heal(struct subject *s)
{
	return set_rule(s, s->page, s->page, MMAPDEMO_INJECT_NONE);
}

static const char *check_healed(struct subject *s)
{
	if (pread(s->fd, buffer, s->page, s->page) != (ssize_t)s->page)
		return "what was healed does not read";
	if (pread(s->fd, buffer, 1, 0) >= 0 || pread(s->fd, buffer, 1, 2 * s->page) >= 0)
		return "what was not healed reads";
	return NULL;
}

static struct mmapdemo_injection rules[4];

static int act_list(struct subject *s)
{
	struct mmapdemo_inject_list list = {
		.size = sizeof(list),
		.count = ARRAY_SIZE(rules),
		.rule_size = sizeof(rules[0]),
		.rules = (uintptr_t)rules,
	};
	int error = command(s, MMAPDEMO_IOCTL_INJECT_LIST, &list);

	if (!error && list.count != 1)
		return EPROTO;
	return error;
}

static const char *check_list(struct subject *s)
{
	return rules[0].length == 3 * s->page ? NULL : "the rule that is listed is another";
}

static int act_kick(struct subject *s)
{
	struct mmapdemo_kick kick = {.size = sizeof(kick)};

	return command(s, MMAPDEMO_IOCTL_KICK, &kick);
}

/* With its event, which a copy that failed has used up. */
static int act_wait(struct subject *s)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};
	int error = act_kick(s);

	return error ? error : command(s, MMAPDEMO_IOCTL_WAIT, &wait);
}

static int act_wipe(struct subject *s)
{
	struct mmapdemo_wipe wipe = {.size = sizeof(wipe), .flags = MMAPDEMO_WIPE_NOW};

	return command(s, MMAPDEMO_IOCTL_WIPE, &wipe);
}

static int prepare_wipe(struct subject *s)
{
	return needs_contents(s) ? EOPNOTSUPP : prepare_mapped(s);
}

static const char *check_wiped(struct subject *s)
{
	return s->map[0] ? "what was wiped is still there" : NULL;
}

static int set_policy(struct subject *s, unsigned int policy)
{
	struct mmapdemo_wipe wipe = {
		.size = sizeof(wipe),
		.flags = MMAPDEMO_WIPE_SET_POLICY,
		.policy = policy,
	};

	return command(s, MMAPDEMO_IOCTL_WIPE, &wipe);
}

static int act_policy(struct subject *s)
{
	return set_policy(s, MMAPDEMO_WIPE_ON_LAST_UNMAP);
}

/* The last unmap wipes, and has nobody to tell of a failure. */
static int prepare_last_unmap(struct subject *s)
{
	int error = needs_contents(s);

	if (!error)
		error = act_policy(s);
	return error ? error : prepare_mapped(s);
}

static int act_unmap(struct subject *s)
{
	return error_of(munmap(s->map, s->mapped));
}

static const char *check_unmapped(struct subject *s)
{
	if (pread(s->fd, buffer, 1, small_page(s)) != 1)
		return "a short read";
	return buffer[0] ? "the wipe is not done" : NULL;
}

const struct operation node_operations[] = {
	{.name = "open", .act = act_open, .may_say = ENFILE},
	{.name = "mmap-shared", .act = act_map_shared, .check = check_unmaps, .fills = true},
	{.name = "mmap-private",
	 .prepare = prepare_private,
	 .act = act_map_private,
	 .check = check_unmaps,
	 .fills = true},
	{.name = "mmap-populate", .act = act_map_populated, .check = check_unmaps, .fills = true},
	{.name = "touch-read",
	 .prepare = prepare_touch_shared,
	 .act = act_read_touch,
	 .check = check_zero,
	 .must_work = true},
	{.name = "touch-store",
	 .prepare = prepare_touch_shared,
	 .act = act_store,
	 .check = check_stored,
	 .must_work = true},
	{.name = "touch-read-private",
	 .prepare = prepare_touch_private,
	 .act = act_read_touch,
	 .check = check_zero,
	 .must_work = true},
	{.name = "touch-store-private",
	 .prepare = prepare_touch_private,
	 .act = act_store,
	 .check = check_stored,
	 .must_work = true},
	{.name = "touch-copy",
	 .prepare = prepare_touch_present,
	 .act = act_store,
	 .check = check_stored_privately,
	 .must_work = true},
	{.name = "touch-huge-read",
	 .prepare = prepare_huge_shared,
	 .act = act_read_touch,
	 .check = check_zero,
	 .must_work = true},
	{.name = "touch-huge-store",
	 .prepare = prepare_huge_shared,
	 .act = act_store,
	 .check = check_stored,
	 .must_work = true},
	{.name = "touch-huge-private",
	 .prepare = prepare_huge_private,
	 .act = act_store,
	 .check = check_stored,
	 .must_work = true},
	{.name = "populate-read",
	 .prepare = prepare_populate,
	 .act = act_populate_read,
	 .check = check_zero},
	{.name = "populate-write",
	 .prepare = prepare_populate,
	 .act = act_populate_write,
	 .check = check_zero},
	{.name = "populate-huge",
	 .prepare = prepare_huge_shared,
	 .act = act_populate_write,
	 .check = check_zero},
	{.name = "split", .prepare = prepare_mapped, .act = act_split, .check = check_marked},
	{.name = "mprotect", .prepare = prepare_mapped, .act = act_protect, .check = check_marked},
	{.name = "mremap",
	 .prepare = prepare_move,
	 .act = act_move,
	 .check = check_marked,
	 .fills = true},
	{.name = "fork",
	 .prepare = prepare_fork,
	 .act = act_fork,
	 .check = check_marked,
	 .may_say = EAGAIN,
	 .fills = true},
	{.name = "write", .prepare = needs_contents, .act = act_write, .check = check_written},
	{.name = "write-huge", .prepare = needs_huge, .act = act_write_huge},
	{.name = "read", .prepare = prepare_written, .act = act_read, .check = check_written},
	{.name = "read-hole", .act = act_read_hole, .check = check_read_hole},
	/* generic_file_splice_read() of 6.1 makes EAGAIN of it where .read_iter has no memory */
	{.name = "splice", .prepare = prepare_splice, .act = act_splice, .may_say = EAGAIN},
	{.name = "poll", .act = act_poll},
	{.name = "info", .act = act_info, .check = check_info},
	{.name = "resize-grow", .prepare = prepare_used, .act = act_grow, .check = check_grown},
	{.name = "resize-shrink",
	 .prepare = prepare_used,
	 .act = act_shrink,
	 .check = check_shrunk},
	{.name = "resize-cuts-huge",
	 .prepare = prepare_used_huge,
	 .act = act_cut,
	 .check = check_cut},
	{.name = "punch", .prepare = prepare_used, .act = act_punch, .check = check_punched},
	{.name = "punch-cuts-huge",
	 .prepare = prepare_used_huge,
	 .act = act_punch_huge,
	 .check = check_punched_huge},
	{.name = "collapse",
	 .prepare = prepare_small,
	 .act = act_collapse,
	 .check = check_collapsed},
	{.name = "fill", .prepare = needs_contents, .act = act_fill, .check = check_filled},
	{.name = "sum", .prepare = prepare_sum, .act = act_sum, .check = check_sum},
	{.name = "rule", .prepare = prepare_rule, .act = act_rule, .check = check_rule},
	{.name = "rule-cuts-huge",
	 .prepare = prepare_rule_huge,
	 .act = act_rule_huge,
	 .check = check_rule_huge},
	{.name = "heal", .prepare = prepare_ruled, .act = act_heal, .check = check_healed},
	{.name = "rules", .prepare = prepare_ruled, .act = act_list, .check = check_list},
	{.name = "kick", .act = act_kick},
	{.name = "wait", .act = act_wait},
	{.name = "wipe", .prepare = prepare_wipe, .act = act_wipe, .check = check_wiped},
	{.name = "wipe-policy", .prepare = needs_contents, .act = act_policy},
	{.name = "wipe-on-last-unmap",
	 .prepare = prepare_last_unmap,
	 .act = act_unmap,
	 .check = check_unmapped},
};

const size_t node_operations_count = ARRAY_SIZE(node_operations);

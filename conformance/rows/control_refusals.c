// SPDX-License-Identifier: GPL-2.0-only
/* C7: each wrong value, size, mode and command is refused with its errno, and changes nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control_refusals.h"
#include "support/physics.h"
#include "support/system.h"
#include "support/target.h"

static int some_eventfd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	return fd;
}

union argument valid_argument(enum command_index index)
{
	static struct mmapdemo_injection listed[4];
	union argument argument = {.size = commands[index].size};

	switch (index) {
	case INFO:
	case KICK:
		break;
	case RESIZE:
		argument.resize.bytes = target.size - pages(1);
		break;
	case COLLAPSE:
		argument.collapse.length = pages(1);
		break;
	case PUNCH:
		argument.punch.offset = pages(2);
		argument.punch.length = pages(1);
		break;
	case FILL:
		argument.fill.offset = pages(2);
		argument.fill.length = pages(1);
		break;
	case SUM:
		argument.sum.length = pages(1);
		break;
	case INJECT_SET:
		argument.injection.offset = pages(2);
		argument.injection.length = pages(1);
		argument.injection.action = MMAPDEMO_INJECT_SIGBUS;
		break;
	case INJECT_LIST:
		argument.inject_list.count = ARRAY_SIZE(listed);
		argument.inject_list.rule_size = sizeof(listed[0]);
		argument.inject_list.rules = (uintptr_t)listed;
		break;
	case WAIT:
		argument.wait.events = MMAPDEMO_EVENT_KICK;
		break;
	case WIPE:
		argument.wipe.flags = MMAPDEMO_WIPE_NOW;
		break;
	case EXPORT:
		argument.export.offset = pages(2);
		argument.export.length = pages(1);
		break;
	case EVENTFD:
		argument.eventfd.events = MMAPDEMO_EVENT_KICK;
		argument.eventfd.fd = some_eventfd();
		break;
	case COMMANDS:
		break;
	}
	return argument;
}

int open_for_commands(void)
{
	int fd = control_open();

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_done(kick(fd));
	assert_done(set_action(fd, target.size, pages(1), MMAPDEMO_INJECT_SIGBUS));
	return fd;
}

/* Or the error, which should be the same later. */
static uint32_t try_sum(int fd, off_t off, size_t len)
{
	struct mmapdemo_sum sum = {.size = sizeof(sum), .offset = off, .length = len};
	int error = command(fd, MMAPDEMO_IOCTL_SUM, &sum);

	return error ? (uint32_t)error : sum.crc32c;
}

struct state state_of(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLPRI};
	struct state state;

	memset(&state, 0, sizeof(state));
	state.info = info_of(fd);
	state.rule_count = list_rules(fd, state.rules, ARRAY_SIZE(state.rules));
	/* The check below is an access, too. */
	for (size_t i = 0; i < ARRAY_SIZE(state.rules); i++)
		state.rules[i].hits = state.rules[i].fired = 0;
	state.sum = try_sum(fd, 0, pages(TEST_PAGES));
	state.end_sum = try_sum(fd, last_page(), pages(1));
	ck_assert_int_ge(poll(&poll_fd, 1, 0), 0);
	state.polled = poll_fd.revents;
	return state;
}

void *at_a_border(size_t len)
{
	size_t count = (len + target.page - 1) / target.page;
	unsigned char *area = reserve(count + 1);

	ck_assert_int_eq(mprotect(area, pages(count), RW), 0);
	return area + pages(count) - len;
}

ROW_EACH(C7, right_argument,
	 "each command works with a valid argument, and changes the device only if it should",
	 commands)
{
	int fd = open_for_commands();
	struct state before = state_of(fd), now;
	union argument argument = valid_argument(_i);

	assert_done(command(fd, commands[_i].number, &argument));
	ck_assert_uint_eq(argument.size, commands[_i].size);
	now = state_of(fd);
	/* COLLAPSE changes nothing that a program sees. */
	if ((commands[_i].wants_write && _i != COLLAPSE) || _i == WAIT)
		ck_assert_mem_ne(&now, &before, sizeof(now));
	else
		ck_assert_mem_eq(&now, &before, sizeof(now));
}

/* Members of the argument, and their wrong values. */
struct member {
	size_t at, size;
	uint64_t value;
	bool from_end; /* value is counted from the device's end */
};

#define SET(type, member, value)                                                    \
	{                                                                           \
		offsetof(struct mmapdemo_##type, member),                           \
			sizeof(((struct mmapdemo_##type *)0)->member), value, false \
	}
#define SET_FROM_END(type, member, value)                                          \
	{                                                                          \
		offsetof(struct mmapdemo_##type, member),                          \
			sizeof(((struct mmapdemo_##type *)0)->member), value, true \
	}
#define TOP_BIT (1ULL << 63)

static const struct wrong {
	const char *name;
	enum command_index index;
	int error;
	struct member members[4];
} wrongs[] = {
	{"info,flags", INFO, EOPNOTSUPP, {SET(info, flags, 1)}},
	{"info,flags-top", INFO, EOPNOTSUPP, {SET(info, flags, 1U << 31)}},

	{"resize,flags", RESIZE, EOPNOTSUPP, {SET(resize, flags, 1)}},
	{"resize,zero", RESIZE, EINVAL, {SET(resize, bytes, 0)}},
	{"resize,unaligned", RESIZE, EINVAL, {SET(resize, bytes, 4097)}},
	{"resize,too-large", RESIZE, ENOMEM, {SET(resize, bytes, 1ULL << 60)}},

	{"punch,flags", PUNCH, EOPNOTSUPP, {SET(punch, flags, 1)}},
	{"punch,no-length", PUNCH, EINVAL, {SET(punch, length, 0)}},
	{"punch,wraps", PUNCH, EINVAL, {SET(punch, length, ~0ULL)}},
	{"punch,wraps-to-0", PUNCH, EINVAL, {SET(punch, offset, 1), SET(punch, length, ~0ULL)}},

	{"collapse,flags", COLLAPSE, EOPNOTSUPP, {SET(collapse, flags, 1)}},
	{"collapse,no-length", COLLAPSE, EINVAL, {SET(collapse, length, 0)}},
	{"collapse,wraps", COLLAPSE, EINVAL, {SET(collapse, length, ~0ULL)}},
	{"collapse,far", COLLAPSE, EINVAL, {SET(collapse, offset, TOP_BIT)}},

	{"fill,flags", FILL, EOPNOTSUPP, {SET(fill, flags, 1)}},
	{"fill,no-length", FILL, EINVAL, {SET(fill, length, 0)}},
	{"fill,at-end", FILL, EINVAL, {SET_FROM_END(fill, offset, 0), SET(fill, length, 1)}},
	{"fill,over-end", FILL, EINVAL, {SET_FROM_END(fill, offset, -1), SET(fill, length, 2)}},
	{"fill,too-long", FILL, EINVAL, {SET_FROM_END(fill, length, 0)}},
	{"fill,wraps", FILL, EINVAL, {SET(fill, length, ~0ULL)}},
	{"fill,far", FILL, EINVAL, {SET(fill, offset, TOP_BIT)}},

	{"sum,flags", SUM, EOPNOTSUPP, {SET(sum, flags, 1)}},
	{"sum,reserved", SUM, EOPNOTSUPP, {SET(sum, reserved, 1)}},
	{"sum,no-length", SUM, EINVAL, {SET(sum, length, 0)}},
	{"sum,at-end", SUM, EINVAL, {SET_FROM_END(sum, offset, 0), SET(sum, length, 1)}},
	{"sum,over-end", SUM, EINVAL, {SET_FROM_END(sum, offset, -1), SET(sum, length, 2)}},
	{"sum,too-long", SUM, EINVAL, {SET_FROM_END(sum, length, 1)}},
	{"sum,wraps", SUM, EINVAL, {SET(sum, offset, 1), SET(sum, length, ~0ULL)}},
	{"sum,far", SUM, EINVAL, {SET(sum, offset, TOP_BIT)}},

	{"inject,flags", INJECT_SET, EOPNOTSUPP, {SET(injection, flags, 1)}},
	{"inject,unaligned", INJECT_SET, EINVAL, {SET(injection, offset, 1)}},
	{"inject,unaligned-length", INJECT_SET, EINVAL, {SET(injection, length, 4095)}},
	{"inject,no-length", INJECT_SET, EINVAL, {SET(injection, length, 0)}},
	{"inject,wraps", INJECT_SET, EINVAL, {SET(injection, length, -4096)}},
	{"inject,action",
	 INJECT_SET,
	 EOPNOTSUPP,
	 {SET(injection, action, MMAPDEMO_INJECT_ENOMEM + 1)}},
	{"inject,action-top", INJECT_SET, EOPNOTSUPP, {SET(injection, action, 1U << 31)}},
	{"inject,when", INJECT_SET, EOPNOTSUPP, {SET(injection, when, MMAPDEMO_INJECT_RANDOM + 1)}},
	{"inject,when-top", INJECT_SET, EOPNOTSUPP, {SET(injection, when, 1U << 31)}},
	{"inject,n-always", INJECT_SET, EINVAL, {SET(injection, n, 1)}},
	{"inject,n-once",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, when, MMAPDEMO_INJECT_ONCE), SET(injection, n, 1)}},
	{"inject,n-nth", INJECT_SET, EINVAL, {SET(injection, when, MMAPDEMO_INJECT_NTH)}},
	{"inject,delay",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, delay, MMAPDEMO_INJECT_DELAY_MAX + 1)}},
	{"inject,delay-healed",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, action, MMAPDEMO_INJECT_NONE), SET(injection, delay, 1)}},
	{"inject,seed", INJECT_SET, EINVAL, {SET(injection, seed, 1)}},
	{"inject,seed-nth",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, when, MMAPDEMO_INJECT_NTH), SET(injection, n, 2),
	  SET(injection, seed, 1)}},
	{"inject,when-count",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, action, MMAPDEMO_INJECT_COUNT),
	  SET(injection, when, MMAPDEMO_INJECT_ONCE)}},
	{"inject,when-healed",
	 INJECT_SET,
	 EINVAL,
	 {SET(injection, action, MMAPDEMO_INJECT_NONE),
	  SET(injection, when, MMAPDEMO_INJECT_ONCE)}},
	{"inject,hits", INJECT_SET, EINVAL, {SET(injection, hits, 1)}},
	{"inject,fired", INJECT_SET, EINVAL, {SET(injection, fired, 1)}},

	{"list,flags", INJECT_LIST, EOPNOTSUPP, {SET(inject_list, flags, 1)}},
	{"list,rule-size", INJECT_LIST, EINVAL, {SET(inject_list, rule_size, 0)}},
	{"list,rule-size-less", INJECT_LIST, EINVAL, {SET(inject_list, rule_size, 63)}},
	{"list,rule-size-more", INJECT_LIST, EINVAL, {SET(inject_list, rule_size, 1 << 20)}},
	{"list,null", INJECT_LIST, EFAULT, {SET(inject_list, rules, 0)}},
	{"list,kernel", INJECT_LIST, EFAULT, {SET(inject_list, rules, 0xffff888000000000)}},
	{"list,top", INJECT_LIST, EFAULT, {SET(inject_list, rules, -64)}},

	{"kick,flags", KICK, EOPNOTSUPP, {SET(kick, flags, 1)}},

	{"wait,flags", WAIT, EOPNOTSUPP, {SET(wait, flags, 1)}},
	{"wait,nothing", WAIT, EINVAL, {SET(wait, events, 0)}},
	{"wait,unknown", WAIT, EOPNOTSUPP, {SET(wait, events, 1 << 4 | 1)}},
	{"wait,unknown-top", WAIT, EOPNOTSUPP, {SET(wait, events, 1U << 31)}},
	{"wait,reserved", WAIT, EOPNOTSUPP, {SET(wait, reserved, 1)}},

	{"wipe,nothing", WIPE, EINVAL, {SET(wipe, flags, 0)}},
	{"wipe,flag", WIPE, EOPNOTSUPP, {SET(wipe, flags, 1 << 2 | MMAPDEMO_WIPE_NOW)}},
	{"wipe,policy-not-set", WIPE, EINVAL, {SET(wipe, policy, MMAPDEMO_WIPE_ON_LAST_UNMAP)}},
	{"wipe,policy",
	 WIPE,
	 EOPNOTSUPP,
	 {SET(wipe, flags, MMAPDEMO_WIPE_SET_POLICY | MMAPDEMO_WIPE_NOW),
	  SET(wipe, policy, 1 << 2)}},
	{"wipe,reserved", WIPE, EOPNOTSUPP, {SET(wipe, reserved, 1)}},

	{"eventfd,flags", EVENTFD, EOPNOTSUPP, {SET(eventfd, flags, 1)}},
	{"eventfd,unknown", EVENTFD, EOPNOTSUPP, {SET(eventfd, events, 1 << 4 | 1)}},
	{"eventfd,nothing", EVENTFD, EINVAL, {SET(eventfd, events, 0)}},
	{"eventfd,none", EVENTFD, EINVAL, {SET(eventfd, fd, -1)}},
	{"eventfd,negative", EVENTFD, EINVAL, {SET(eventfd, fd, -2)}},
	{"eventfd,closed", EVENTFD, EBADF, {SET(eventfd, fd, 1 << 20)}},
	{"eventfd,another", EVENTFD, EINVAL, {SET(eventfd, fd, 1)}},

	{"export,flags", EXPORT, EOPNOTSUPP, {SET(export, flags, 1)}},
	{"export,offset", EXPORT, EINVAL, {SET(export, offset, 1)}},
	{"export,offset-past-end", EXPORT, EINVAL, {SET_FROM_END(export, offset, 0)}},
	{"export,offset-top", EXPORT, EINVAL, {SET(export, offset, -65536)}},
	{"export,nothing", EXPORT, EINVAL, {SET(export, length, 0)}},
	{"export,length", EXPORT, EINVAL, {SET(export, length, 1)}},
	{"export,length-past-end", EXPORT, EINVAL, {SET_FROM_END(export, length, 0)}},
	{"export,overflow", EXPORT, EINVAL, {SET(export, length, -65536)}},
};

ROW_EACH(C7, field, "a wrong value of a field is refused with its errno", wrongs)
{
	const struct wrong *wrong = &wrongs[_i];
	int fd = open_for_commands();
	union argument argument = valid_argument(wrong->index);
	struct state before = state_of(fd);

	for (const struct member *member = wrong->members; member->size; member++) {
		uint64_t value = member->value + (member->from_end ? target.size : 0);

		/* Little-endian, as all machines are that the tests are for. */
		memcpy((char *)&argument + member->at, &value, member->size);
	}
	assert_errno(command(fd, commands[wrong->index].number, &argument), wrong->error);
	assert_unchanged(fd, &before);
}

static const struct mode {
	const char *name;
	int flags;
} modes[] = {
	{"read-only", O_RDONLY},
	{"write-only", O_WRONLY},
	{"path", O_PATH},
};

ROW_EACH(C7, mode, "a command is EBADF if the descriptor's mode does not allow it, and only then",
	 modes)
{
	int flags = modes[_i].flags;
	int fd = open_for_commands();
	int other = target_open(flags | O_NONBLOCK);

	if (!(flags & O_PATH))
		assert_done(kick(fd));
	for (int index = INFO; index < COMMANDS; index++) {
		const struct command *tried = &commands[index];
		union argument argument = valid_argument(index);
		struct state before = state_of(fd);
		bool refused = (flags & O_PATH) || (tried->wants_write && flags == O_RDONLY) ||
			       (tried->wants_read && flags == O_WRONLY);

		assert_errno(command(other, tried->number, &argument), refused ? EBADF : 0);
		if (refused || !tried->wants_write)
			assert_unchanged(fd, &before);
	}
}

ROW(C7, unknown, "ENOTTY for numbers that are no command, of its letter or of another")
{
	int fd = open_for_commands();
	struct state before = state_of(fd);
	union argument argument = {.size = sizeof(argument)};

	for (int number = _IOC_NR(MMAPDEMO_IOCTL_COLLAPSE) + 1; number < 256; number++)
		assert_errno(command(fd, _IOWR(MMAPDEMO_IOCTL_TYPE, number, struct mmapdemo_wipe),
				     &argument),
			     ENOTTY);
	for (int index = INFO; index < COMMANDS; index++) {
		unsigned int other = _IOC(_IOC_READ | _IOC_WRITE, MMAPDEMO_IOCTL_TYPE + 1, index,
					  commands[index].size);

		argument = valid_argument(index);
		assert_errno(command(fd, other, &argument), ENOTTY);
	}
	assert_unchanged(fd, &before);
}

ROW_EACH(C7, size_in_number, "the size inside a command's number is ignored", commands)
{
	const struct command *tried = &commands[_i];
	const size_t sizes[] = {0, 4, tried->size + 8, (1 << _IOC_SIZEBITS) - 1};
	int fd = open_for_commands();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		union argument argument = valid_argument(_i);
		unsigned long number =
			tried->number & ~((unsigned long)_IOC_SIZEMASK << _IOC_SIZESHIFT);

		assert_done(kick(fd));
		number |= sizes[i] << _IOC_SIZESHIFT;
		assert_done(command(fd, number, &argument));
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* C7: arguments of every size and at every kind of address, even in the device's own mapping. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "control_refusals.h"
#include "support/contents.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

ROW_EACH(C7, size, "a struct that is too short, or beyond a page, is EINVAL", commands)
{
	const struct command *tried = &commands[_i];
	const uint32_t sizes[] = {
		0,	  1,   4, 8, tried->first_size - 4, tried->first_size - 1, pages(1) + 1,
		1U << 31, ~0U,
	};
	int fd = open_for_commands();
	struct state before = state_of(fd);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		union argument *argument = at_a_border(2 * pages(1));

		*argument = valid_argument(_i);
		argument->size = sizes[i];
		assert_errno(command(fd, tried->number, argument), EINVAL);
	}
	assert_unchanged(fd, &before);
}

int module_grown(void)
{
	const char *grown = getenv("MMAPDEMO_GROWN");

	return grown ? atoi(grown) : 0;
}

/* A missing field counts as 0, and nothing is written past @size. */
ROW_EACH(C7, shorter,
	 "a struct of each size from the first version on works, and is filled to its size",
	 commands)
{
	const struct command *tried = &commands[_i];
	int fd = open_for_commands();

	for (size_t size = tried->first_size; size <= tried->size; size++) {
		unsigned char *bytes = at_a_border(size);
		union argument argument = valid_argument(_i);

		argument.size = size;
		assert_done(kick(fd));
		memcpy(bytes, &argument, size);
		assert_done(command(fd, tried->number, bytes));
		memcpy(&argument, bytes, size);
		ck_assert_uint_eq(argument.size, size);
	}
}

ROW_EACH(C7, longer, "a longer struct works if the rest is zero, and is E2BIG otherwise", commands)
{
	const struct command *tried = &commands[_i];
	size_t known = tried->size + module_grown();
	const size_t sizes[] = {known + 1, known + 8, 1000, pages(1)};
	int fd = open_for_commands();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned char *bytes = at_a_border(sizes[i]);
		union argument argument = valid_argument(_i);
		size_t copied = sizes[i] < tried->size ? sizes[i] : tried->size;
		struct state before;

		argument.size = sizes[i];
		assert_done(kick(fd));
		before = state_of(fd);
		memcpy(bytes, &argument, copied);
		bytes[sizes[i] - 1] = 0x80;
		assert_errno(command(fd, tried->number, bytes), E2BIG);
		bytes[sizes[i] - 1] = 0;
		bytes[known] = 1;
		assert_errno(command(fd, tried->number, bytes), E2BIG);
		assert_unchanged(fd, &before);

		bytes[known] = 0;
		assert_done(command(fd, tried->number, bytes));
		memcpy(&argument, bytes, copied);
		ck_assert_uint_eq(argument.size, sizes[i]);
		assert_zero(bytes + known, sizes[i] - known);
	}
}

ROW_EACH(C7, unaligned, "a struct may be at any address, also the last bytes before a hole",
	 commands)
{
	const struct command *tried = &commands[_i];
	int fd = open_for_commands();

	for (size_t off = 0; off < 9; off++) {
		unsigned char *bytes = (unsigned char *)at_a_border(tried->size + off);
		union argument argument = valid_argument(_i);

		assert_done(kick(fd));
		memcpy(bytes, &argument, tried->size);
		assert_done(command(fd, tried->number, bytes));
	}
}

ROW_EACH(C7, bad_pointer, "a struct that cannot be read, or only in part, is EFAULT", commands)
{
	const struct command *tried = &commands[_i];
	int fd = open_for_commands();
	union argument argument = valid_argument(_i);
	unsigned char *border = (unsigned char *)at_a_border(tried->size) + tried->size;
	const uintptr_t addresses[] = {
		0,
		1,
		4096,
		-4096,
		-4,
		(uintptr_t)0xffff888000000000ULL,
		(uintptr_t)border,
		(uintptr_t)border - 3,
	};
	const size_t parts[] = {4, 5, tried->size - 1};
	struct state before = state_of(fd);

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		assert_errno(command(fd, tried->number, (void *)addresses[i]), EFAULT);
	/* Its size can be read; the rest, or the last byte, cannot. */
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		memcpy(border - parts[i], &argument, parts[i]);
		assert_errno(command(fd, tried->number, border - parts[i]), EFAULT);
	}
	assert_unchanged(fd, &before);
}

ROW(C7, read_only_struct, "a command whose answer cannot be written is EFAULT, and does nothing")
{
	int fd = open_for_commands();

	for (int index = INFO; index < COMMANDS; index++) {
		union argument *argument = at_a_border(sizeof(*argument));
		void *page = (void *)((uintptr_t)argument & -pages(1));
		struct state before = state_of(fd);

		if (!commands[index].answers)
			continue;
		*argument = valid_argument(index);
		ck_assert_int_eq(mprotect(page, pages(1), PROT_READ), 0);
		assert_errno(command(fd, commands[index].number, argument), EFAULT);
		assert_unchanged(fd, &before);
	}
}

/* The struct is in the device: in a page that is mapped, not yet mapped, or bad. */
static const struct page_state {
	const char *name;
	bool touched, hole, poisoned;
} page_states[] = {
	{"touched", true, false, false},
	{"untouched", false, false, false},
	{"hole", false, true, false},
	{"poisoned", false, false, true},
};

#define OWN 6 /* the page of the target with the struct; the arguments are about others */

ROW_EACH(C7, in_the_device,
	 "a struct in the device's own mapping works; in a bad page it is EFAULT", page_states)
{
	const struct page_state *state = &page_states[_i];
	int fd = open_for_commands();

	for (int index = INFO; index < COMMANDS; index++) {
		const struct command *tried = &commands[index];
		unsigned char *map = target_map_rw(1, MAP_SHARED, pages(OWN));
		union argument argument = valid_argument(index);
		int expected = state->poisoned ? EFAULT : 0;

		assert_done(kick(fd));
		if (state->hole)
			assert_done(punch(fd, pages(OWN), pages(1)));
		else
			target_write(fd, &argument, tried->size, pages(OWN) + 100);
		if (state->poisoned)
			assert_done(set_action(fd, pages(OWN), pages(1), MMAPDEMO_INJECT_SIGBUS));
		if (state->touched)
			(void)*(volatile unsigned char *)map;
		/* A hole is a struct of size 0. */
		if (state->hole)
			expected = EINVAL;
		assert_errno(command(fd, tried->number, map + 100), expected);
		if (state->poisoned)
			assert_done(heal(fd, pages(OWN), pages(1)));
		assert_done(resize(fd, target.size));
		unmap(map, pages(1));
	}
}

/* The command frees or breaks the page that its own struct is in. */
ROW(C7, on_its_own_page, "a command may act on the page that its struct is in")
{
	int fd = open_for_commands();
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, target.size - pages(TEST_PAGES));
	union argument *own = (union argument *)(map + pages(TEST_PAGES - 1));
	struct mmapdemo_sum sum;

	own->sum = (struct mmapdemo_sum){
		.size = sizeof(sum),
		.offset = last_page(),
		.length = pages(1),
	};
	sum.crc32c = contents_crc(0, own, pages(1));
	assert_done(command(fd, MMAPDEMO_IOCTL_SUM, own));
	ck_assert_uint_eq(own->sum.crc32c, sum.crc32c);

	own->fill = (struct mmapdemo_fill){
		.size = sizeof(own->fill),
		.offset = last_page(),
		.length = pages(1),
		.seed = 7,
	};
	assert_done(command(fd, MMAPDEMO_IOCTL_FILL, own));
	own->wipe = (struct mmapdemo_wipe){.size = sizeof(own->wipe), .flags = MMAPDEMO_WIPE_NOW};
	assert_done(command(fd, MMAPDEMO_IOCTL_WIPE, own));
	assert_zero(own, pages(1));
	own->punch = (struct mmapdemo_punch){
		.size = sizeof(own->punch),
		.offset = last_page(),
		.length = pages(1),
	};
	assert_done(command(fd, MMAPDEMO_IOCTL_PUNCH, own));
	assert_zero(own, pages(1));
	own->injection = (struct mmapdemo_injection){
		.size = sizeof(own->injection),
		.offset = last_page(),
		.length = pages(1),
		.action = MMAPDEMO_INJECT_SIGBUS,
	};
	assert_done(command(fd, MMAPDEMO_IOCTL_INJECT_SET, own));
	assert_errno(command(fd, MMAPDEMO_IOCTL_INFO, own), EFAULT);
	assert_done(heal(fd, last_page(), pages(1)));
	own->resize = (struct mmapdemo_resize){.size = sizeof(own->resize), .bytes = last_page()};
	assert_done(command(fd, MMAPDEMO_IOCTL_RESIZE, own));
	assert_errno(command(fd, MMAPDEMO_IOCTL_INFO, own), EFAULT);
}

/* The list is in the device, and extends into a page that cannot be written. */
ROW(C7, list_in_the_device, "rules are listed into the device; over a bad page it is EFAULT")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);
	struct mmapdemo_injection *rules = (void *)(map + pages(3) - sizeof(*rules));
	struct mmapdemo_inject_list list = {
		.size = sizeof(list),
		.count = 2,
		.rule_size = sizeof(*rules),
		.rules = (uintptr_t)rules,
	};

	assert_done(set_action(fd, pages(10), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_done(set_action(fd, pages(12), pages(1), MMAPDEMO_INJECT_SIGBUS));
	ck_assert_uint_eq(list_rules(fd, rules, 2), 2);
	ck_assert_uint_eq(rules[0].offset, pages(10));
	ck_assert_uint_eq(rules[1].offset, pages(12));
	assert_done(set_action(fd, pages(3), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_errno(command(fd, MMAPDEMO_IOCTL_INJECT_LIST, &list), EFAULT);
}

/* Elements of a list have sizes of their own. */
ROW(C7, list_elements, "elements of a list have the length asked for, with nothing between them")
{
	int fd = control_open();
	size_t first = MMAPDEMO_INJECT_SIZE_VER1;
	const size_t sizes[] = {first, first + 1, first + 8, first + 100, pages(1)};
	struct mmapdemo_injection expected[2];

	assert_done(set_action(fd, pages(10), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_done(set_action(fd, pages(12), pages(2), MMAPDEMO_INJECT_COUNT));
	ck_assert_uint_eq(list_rules(fd, expected, 2), 2);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned char *rules = at_a_border(2 * sizes[i]);
		struct mmapdemo_inject_list list = {
			.size = sizeof(list),
			.count = 2,
			.rule_size = sizes[i],
			.rules = (uintptr_t)rules,
		};

		memset(rules, 0xee, 2 * sizes[i]);
		assert_done(command(fd, MMAPDEMO_IOCTL_INJECT_LIST, &list));
		ck_assert_uint_eq(list.count, 2);
		for (int j = 0; j < 2; j++, rules += sizes[i]) {
			expected[j].size = sizes[i];
			ck_assert_mem_eq(rules, &expected[j], first);
			assert_zero(rules + first, sizes[i] - first);
		}
	}
}

struct waiter {
	int fd;
	volatile pid_t task;
	uint32_t events;
};

static void *wait_for_kick(void *argument)
{
	struct waiter *waiter = argument;

	waiter->task = gettid();
	waiter->events = take_events(waiter->fd, MMAPDEMO_EVENT_KICK, NULL);
	return NULL;
}

ROW(C7, closed_while_waiting,
    "a wait continues after its descriptor is closed, and ends as it should")
{
	int fd = control_open();
	struct waiter waiter = {.fd = target_open(O_RDWR)};
	struct mmapdemo_info before = info_of(fd);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_kick, &waiter), 0);
	while (!waiter.task)
		usleep(1000);
	await_sleep(waiter.task);
	close(waiter.fd);
	ck_assert_uint_eq(info_of(fd).opens, before.opens);
	assert_done(kick(fd));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(waiter.events, MMAPDEMO_EVENT_KICK);
	ck_assert_uint_eq(info_of(fd).opens, before.opens - 1);
}

struct closer {
	int fd;
	volatile bool over;
};

static void *close_and_open(void *argument)
{
	struct closer *closer = argument;

	while (!closer->over) {
		int fd;

		close(closer->fd);
		/* The lowest number that is free: the same. */
		fd = open(target.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd != closer->fd)
			ck_abort_msg("open is %d, not %d", fd, closer->fd);
	}
	return NULL;
}

ROW(C7, closed_meanwhile, "a command on a descriptor that is being closed works, or is EBADF")
{
	int fd = control_open();
	struct closer closer = {.fd = target_open(O_RDWR | O_NONBLOCK)};
	uint32_t opens = info_of(fd).opens;
	int worked = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, close_and_open, &closer), 0);
	/* The closing thread may be faster for long. EXPORT's descriptor could get its number. */
	for (int i = 0; i < 200 || (!worked && i < 20000); i++)
		for (int index = INFO; index < EXPORT; index++) {
			union argument argument = valid_argument(index);
			int error = command(closer.fd, commands[index].number, &argument);

			if (index == RESIZE || index == INJECT_SET)
				resize(fd, target.size), heal(fd, pages(2), pages(1));
			/*
			 * close() is not the reason if there is no rule, or no kick since the
			 * open.
			 */
			if (error && error != EBADF && error != EAGAIN)
				ck_abort_msg("%s: %s", commands[index].name, strerror(error));
			worked += !error;
		}
	closer.over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_gt(worked, 0);
	ck_assert_uint_eq(info_of(fd).opens, opens);
}

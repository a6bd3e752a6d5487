// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/target.h"
#include "support/weather.h"
#include "control.h"
#include "patience.h"
#include "system.h"

#define ALL_OFFSETS (1ULL << 62)
#define CHUNK	    4 /* which of the target, counted in huge pages */

/* Prints the reason, because the next test then fails. */
static void put_back(const void *what)
{
	int fd = open(target.path, O_RDWR | O_CLOEXEC);
	uint32_t features = info_of(fd).features;
	int error = 0;

	(void)what;
	if (features & MMAPDEMO_FEATURE_INJECT)
		error = heal(fd, 0, ALL_OFFSETS);
	if (!error && features & MMAPDEMO_FEATURE_CONTENTS)
		error = wipe(fd, MMAPDEMO_WIPE_SET_POLICY, 0);
	if (!error && features & MMAPDEMO_FEATURE_RESIZE)
		error = in_the_end(resize(fd, target.size));
	if (error)
		fprintf(stderr, "%s is not as it was: %s\n", target.path, strerror(error));
	close(fd);
}

int control_open_kind(uint32_t features)
{
	struct mmapdemo_info info;
	int fd;

	if (!target.module)
		row_not_applicable("only the module's own devices have its commands");
	after_test(put_back, NULL);
	fd = target_open(O_RDWR);
	info = info_of(fd);
	ck_assert_msg((off_t)info.bytes == target.size && !info.rules && !info.wipe_policy,
		      "the test before left %ju bytes, %u rules, policy %#x", (uintmax_t)info.bytes,
		      info.rules, info.wipe_policy);
	if ((info.features & features) != features)
		row_not_applicable("this kind of buffer has no such commands");
	return fd;
}

int control_open(void)
{
	return control_open_kind(MMAPDEMO_FEATURE_RESIZE | MMAPDEMO_FEATURE_CONTENTS |
				 MMAPDEMO_FEATURE_INJECT);
}

int command(int fd, unsigned long number, void *argument)
{
	return ioctl(fd, number, argument) == -1 ? errno : 0;
}

int resize(int fd, off_t bytes)
{
	struct mmapdemo_resize argument = {.size = sizeof(argument), .bytes = bytes};

	return command(fd, MMAPDEMO_IOCTL_RESIZE, &argument);
}

int punch(int fd, off_t off, uint64_t len)
{
	struct mmapdemo_punch argument = {.size = sizeof(argument), .offset = off, .length = len};

	return command(fd, MMAPDEMO_IOCTL_PUNCH, &argument);
}

int fill(int fd, off_t off, uint64_t len, uint64_t seed)
{
	struct mmapdemo_fill argument = {
		.size = sizeof(argument),
		.offset = off,
		.length = len,
		.seed = seed,
	};

	return command(fd, MMAPDEMO_IOCTL_FILL, &argument);
}

int set_rule(int fd, struct mmapdemo_injection rule)
{
	rule.size = sizeof(rule);
	return command(fd, MMAPDEMO_IOCTL_INJECT_SET, &rule);
}

int set_action(int fd, off_t off, uint64_t len, enum mmapdemo_inject_action action)
{
	struct mmapdemo_injection rule = {.offset = off, .length = len, .action = action};

	return set_rule(fd, rule);
}

int set_delay(int fd, off_t page, uint32_t delay)
{
	struct mmapdemo_injection rule = {
		.offset = page,
		.length = pages(1),
		.action = MMAPDEMO_INJECT_COUNT,
		.delay = delay,
	};

	return set_rule(fd, rule);
}

int kick(int fd)
{
	struct mmapdemo_kick argument = {.size = sizeof(argument)};

	return command(fd, MMAPDEMO_IOCTL_KICK, &argument);
}

int wipe(int fd, uint32_t flags, uint32_t policy)
{
	struct mmapdemo_wipe argument = {
		.size = sizeof(argument),
		.flags = flags,
		.policy = policy,
	};

	return command(fd, MMAPDEMO_IOCTL_WIPE, &argument);
}

uint32_t take_events(int fd, uint32_t events, uint64_t *generation)
{
	struct mmapdemo_wait argument = {.size = sizeof(argument), .events = events};
	int error = command(fd, MMAPDEMO_IOCTL_WAIT, &argument);

	if (error == EAGAIN)
		return 0;
	ck_assert_msg(!error, "WAIT for %#x: %s", events, strerror(error));
	ck_assert_msg(argument.events && !(argument.events & ~events), "WAIT for %#x tells of %#x",
		      events, argument.events);
	if (generation)
		*generation = argument.generation;
	return argument.events;
}

struct mmapdemo_info info_of(int fd)
{
	struct mmapdemo_info info = {.size = sizeof(info)};
	int error = command(fd, MMAPDEMO_IOCTL_INFO, &info);

	ck_assert_msg(!error, "INFO: %s", strerror(error));
	return info;
}

uint32_t sum_of(int fd, off_t off, size_t len)
{
	struct mmapdemo_sum argument = {.size = sizeof(argument), .offset = off, .length = len};
	int error = command(fd, MMAPDEMO_IOCTL_SUM, &argument);

	ck_assert_msg(!error, "SUM of %zu bytes at %#jx: %s", len, (intmax_t)off, strerror(error));
	return argument.crc32c;
}

size_t list_rules(int fd, struct mmapdemo_injection *rules, size_t room)
{
	struct mmapdemo_inject_list argument = {
		.size = sizeof(argument),
		.count = room,
		.rule_size = sizeof(*rules),
		.rules = (uintptr_t)rules,
	};
	int error = command(fd, MMAPDEMO_IOCTL_INJECT_LIST, &argument);

	ck_assert_msg(!error, "INJECT_LIST: %s", strerror(error));
	return argument.count;
}

/* As ps(1) shows it; X where there is no such task any more. */
static char state_of(pid_t task)
{
	char path[64], text[512], state;

	snprintf(path, sizeof(path), "/proc/%d/stat", task);
	if (read_text(path, text, sizeof(text)))
		return 'X';
	ck_assert_int_eq(sscanf(strrchr(text, ')'), ") %c", &state), 1);
	return state;
}

void await_sleep(pid_t task)
{
	char state;

	while ((state = state_of(task)) != 'S') {
		ck_assert_msg(state != 'X' && state != 'Z', "it ended before it slept");
		usleep(1000);
	}
}

bool is_delayed(pid_t task)
{
	for (int delayed = 0, waits = 0; delayed < 20; usleep(2000)) {
		char state = state_of(task);

		delayed = state == 'D' ? delayed + 1 : 0;
		waits = state == 'S' ? waits + 1 : 0;
		if (state == 'Z' || state == 'X' || waits == 20)
			return false;
	}
	return true;
}

uint32_t long_delay(void)
{
	uint32_t delay = 12 * SHORT_DELAY * busy_factor();

	return delay < MMAPDEMO_INJECT_DELAY_MAX ? delay : MMAPDEMO_INJECT_DELAY_MAX;
}

size_t chunk_size(int fd)
{
	struct mmapdemo_info info = info_of(fd);

	/* Without huge pages in the kernel, other memory does as well. */
	return info.huge_size ? info.huge_size : pages(512);
}

void assert_huge_folios(const struct mmapdemo_info *info, uint64_t expected)
{
	if (info->huge_folios != expected && !weather_explains(false))
		ck_assert_uint_eq(info->huge_folios, expected);
}

/* Frees all of it, and then uses its first page. */
static bool becomes_huge(int fd, off_t off)
{
	uint64_t before;

	assert_done(in_the_end(punch(fd, off, chunk_size(fd))));
	before = info_of(fd).huge_folios;
	target_write(fd, "", 1, off);
	return info_of(fd).huge_folios == before + 1;
}

off_t make_chunk(int fd, const struct folios *kind, int seed)
{
	off_t off = CHUNK * chunk_size(fd);
	bool makes_huge = info_of(fd).features & MMAPDEMO_FEATURE_HUGE;

	if (target.size < (off_t)(off + 2 * chunk_size(fd)))
		row_not_applicable("the target is smaller than %d huge pages", CHUNK + 2);
	if (kind->huge && !makes_huge)
		row_not_applicable("the device makes no huge folios (huge=never)");
	if (!becomes_huge(fd, off) && makes_huge) {
		unsigned int since = 0;
		bool huge;

		/* Memory may be in pieces. */
		write_text("/proc/sys/vm/compact_memory", "1");
		/* The kernel may split this huge folio, or another one, between two counts. */
		do
			huge = becomes_huge(fd, off);
		while (!huge && weather_unmaps() && weather_wait(&since));
		ck_assert_msg(huge, "there is no memory for a huge folio");
	}
	/* Pages with a rule are folios of their own. A hole alone may leave larger ones (6.18). */
	if (!kind->huge) {
		assert_done(set_action(fd, off, chunk_size(fd), MMAPDEMO_INJECT_COUNT));
		assert_done(heal(fd, off, chunk_size(fd)));
	}
	target_write_pattern(off, chunk_size(fd), seed);
	return off;
}

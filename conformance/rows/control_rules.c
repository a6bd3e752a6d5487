// SPDX-License-Identifier: GPL-2.0-only
/*
 * C4: rules over ranges: set, cut, healed and listed.
 *
 *	0   2       6   8      pages
 *	    [ first ]
 *	        [ sec. ]       a later rule ends what it covers of the first
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define COUNT  MMAPDEMO_INJECT_COUNT
#define SIGNAL MMAPDEMO_INJECT_SIGBUS
#define NONE   MMAPDEMO_INJECT_NONE

struct piece {
	int first, end; /* pages; end 0: no more */
	enum mmapdemo_inject_action action;
};

static int set_piece(int fd, const struct piece *piece)
{
	return set_action(fd, pages(piece->first), pages(piece->end - piece->first), piece->action);
}

/* The rules that are set, one after another, and those that are then listed. */
static const struct script {
	const char *name;
	struct piece set[4], listed[5];
} scripts[] = {
	{"one", {{2, 6, SIGNAL}}, {{2, 6, SIGNAL}}},
	{"sorted", {{8, 9, SIGNAL}, {2, 6, COUNT}}, {{2, 6, COUNT}, {8, 9, SIGNAL}}},
	{"adjacent", {{2, 6, SIGNAL}, {6, 8, COUNT}}, {{2, 6, SIGNAL}, {6, 8, COUNT}}},
	{"replaced", {{2, 6, SIGNAL}, {2, 6, COUNT}}, {{2, 6, COUNT}}},
	{"covered", {{2, 6, SIGNAL}, {0, 8, COUNT}}, {{0, 8, COUNT}}},
	{"head-cut", {{2, 6, SIGNAL}, {0, 4, COUNT}}, {{0, 4, COUNT}, {4, 6, SIGNAL}}},
	{"tail-cut", {{2, 6, SIGNAL}, {4, 8, COUNT}}, {{2, 4, SIGNAL}, {4, 8, COUNT}}},
	{"cut-in-two",
	 {{2, 8, SIGNAL}, {4, 5, COUNT}},
	 {{2, 4, SIGNAL}, {4, 5, COUNT}, {5, 8, SIGNAL}}},
	{"healed", {{2, 6, SIGNAL}, {2, 6, NONE}}, {{0}}},
	{"healed-in-the-middle", {{2, 8, SIGNAL}, {4, 5, NONE}}, {{2, 4, SIGNAL}, {5, 8, SIGNAL}}},
	{"healed-over-several",
	 {{2, 4, SIGNAL}, {5, 6, COUNT}, {7, 9, SIGNAL}, {3, 8, NONE}},
	 {{2, 3, SIGNAL}, {8, 9, SIGNAL}}},
	{"healed-nothing", {{2, 4, SIGNAL}, {6, 9, NONE}}, {{2, 4, SIGNAL}}},
};

ROW_EACH(C4, rules, "rules are listed by offset; a later one replaces parts of earlier ones",
	 scripts)
{
	const struct script *script = &scripts[_i];
	enum mmapdemo_inject_action action[TEST_PAGES] = {};
	int fd = control_open();
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);
	struct mmapdemo_injection rules[8];
	size_t count = 0;

	for (const struct piece *piece = script->set; piece->end; piece++)
		assert_done(set_piece(fd, piece));
	for (const struct piece *piece = script->listed; piece->end; piece++, count++)
		for (int page = piece->first; page < piece->end; page++)
			action[page] = piece->action;

	ck_assert_uint_eq(list_rules(fd, rules, ARRAY_SIZE(rules)), count);
	ck_assert_uint_eq(info_of(fd).rules, count);
	for (size_t i = 0; i < count; i++) {
		const struct piece *piece = &script->listed[i];

		ck_assert_uint_eq(rules[i].size, sizeof(rules[i]));
		ck_assert_uint_eq(rules[i].flags, 0);
		ck_assert_uint_eq(rules[i].offset, pages(piece->first));
		ck_assert_uint_eq(rules[i].length, pages(piece->end - piece->first));
		ck_assert_uint_eq(rules[i].action, piece->action);
		ck_assert_uint_eq(rules[i].hits, 0);
		ck_assert_uint_eq(rules[i].fired, 0);
	}
	for (int page = 0; page < TEST_PAGES; page++) {
		if (action[page] == SIGNAL)
			assert_bus_error(try_read(map + pages(page)), map + pages(page));
		else
			assert_memory(map + pages(page), pages(1), pages(page), ORIGINAL);
	}
}

ROW(C4, listed_as_set, "a rule is listed with all values that it was set with")
{
	int fd = control_open();
	struct mmapdemo_injection set = {
		.size = sizeof(set),
		.offset = pages(3),
		.length = pages(2),
		.action = MMAPDEMO_INJECT_HWPOISON,
		.when = MMAPDEMO_INJECT_RANDOM,
		.n = 12345,
		.delay = 67,
		.seed = 0x123456789abcdef0ULL,
	};
	struct mmapdemo_injection listed;

	assert_done(set_rule(fd, set));
	memset(&listed, 0xff, sizeof(listed));
	ck_assert_uint_eq(list_rules(fd, &listed, 1), 1);
	/* It takes check's own loop for one that may end before it found the difference. */
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	ck_assert_mem_eq(&listed, &set, sizeof(set));
}

ROW(C4, one_count_of_two, "a rule that was cut in two counts and fires as before")
{
	int fd = control_open();
	struct mmapdemo_injection rules[2], rule = {
						    .offset = pages(2),
						    .length = pages(6),
						    .action = SIGNAL,
						    .when = MMAPDEMO_INJECT_NTH,
						    .n = 4,
					    };
	const int at[] = {2, 7, 3, 6, 6, 6, 7, 2};
	char byte;

	assert_done(set_rule(fd, rule));
	assert_done(heal(fd, pages(4), pages(1)));
	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		ck_assert_int_eq(pread(fd, &byte, 1, pages(at[i])), i % 4 == 3 ? -1 : 1);
	ck_assert_uint_eq(list_rules(fd, rules, 2), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(rules[i].hits, ARRAY_SIZE(at));
		ck_assert_uint_eq(rules[i].fired, 2);
		ck_assert_uint_eq(rules[i].n, 4);
	}
}

ROW(C4, little_room,
    "a list with too little room is filled as far as it goes, and its count is that of all rules")
{
	int fd = control_open();
	struct mmapdemo_injection rules[4];

	for (int i = 0; i < 3; i++)
		assert_done(set_action(fd, pages(2 * i), pages(1), SIGNAL));
	memset(rules, 0xee, sizeof(rules));
	ck_assert_uint_eq(list_rules(fd, rules, 2), 3);
	ck_assert_uint_eq(rules[1].offset, pages(2));
	ck_assert_uint_eq(rules[2].size, 0xeeeeeeee);
	ck_assert_uint_eq(list_rules(fd, NULL, 0), 3);
	ck_assert_uint_eq(list_rules(fd, rules, 4), 3);
	ck_assert_uint_eq(rules[2].offset, pages(4));
	ck_assert_uint_eq(rules[3].size, 0xeeeeeeee);
}

ROW(C4, past_the_end, "a rule past the end stays there, through any size")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(4, MAP_SHARED, target.size - pages(2));
	unsigned char *bad = map + pages(2);
	struct mmapdemo_injection rule;

	assert_done(set_action(fd, target.size, pages(1), MMAPDEMO_INJECT_HWPOISON));
	assert_bus_error(try_read(bad), bad);
	assert_done(resize(fd, target.size + pages(2)));
	assert_broken(try_read(bad), bad);
	assert_works(try_read(bad + pages(1)));
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);

	assert_done(resize(fd, target.size - pages(1)));
	assert_bus_error(try_read(bad), bad);
	assert_done(resize(fd, target.size + pages(1)));
	assert_broken(try_read(bad), bad);
	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.offset, target.size);
}

ROW(C4, over_the_end, "a rule that reaches past the end acts on the pages before it")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2, MAP_SHARED, target.size - pages(2));
	char byte;

	assert_done(set_action(fd, last_page(), pages(1000), SIGNAL));
	assert_bus_error(try_read(map + pages(1)), map + pages(1));
	ck_assert_int_eq(pread(fd, &byte, 1, last_page()), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pread(fd, &byte, 1, target.size), 0);
	assert_done(heal(fd, 0, target.size));
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);
	ck_assert_uint_eq(info_of(fd).rules, 1);
}

ROW(C4, punched, "a rule outlives a hole, which reads as zeros when the rule is healed")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);

	assert_done(set_action(fd, pages(3), pages(2), SIGNAL));
	assert_done(punch(fd, pages(2), pages(2)));
	assert_bus_error(try_read(map + pages(3)), map + pages(3));
	assert_bus_error(try_read(map + pages(4)), map + pages(4));
	assert_zero(map + pages(2), pages(1));
	assert_done(heal(fd, pages(3), pages(2)));
	assert_zero(map + pages(3), pages(1));
	assert_memory(map + pages(4), pages(1), pages(4), ORIGINAL);
}

ROW(C4, most_rules, "one rule more than the most is ENOSPC, and changes nothing", .timeout = 120)
{
	int fd = control_open();
	unsigned int most = MMAPDEMO_INJECT_RULES_MAX;

	/* Past the end, where there are no pages. */
	for (unsigned int i = 0; i < most; i++)
		assert_done(set_action(fd, target.size + pages(4 * i), pages(3), SIGNAL));
	ck_assert_uint_eq(info_of(fd).rules, most);
	assert_errno(set_action(fd, 0, pages(1), SIGNAL), ENOSPC);
	assert_target(0, pages(1), ORIGINAL);
	/* Another rule cannot cut one in two. */
	assert_errno(set_action(fd, target.size + pages(1), pages(1), COUNT), ENOSPC);
	ck_assert_uint_eq(info_of(fd).rules, most);
	/* But one rule may replace another. */
	assert_done(set_action(fd, target.size, pages(3), COUNT));
	assert_done(heal(fd, target.size, pages(3)));
	assert_done(set_action(fd, 0, pages(1), SIGNAL));
	ck_assert_uint_eq(info_of(fd).rules, most);
}

/*
 *	[ r ] [ r ] [ r ]   the most rules, of three pages each
 *	[ ]-] [ ] ] [ ]-]   the last page of the first is healed, the middle of others
 */
ROW(C4, heals_at_the_limit, "healing works when there is the maximum of rules", .timeout = 240)
{
	int fd = control_open();
	unsigned int most = MMAPDEMO_INJECT_RULES_MAX;
	struct mmapdemo_injection *rules = calloc(2 * most + 1, sizeof(*rules));

	ck_assert_ptr_nonnull(rules);
	for (unsigned int i = 0; i < most; i++)
		assert_done(set_action(fd, target.size + pages(4 * i), pages(3), SIGNAL));
	assert_done(heal(fd, target.size + pages(2), pages(1)));
	ck_assert_uint_eq(info_of(fd).rules, most);
	for (unsigned int i = 1; i < most; i++)
		assert_done(heal(fd, target.size + pages(4 * i + 1), pages(1)));
	ck_assert_uint_eq(info_of(fd).rules, 2 * most - 1);

	/* All are listed, also where there are more than rules can be set. */
	memset(&rules[2 * most - 1], 0xee, sizeof(*rules));
	ck_assert_uint_eq(list_rules(fd, rules, 2 * most), 2 * most - 1);
	ck_assert_uint_eq(rules[0].offset, target.size);
	ck_assert_uint_eq(rules[0].length, pages(2));
	for (unsigned int i = 1; i < 2 * most - 1; i++) {
		ck_assert_uint_eq(rules[i].offset,
				  target.size + pages(4 * ((i + 1) / 2) + (i % 2 ? 0 : 2)));
		ck_assert_uint_eq(rules[i].length, pages(1));
	}
	ck_assert_uint_eq(rules[2 * most - 1].size, 0xeeeeeeee);
	ck_assert_uint_eq(list_rules(fd, rules, most + 1), 2 * most - 1);
	ck_assert_uint_eq(list_rules(fd, NULL, 0), 2 * most - 1);

	/*
	 * No further rule can be set, however the limit was reached; and parts of rules can be
	 * healed.
	 */
	assert_errno(set_action(fd, 0, pages(1), SIGNAL), ENOSPC);
	assert_target(0, pages(1), ORIGINAL);
	assert_done(heal(fd, target.size, pages(4 * most)));
	ck_assert_uint_eq(info_of(fd).rules, 0);
	assert_done(set_action(fd, 0, pages(1), SIGNAL));
	free(rules);
}

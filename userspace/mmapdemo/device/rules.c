// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo rules: the rules that make memory fail or slow, and their counters. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "common/memory.h"
#include "control.h"

static void when_words(const struct mmapdemo_injection *rule, char text[64])
{
	switch (rule->when) {
	case MMAPDEMO_INJECT_ALWAYS:
		strcpy(text, "always");
		break;
	case MMAPDEMO_INJECT_ONCE:
		strcpy(text, "once");
		break;
	case MMAPDEMO_INJECT_NTH:
		snprintf(text, 64, "every %u", rule->n);
		break;
	case MMAPDEMO_INJECT_RANDOM:
		snprintf(text, 64, "chance %g", rule->n / 4294967296.0);
		break;
	default:
		strcpy(text, "unknown");
	}
}

/* All rules. Their number may grow between two calls. */
static struct mmapdemo_injection *list_rules(const struct control *control, int fd, uint32_t *count)
{
	struct mmapdemo_inject_list list = {.size = sizeof(list)};
	struct mmapdemo_injection *rules = NULL;
	uint32_t room = 0;

	for (;;) {
		list.rule_size = sizeof(*rules);
		list.count = room;
		list.rules = (uintptr_t)rules;
		control_do(control, fd, MMAPDEMO_IOCTL_INJECT_LIST, &list, NO_RANGE, NULL);
		if (list.count <= room)
			break;
		room = list.count;
		free(rules);
		rules = new_array(room, sizeof(*rules));
	}
	*count = list.count;
	return rules;
}

static void print_text(const struct mmapdemo_injection *rules, uint32_t count)
{
	char when[64];

	printf("%12s %12s %-8s %-14s %8s %10s %10s\n", "OFFSET", "LENGTH", "ACTION", "WHEN",
	       "DELAY", "HITS", "FIRED");
	for (uint32_t i = 0; i < count; i++) {
		when_words(&rules[i], when);
		printf("%#12jx %#12jx %-8s %-14s %8u %10ju %10ju\n", (uintmax_t)rules[i].offset,
		       (uintmax_t)rules[i].length, fault_word(rules[i].action), when,
		       rules[i].delay, (uintmax_t)rules[i].hits, (uintmax_t)rules[i].fired);
	}
}

static void print_json(const struct mmapdemo_injection *rules, uint32_t count)
{
	struct json_object *array = json_object_new_array();
	char when[64];

	for (uint32_t i = 0; i < count; i++) {
		struct json_object *object = json_object_new_object();

		when_words(&rules[i], when);
		add_number(object, "offset", rules[i].offset);
		add_number(object, "length", rules[i].length);
		add_text(object, "action", fault_word(rules[i].action));
		add_text(object, "when", when);
		add_number(object, "delay", rules[i].delay);
		add_number(object, "seed", rules[i].seed);
		add_number(object, "hits", rules[i].hits);
		add_number(object, "fired", rules[i].fired);
		json_object_array_add(array, object);
	}
	show_pretty(array);
}

int rules_main(int argc, char **argv)
{
	struct control control =
		control_plain(argc, argv, control_json_argp, NULL,
			      "Lists the rules of poison and slow, by offset.\v"
			      "HITS counts the accesses, and FIRED those that failed. DELAY is in "
			      "microseconds.\n\n" CONTROL_STATUS);
	struct mmapdemo_injection *rules;
	uint32_t count;
	int fd;

	fd = open_device(&control, O_RDONLY);
	rules = list_rules(&control, fd, &count);
	close(fd);
	(control.json ? print_json : print_text)(rules, count);
	free(rules);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results for a program:
 *
 *	target	as it was named		size, page	bytes
 *	kind	device, file, anonymous	kernel, machine	as uname says
 *	rows	of the contract, in its order:
 *		row, says, answer	yes, no, differs, not applicable
 *		tests	name, says, answer; unless yes, detail and place (FILE:LINE)
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/json.h"
#include "run.h"
#include "support/contract.h"
#include "support/target.h"

static struct json_object *test_object(const struct test *test, const struct outcome *outcome)
{
	struct json_object *object = json_object_new_object();
	char place[256];

	add_text(object, "name", test->name);
	add_text(object, "says", test->row->says);
	add_text(object, "answer", verdict_word(outcome->verdict));
	if (outcome->verdict != PASSED) {
		snprintf(place, sizeof(place), "%s:%d", outcome->file, outcome->line);
		add_text(object, "detail", outcome->message);
		add_text(object, "place", place);
	}
	return object;
}

static struct json_object *row_object(const struct run *run, size_t first, size_t *count)
{
	struct json_object *object = json_object_new_object();
	struct json_object *tests = json_object_new_array();
	struct tally tally = run_tally_row(run, first);
	const char *id = run->tests[first].row->id;

	add_text(object, "row", id);
	add_text(object, "says", contract_says(id));
	add_text(object, "answer", verdict_word(tally_verdict(&tally)));
	for (size_t i = first; i < first + tally.all; i++)
		json_object_array_add(tests, test_object(&run->tests[i], &run->outcomes[i]));
	json_object_object_add(object, "tests", tests);
	*count = tally.all;
	return object;
}

static void end(const struct run *run)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	static const char *const kinds[] = {
		[TARGET_DEVICE] = "device",
		[TARGET_FILE] = "file",
		[TARGET_ANONYMOUS] = "anonymous",
	};
	struct utsname system = {};
	size_t count;

	uname(&system);
	add_text(object, "target", run->target);
	add_text(object, "kind", kinds[target.kind]);
	add_number(object, "size", target.size);
	add_number(object, "page", target.page);
	add_text(object, "kernel", system.release);
	add_text(object, "machine", system.machine);
	for (size_t i = 0; i < run->count; i += count)
		json_object_array_add(rows, row_object(run, i, &count));
	json_object_object_add(object, "rows", rows);

	show_pretty(object);
}

const struct view view_json = {.end = end};

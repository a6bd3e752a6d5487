// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results for a program:
 *
 *	target	as it was named		size, page	bytes; size 0: unknown
 *	kind	device, file, anonymous	kernel, machine	as uname says
 *	rows	of the contract, in its order:
 *		row, says, answer	yes, no, differs, not applicable
 *		tests	name, says, answer; unless yes, detail and place (FILE:LINE)
 *
 * A diagnosis has these as well:
 *
 *	driver	name and version, as far as they are known
 *	profile, profile_because, write
 *	counts	broken, missing, choice: findings; fine, not_applicable: tests
 *	findings	class, slug, says, cause, cure, tests
 *	not_applicable	test, because
 *	kernel_log	of a crash or a warning
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/json.h"
#include "common/memory.h"
#include "run.h"
#include "support/contract.h"
#include "support/target.h"
#include "diagnosis.h"

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

static struct json_object *rows_object(const struct run *run)
{
	struct json_object *rows = json_object_new_array();
	size_t count;

	for (size_t i = 0; i < run->count; i += count)
		json_object_array_add(rows, row_object(run, i, &count));
	return rows;
}

static struct json_object *begin_object(const char *name, off_t size, size_t page)
{
	struct json_object *object = json_object_new_object();
	static const char *const kinds[] = {
		[TARGET_DEVICE] = "device",
		[TARGET_FILE] = "file",
		[TARGET_ANONYMOUS] = "anonymous",
	};
	struct utsname system = {};

	uname(&system);
	add_text(object, "target", name);
	add_text(object, "kind", kinds[target.kind]);
	add_number(object, "size", size);
	add_number(object, "page", page);
	add_text(object, "kernel", system.release);
	add_text(object, "machine", system.machine);
	return object;
}

static void end(const struct run *run)
{
	struct json_object *object = begin_object(run->target, target.size, target.page);

	json_object_object_add(object, "rows", rows_object(run));
	show_pretty(object);
}

static struct json_object *found_object(const struct found *found)
{
	struct json_object *object = json_object_new_object();
	struct json_object *tests = json_object_new_array();
	char *says = format_text("%s: %s", found->finding->says, found->shows);

	add_text(object, "class", class_word(found->class));
	add_text(object, "slug", found->finding->slug);
	add_text(object, "says", says);
	add_text(object, "cause", found->finding->cause);
	add_text(object, "cure", found->finding->cure);
	for (size_t i = 0; i < found->count; i++)
		json_object_array_add(tests, json_object_new_string(found->tests[i]));
	json_object_object_add(object, "tests", tests);
	free(says);
	return object;
}

static struct json_object *counts_object(const struct diagnosis *diagnosis)
{
	struct json_object *object = json_object_new_object();

	for (int class = BROKEN; class < FINE; class ++)
		add_number(object, class_word(class), diagnosis->of[class]);
	add_number(object, "fine", diagnosis->fine);
	add_number(object, "not_applicable", diagnosis->not_applicable);
	return object;
}

static struct json_object *not_applicable_object(const struct probing *probing)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < probing->count; i++) {
		const struct outcome_words *outcome = &probing->outcomes[i];
		struct json_object *object;

		if (!outcome->not_applicable)
			continue;
		object = json_object_new_object();
		add_text(object, "test", outcome->test);
		add_text(object, "because", outcome->shows);
		json_object_array_add(list, object);
	}
	return list;
}

void show_json(const struct diagnosis *diagnosis)
{
	struct json_object *object = begin_object(
		diagnosis->target, facts->size_from == SIZE_ENDLESS ? 0 : facts->size, facts->page);
	struct json_object *findings = json_object_new_array();

	add_text(object, "driver", diagnosis->driver);
	add_text(object, "profile", profile_word(facts->profile));
	add_text(object, "profile_because", diagnosis->profile_why);
	add_flag(object, "write", facts->may_write);
	json_object_object_add(object, "counts", counts_object(diagnosis));
	for (size_t i = 0; i < diagnosis->count; i++)
		json_object_array_add(findings, found_object(&diagnosis->found[i]));
	json_object_object_add(object, "findings", findings);
	json_object_object_add(object, "not_applicable", not_applicable_object(diagnosis->probing));
	if (diagnosis->probing->kernel_log)
		add_text(object, "kernel_log", diagnosis->probing->kernel_log);
	if (diagnosis->run)
		json_object_object_add(object, "rows", rows_object(diagnosis->run));
	show_pretty(object);
}

const struct view view_json = {.end = end};

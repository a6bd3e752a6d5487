// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tour for programs:
 *
 *	device, bytes, strategy, kernel, machine, page_size, traced, hidden, holds
 *	chapters	name, rows, title, verdict (holds, differs, not seen), reason
 *		steps	call, result, question and why (texts, where the step has them), by (its
 *process's role), pid, vmas, resident claims	expected, seen, verdict trace	event, pid, by, says
 *			picture	as of mmapdemo map --json
 */
#include "common/json.h"
#include "map/json.h"
#include "view.h"

static void add_verdict(struct json_object *object, enum tour_verdict verdict)
{
	static const char *const words[] = {
		[HOLDS] = "holds", [DIFFERS] = "differs", [UNSEEN] = "not seen"};

	add_text(object, "verdict", words[verdict]);
}

static struct json_object *claims_json(const struct tour_step *step)
{
	struct json_object *claims = json_object_new_array();

	for (size_t i = 0; i < step->claim_count; i++) {
		struct json_object *claim = json_object_new_object();

		add_text(claim, "expected", step->claims[i].expected);
		add_text(claim, "seen", step->claims[i].seen);
		add_verdict(claim, step->claims[i].verdict);
		json_object_array_add(claims, claim);
	}
	return claims;
}

static struct json_object *trace_json(const struct tour_part *part, const struct tour_step *step)
{
	struct json_object *trace = json_object_new_array();

	for (size_t i = 0; i < step->event_count; i++) {
		struct json_object *event = json_object_new_object();
		const char *role = tour_role_of(part, step->events[i].pid);

		add_text(event, "event", step->events[i].name);
		add_number(event, "pid", step->events[i].pid);
		add_text(event, "by", role ? role : "?");
		add_text(event, "says", step->events[i].text + 1);
		json_object_array_add(trace, event);
	}
	return trace;
}

static struct json_object *part_json(const struct tour_part *part)
{
	struct json_object *object = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	add_text(object, "name", part->chapter->name);
	add_text(object, "rows", part->chapter->rows);
	add_text(object, "title", part->chapter->title);
	add_verdict(object, part->verdict);
	if (part->reason)
		add_text(object, "reason", part->reason);
	for (size_t i = 0; i < part->count; i++) {
		const struct tour_step *step = &part->steps[i];
		struct json_object *one = json_object_new_object();

		add_text(one, "call", step->call);
		if (step->result)
			add_text(one, "result", step->result);
		if (step->question)
			add_text(one, "question", step->question);
		if (step->why)
			add_text(one, "why", step->why);
		add_text(one, "by", part->chapter->roles[step->role]);
		add_number(one, "pid", step->pid);
		add_number(one, "vmas", step->info.vmas);
		add_number(one, "resident", step->info.resident);
		json_object_object_add(one, "claims", claims_json(step));
		json_object_object_add(one, "trace", trace_json(part, step));
		json_object_object_add(one, "picture", map_json(&step->picture));
		json_object_array_add(steps, one);
	}
	json_object_object_add(object, "steps", steps);
	return object;
}

struct json_object *tour_json(const struct tour *tour)
{
	struct json_object *object = json_object_new_object();
	struct json_object *chapters = json_object_new_array();
	bool holds = true;

	add_text(object, "device", tour->device);
	add_number(object, "bytes", tour->bytes);
	add_text(object, "strategy", tour->strategy);
	add_text(object, "kernel", tour->system.release);
	add_text(object, "machine", tour->system.machine);
	add_number(object, "page_size", tour->page_size);
	add_flag(object, "traced", tour->traced);
	add_flag(object, "hidden", tour->hidden);
	for (size_t i = 0; i < tour->count; i++) {
		holds &= tour->parts[i].verdict != DIFFERS;
		json_object_array_add(chapters, part_json(&tour->parts[i]));
	}
	add_flag(object, "holds", holds);
	json_object_object_add(object, "chapters", chapters);
	return object;
}

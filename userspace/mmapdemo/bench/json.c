// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures for a program:
 *
 *	kernel, machine	as uname says
 *	clock		instructions (of QEMU's -icount) or ns
 *	size, repeats	of the run; slope: the largest size, or 0
 *	works		name, says, unit
 *	subjects	name, says
 *	figures		work, subject, size (bytes), and median, min, max, spread
 *			(max - min) / median (of memory max - min); or reason
 *	targets		work, versus, at_most or at_least, ratio, reached
 */
#include <stdlib.h>
#include <sys/utsname.h>

#include "common/json.h"
#include "view.h"

/* Three decimals: more are noise. */
static void add_decimal(struct json_object *object, const char *key, double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", number);
	json_object_object_add(object, key, json_object_new_double_s(number, text));
}

static struct json_object *works(const struct bench *bench)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < bench->work_count; i++) {
		struct json_object *object = json_object_new_object();

		add_text(object, "name", bench->works[i]->name);
		add_text(object, "says", bench->works[i]->says);
		add_text(object, "unit", bench_unit(bench, bench->works[i]->per));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *subjects(const struct bench *bench)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < bench->subject_count; i++) {
		struct json_object *object = json_object_new_object();

		add_text(object, "name", bench->subjects[i].name);
		add_text(object, "says", bench->subjects[i].says);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *figures(const struct bench *bench)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < bench->figure_count; i++) {
		const struct bench_figure *figure = &bench->figures[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "work", figure->work->name);
		add_text(object, "subject", figure->subject->name);
		add_number(object, "size", figure->size);
		if (*figure->reason) {
			add_text(object, "reason", figure->reason);
		} else {
			add_decimal(object, "median", figure->median);
			add_decimal(object, "min", figure->min);
			add_decimal(object, "max", figure->max);
			add_decimal(object, "spread", bench_spread(figure));
		}
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *targets(const struct bench *bench)
{
	struct json_object *array = json_object_new_array();
	struct bench_target *list;
	size_t count = bench_targets(bench, &list);

	for (size_t i = 0; i < count; i++) {
		struct json_object *object = json_object_new_object();

		add_text(object, "work", list[i].work);
		add_text(object, "versus", list[i].versus);
		add_decimal(object, list[i].times_fewer ? "at_least" : "at_most", list[i].limit);
		add_decimal(object, "ratio", list[i].ratio);
		add_flag(object, "reached", list[i].reached);
		json_object_array_add(array, object);
	}
	free(list);
	return array;
}

bool bench_json(const struct bench *bench, FILE *file)
{
	struct json_object *object = json_object_new_object();
	struct utsname system = {};

	uname(&system);
	add_text(object, "kernel", system.release);
	add_text(object, "machine", system.machine);
	add_text(object, "clock", bench->instructions ? "instructions" : "ns");
	add_number(object, "size", bench->size);
	add_number(object, "slope", bench->slope);
	add_number(object, "repeats", bench->repeats);
	json_object_object_add(object, "works", works(bench));
	json_object_object_add(object, "subjects", subjects(bench));
	json_object_object_add(object, "figures", figures(bench));
	json_object_object_add(object, "targets", targets(bench));
	return write_pretty(object, file);
}

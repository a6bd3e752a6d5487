// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo bench: compares what it costs to map a device of the module and its peers. */
#define _GNU_SOURCE
#include <argp.h>
#include <err.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "common/memory.h"
#include "common/number.h"
#include "contention.h"
#include "device/device.h"
#include "host.h"
#include "measure.h"
#include "meter.h"
#include "peers.h"
#include "size.h"
#include "subjects.h"
#include "view.h"
#include "work.h"

struct options {
	const char *works, *subjects, *json, *svg;
	size_t size, slope;
	unsigned int repeats;
	bool instructions, may_write, list, contention, host;
	char *devices[33];
	size_t device_count;
};

enum { SIZE = 's', REPEATS = 'r', WORKS = 'w', SUBJECTS = 'S' };
enum { SLOPE = 256, INSTRUCTIONS, JSON, SVG, WRITE, LIST, CONTENTION, HOST };

static const struct argp_option argp_options[] = {
	{"works", WORKS, "GLOBS", 0, "measure only these, for example 'map-* cow'", 0},
	{"subjects", SUBJECTS, "GLOBS", 0, "measure only these, for example 'mmapdemo* memfd'", 0},
	{"size", SIZE, "N[K|M|G]", 0, "map this many bytes (default 16M)", 0},
	{"slope", SLOPE, "N[K|M|G]", 0,
	 "measure map-write and munmap at sizes from 64K to N, too, and memory from 256M", 0},
	{"repeats", REPEATS, "N", 0, "run each work N times and report the median (default 5)", 0},
	{"write", WRITE, NULL, 0, "overwrite a DEVICE even if it is not the module's", 0},
	{"instructions", INSTRUCTIONS, NULL, 0,
	 "treat the clock as a counter of instructions, as in QEMU with -icount shift=1", 1},
	{"contention", CONTENTION, NULL, 0,
	 "run other works on 1, 2, 4 and more processors at once, for the meter of `make "
	 "bench-contention'",
	 1},
	{"host", HOST, NULL, 0,
	 "run other works by threads and by processes on 1, 2, 4 and more processors of this "
	 "machine at once, and print a table to attach to a report",
	 1},
	{"json", JSON, "FILE", OPTION_ARG_OPTIONAL,
	 "print the figures as JSON in place of the table, or write them to FILE", 2},
	{"svg", SVG, "FILE", 0, "write the figures as a chart to FILE, too", 2},
	{"list", LIST, NULL, 0, "list the works and the subjects", 2},
	{},
};

static const char doc[] =
	"Measures the cost of mapping each DEVICE (default: /dev/mmapdemo*), which it OVERWRITES, "
	"and of other mappable memory. A figure is the median of several runs, in nanoseconds per "
	"page of 4 KiB or per call, and includes the program's own work.\v"
	"As root it changes the settings that its peers need (shmem_enabled, nr_hugepages), and "
	"restores them. A work that cannot be measured has a reason in place of a figure.\n"
	"\n"
	"Exit status: 0 there are figures; 1 there is none, or the run failed, or FILE cannot "
	"be written; 2 usage error, or DEVICE must not be overwritten.";

static size_t parse_size(const char *option, const char *text, struct argp_state *state)
{
	uint64_t bytes;

	if (!parse_number(text, &bytes) || bytes < BENCH_SMALLEST || bytes % BENCH_PAGE ||
	    bytes > PTRDIFF_MAX)
		argp_error(state, "--%s %s: not a multiple of 4K, of at least 64K", option, text);
	return bytes;
}

static unsigned int parse_repeats(const char *text, struct argp_state *state)
{
	char *end;
	long repeats = strtol(text, &end, 10);

	if (end == text || *end || repeats < 1 || repeats > BENCH_REPEATS)
		argp_error(state, "--repeats %s: not a number from 1 to %d", text, BENCH_REPEATS);
	return repeats;
}

static void add_device(struct options *options, char *path, struct argp_state *state)
{
	if (options->device_count == ARRAY_LEN(options->devices) - 1)
		argp_error(state, "more than %zu DEVICEs", options->device_count);
	if (*path != '/')
		argp_error(state, "DEVICE %s: not an absolute path", path);
	for (size_t i = 0; i < options->device_count; i++)
		if (!strcmp(basename(path), basename(options->devices[i])))
			argp_error(state, "DEVICE %s: there is a DEVICE of that name already",
				   path);
	options->devices[options->device_count++] = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case SIZE:
		options->size = parse_size("size", arg, state);
		return 0;
	case SLOPE:
		options->slope = parse_size("slope", arg, state);
		return 0;
	case REPEATS:
		options->repeats = parse_repeats(arg, state);
		return 0;
	case WORKS:
		options->works = arg;
		return 0;
	case SUBJECTS:
		options->subjects = arg;
		return 0;
	case WRITE:
		options->may_write = true;
		return 0;
	case INSTRUCTIONS:
		options->instructions = true;
		return 0;
	case CONTENTION:
		options->contention = true;
		return 0;
	case HOST:
		options->host = true;
		return 0;
	case JSON:
		options->json = arg ? arg : "";
		return 0;
	case SVG:
		options->svg = arg;
		return 0;
	case LIST:
		options->list = true;
		return 0;
	case ARGP_KEY_ARG:
		add_device(options, arg, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Does a glob of the list, that blanks or commas separate, match the name? */
static bool chosen(const char *globs, const char *name)
{
	char glob[64];

	if (!globs)
		return true;
	while (*(globs += strspn(globs, " ,"))) {
		size_t length = strcspn(globs, " ,");

		snprintf(glob, sizeof(glob), "%.*s", (int)length, globs);
		if (!fnmatch(glob, name, 0))
			return true;
		globs += length;
	}
	return false;
}

static void choose_subjects(struct bench *bench, const struct options *options)
{
	size_t count = 0;

	for (size_t i = 0; i < bench->subject_count; i++)
		if (chosen(options->subjects, bench->subjects[i].name))
			bench->subjects[count++] = bench->subjects[i];
	bench->subject_count = count;
	if (!count)
		errx(2, "no subject matches '%s' (see --list)", options->subjects);
}

static void choose_works(struct bench *bench, const struct options *options)
{
	bench->works = new_array(bench_work_count, sizeof(*bench->works));
	for (size_t i = 0; i < bench_work_count; i++)
		if (chosen(options->works, bench_works[i].name))
			bench->works[bench->work_count++] = &bench_works[i];
	if (!bench->work_count)
		errx(2, "no work matches '%s' (see --list)", options->works);
}

static bool is_chosen(const char *work, void *globs)
{
	return chosen(globs, work);
}

static bool has_file_or_measure(const struct options *options)
{
	return options->json || options->svg || options->slope || options->instructions ||
	       options->size;
}

static void must_match(const struct crowd_work *works, size_t work_count, const char *mode,
		       const char *globs)
{
	size_t count = 0;

	for (size_t i = 0; i < work_count; i++)
		count += chosen(globs, works[i].name);
	if (!count)
		errx(2, "no work matches '%s' (see --list %s)", globs, mode);
}

/* False: nothing could be done. */
static bool contend(struct bench *bench, const struct options *options)
{
	if (!METER_EXISTS)
		errx(2, "--contention: there is a meter for x86-64 only");
	if (has_file_or_measure(options) || options->repeats)
		errx(2, "--contention has no figures, and cannot be given with --json, --svg, "
			"--slope, --size, --repeats or --instructions");
	must_match(contention_works, contention_work_count, "--contention", options->works);
	return contention_run(bench->subjects, bench->subject_count, is_chosen,
			      (void *)options->works);
}

/* Without a choice: what all of the works can be done on. */
static void leave_out_what_is_no_file(struct bench *bench)
{
	size_t count = 0;

	for (size_t i = 0; i < bench->subject_count; i++)
		if (bench->subjects[i].is_file)
			bench->subjects[count++] = bench->subjects[i];
	bench->subject_count = count;
}

/* False: there is no figure. */
static bool measure_host(struct bench *bench, const struct options *options)
{
	if (options->contention || has_file_or_measure(options))
		errx(2, "--host prints one table, and cannot be given with --contention, --json, "
			"--svg, --slope, --size or --instructions");
	must_match(host_works, host_work_count, "--host", options->works);
	if (!options->subjects)
		leave_out_what_is_no_file(bench);
	return host_run(bench->subjects, bench->subject_count, bench->repeats, is_chosen,
			(void *)options->works);
}

static void list_crowd(const struct crowd_work *works, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("work %-16s %s\n", works[i].name, works[i].says);
}

static void list(const struct bench *bench, const struct options *options)
{
	if (options->host)
		list_crowd(host_works, host_work_count);
	else if (options->contention)
		list_crowd(contention_works, contention_work_count);
	else
		for (size_t i = 0; i < bench_work_count; i++)
			printf("work %-16s %s\n", bench_works[i].name, bench_works[i].says);
	for (size_t i = 0; i < bench->subject_count; i++)
		printf("subject %-13s %s\n", bench->subjects[i].name, bench->subjects[i].says);
}

static void refuse_to_overwrite(const struct bench *bench)
{
	for (size_t i = 0; i < bench->subject_count; i++) {
		const struct bench_subject *subject = &bench->subjects[i];
		const struct device device = device_find(subject->path);

		if (subject->make == bench_device.make && !device.error && !device.is_ours)
			errx(2,
			     "%s: no device of this module: bench overwrites it only with --write",
			     subject->path);
	}
}

static void write_file(const struct bench *bench, const char *path,
		       bool (*shape)(const struct bench *, FILE *))
{
	FILE *file = fopen(path, "we");
	bool done = file && shape(bench, file);

	if ((file && fclose(file)) || !done)
		err(1, "%s", path);
}

/* The table, unless there is JSON in its place. */
static void show(const struct bench *bench, const struct options *options)
{
	if (options->json && !*options->json) {
		bench_json(bench, stdout);
	} else {
		bench_table(bench);
		if (options->json)
			write_file(bench, options->json, bench_json);
	}
	if (options->svg)
		write_file(bench, options->svg, bench_svg);
}

static bool has_figures(const struct bench *bench)
{
	for (size_t i = 0; i < bench->figure_count; i++)
		if (!*bench->figures[i].reason)
			return true;
	return false;
}

int bench_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "[DEVICE...]",
		.doc = doc,
	};
	struct options options = {};
	struct bench bench = {};
	int status = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	bench.size = options.size ? options.size : 16 * MIB;
	bench.slope = options.slope;
	bench.repeats = options.repeats ? options.repeats : 5;
	bench.instructions = options.instructions;
	bench.subject_count = bench_subject_list(options.devices, &bench.subjects);
	if (!options.may_write)
		refuse_to_overwrite(&bench);
	if (options.list) {
		list(&bench, &options);
	} else if (options.host) {
		choose_subjects(&bench, &options);
		status = !measure_host(&bench, &options);
	} else if (options.contention) {
		choose_subjects(&bench, &options);
		status = !contend(&bench, &options);
	} else {
		choose_works(&bench, &options);
		choose_subjects(&bench, &options);
		bench_run(&bench);
		show(&bench, &options);
		status = !has_figures(&bench);
	}
	free(bench.works);
	free(bench.figures);
	free(bench.subjects);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo map: draws the pages of processes on one side, and their frames on the other. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/refuse.h"
#include "device/trouble.h"
#include "draw.h"
#include "from.h"
#include "json.h"
#include "model.h"
#include "read.h"

#define MOST_PROCESSES 8
#define MOST_VMAS      64

struct options {
	const char *name, *device, *from, *svg, *html;
	bool self, all, tables, json;
	uint64_t most;
	int pids[MOST_PROCESSES];
	size_t count;
};

enum { DEVICE = 'd', JSON = 'j', ALL = 'a', TABLES = 't', MOST = 'm', SELF = 1, SVG, HTML, FROM };

static const struct argp_option argp_options[] = {
	{"self", SELF, NULL, 0, "draw this program itself; implies --all", 0},
	{"all", ALL, NULL, 0, "draw all mappings, and not the device's alone", 0},
	{"device", DEVICE, "PATH", 0,
	 "draw only this device's mappings (default: those of all the module's devices)", 0},
	{"tables", TABLES, NULL, 0, "show page-table entries, and what holds each frame", 0},
	{"most", MOST, "N", 0, "draw at most N mappings of each (default: 64)", 0},
	{"json", JSON, NULL, 0, "print JSON, for programs", 0},
	{"svg", SVG, "FILE", 0, "write the picture as SVG", 0},
	{"html", HTML, "FILE", 0, "write a page with the picture and a table", 0},
	{"from", FROM, "FILE", 0, "draw what --json wrote earlier or on another machine", 0},
	{},
};

static const char doc[] =
	"Draws the pages that processes map of the device, and the frames behind them. Two "
	"processes stand side by side; a frame that they share has the same letter and colour.\v"
	"A page has its number in the file and its size (4K, 2M), or is absent. It may be "
	"poisoned, copy or anon (not the file's own), shared (mapped more than once), ro "
	"(read-only), or dirty (written since `echo 4 >/proc/PID/clear_refs`). Only root sees "
	"frame numbers. With --tables, a page of the module's devices shows its page-table "
	"entry: rw, ro or none; dirty and accessed (the processor's bits); soft-dirty. A frame "
	"shows "
	"its holder, the number of entries that map it (×2), and the order of its folio. --tables "
	"needs root and debugfs. FILE may be - for "
	"standard input or output.\n\n"
	"Exit status: 0 done; 1 it failed; 2 usage error.";

static void add_pid(struct options *options, int pid, struct argp_state *state)
{
	if (options->count == MOST_PROCESSES)
		argp_error(state, "more than %d processes", MOST_PROCESSES);
	options->pids[options->count++] = pid;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	uint64_t pid;

	switch (key) {
	case SELF:
		options->self = options->all = true;
		add_pid(options, getpid(), state);
		return 0;
	case ALL:
		options->all = true;
		return 0;
	case DEVICE:
		options->device = arg;
		return 0;
	case TABLES:
		options->tables = true;
		return 0;
	case MOST:
		if (!parse_number(arg, &options->most) || !options->most)
			argp_error(state, "--most '%s': not a number above 0", arg);
		return 0;
	case JSON:
		options->json = true;
		return 0;
	case SVG:
		options->svg = arg;
		return 0;
	case HTML:
		options->html = arg;
		return 0;
	case FROM:
		options->from = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!parse_number(arg, &pid) || !pid || pid > 1 << 22)
			argp_error(state, "PID '%s' is not the number of a process", arg);
		add_pid(options, pid, state);
		return 0;
	case ARGP_KEY_END:
		if (!options->count == !options->from)
			argp_error(state, "wants PIDs, or --self, or --from");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* No process maps the device: says why, and how to see other mappings. */
static void explain_nothing(const struct options *options, const struct map_process *process)
{
	const char *device = options->device ? options->device : "/dev/mmapdemo";

	if (access(device, F_OK)) {
		const struct device none = device_find(device);
		const struct trouble trouble = device_trouble(&none);
		char line[1024];

		fail(options->name, "%s: %s: %s; --all shows other mappings", device,
		     strerror(none.error), trouble_line(&trouble, line));
	}
	fail(options->name,
	     "process %d (%s) has not mapped %s: --all shows its other mappings, and `mmapdemo "
	     "maps` the processes that map the device",
	     process->pid, process->name, device);
}

static void read_processes(const struct options *options, struct map_picture *picture)
{
	const struct device device = device_find(options->device ? options->device : "");
	const struct map_want want = {
		.all = options->all,
		.device = options->device ? &device : NULL,
		.most = options->most,
		.tables = options->tables,
	};
	char reason[256];
	size_t vmas = 0;

	if (!device.error && !device.is_ours) {
		const struct trouble trouble = device_trouble(&device);
		char line[1024];

		fail(options->name, "%s: %s", device.path, trouble_line(&trouble, line));
	}
	map_page_sizes(picture);
	picture->processes = new_array(options->count, sizeof(*picture->processes));
	for (; picture->count < options->count; picture->count++) {
		struct map_process *process = &picture->processes[picture->count];

		if (!map_read(options->pids[picture->count], &want, picture, process, reason))
			fail(options->name, "%s", reason);
		vmas += process->vma_count;
	}
	if (!vmas && !options->all)
		explain_nothing(options, &picture->processes[0]);
}

/* json-c's own reason has several lines. */
static const char *why_no_json(const struct options *options)
{
	if (strcmp(options->from, "-") && access(options->from, R_OK))
		return strerror(errno);
	return "the file is something else, or was cut off";
}

static void read_json(const struct options *options, struct map_picture *picture)
{
	bool standard = !strcmp(options->from, "-");
	struct json_object *object =
		standard ? json_object_from_fd(STDIN_FILENO) : json_object_from_file(options->from);
	char reason[256];

	if (!object)
		fail(options->name, "%s: no JSON can be read: %s", options->from,
		     why_no_json(options));
	if (!map_from_json(object, picture, reason))
		fail(options->name, "%s: not written by mmapdemo map --json: %s", options->from,
		     reason);
	json_object_put(object);
}

static void write_file(const struct options *options, const char *path,
		       const struct map_picture *picture,
		       bool (*write)(const struct map_picture *, FILE *))
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	bool written;

	if (!file)
		fail(options->name, "%s: %s", path, strerror(errno));
	written = write(picture, file);
	if (fflush(file) || !written || (file != stdout && fclose(file)))
		fail(options->name, "%s: not written: %s", path, strerror(errno));
}

static void show_text(const struct options *options, const struct map_picture *picture)
{
	struct terminal terminal = terminal_find();
	bool hidden = false;

	map_text(picture, &terminal, 0, true);
	putchar('\n');
	map_text_legend(&terminal, map_has_tables(picture));
	for (size_t i = 0; i < picture->count; i++)
		hidden |= picture->processes[i].hidden;
	if (hidden)
		terminal_words(&terminal, 0, 0,
			       "Frame numbers are hidden from all users but root: the picture "
			       "cannot show that two private copies have the same frame.");
	if (fflush(stdout) || ferror(stdout))
		fail(options->name, "not written: %s", strerror(errno));
}

int map_main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, "PID...", doc, NULL, NULL, NULL};
	struct options options = {.name = argv[0], .most = MOST_VMAS};
	struct map_picture picture = {};

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.from)
		read_json(&options, &picture);
	else
		read_processes(&options, &picture);
	if (options.svg)
		write_file(&options, options.svg, &picture, map_svg);
	if (options.html)
		write_file(&options, options.html, &picture, map_html);
	if (options.json)
		show_pretty(map_json(&picture));
	else if (!options.svg && !options.html)
		show_text(&options, &picture);
	map_picture_free(&picture);
	return 0;
}

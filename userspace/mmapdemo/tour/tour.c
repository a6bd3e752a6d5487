// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo tour: what mmap is and does, told step by step, each seen to be so. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "actor.h"
#include "command.h"
#include "common/json.h"
#include "common/number.h"
#include "common/signals.h"
#include "device/control.h"
#include "stage.h"
#include "view.h"
#include "watch/instance.h"

#define SMALLEST 8 /* pages of the device */

static const struct tour_chapter *const chapters[] = {
	&tour_mapping,	 &tour_fault,	    &tour_file,		&tour_anonymous,  &tour_zero,
	&tour_processes, &tour_fork_shared, &tour_fork_private, &tour_protection, &tour_arguments,
	&tour_munmap,	 &tour_vmas,	    &tour_huge,		&tour_moved,	  &tour_poison,
};
static const size_t chapter_count = sizeof(chapters) / sizeof(*chapters);

/* For argp: struct control first. */
struct options {
	struct control control;
	const struct tour_chapter *chapter;
	const char *html;
	bool step;
	struct terminal terminal;
};

enum { CHAPTER = 'c', STEP = 's', HTML = 'h' };

static const struct argp_option argp_options[] = {
	{"chapter", CHAPTER, "NAME", 0, "show only this chapter, by name or number", 0},
	{"step", STEP, NULL, 0, "wait for a key after each step; q ends the tour", 0},
	{"html", HTML, "FILE", 0, "write the tour as one HTML file, too", 0},
	{},
};

static const char doc[] =
	"Shows what mmap does, in chapters. Each step makes a call, says what is expected and what "
	"was seen, draws which process maps which frame, and lists the module's tracepoints.\v"
	"Chapters: mapping, fault, file, anonymous, zero-page, processes, fork-shared, "
	"fork-private, "
	"protection, arguments, munmap, vmas, huge, moved, poison.\n\n"
	"The tour OVERWRITES the first 4 MiB of the device. Frame numbers and tracepoints need "
	"root.\n\n"
	"Exit status: 0 all that was seen is as expected; 1 something is not, or it failed; "
	"2 usage error.";

static const struct tour_chapter *find_chapter(const char *name)
{
	uint64_t number;

	if (parse_number(name, &number) && number && number <= chapter_count)
		return chapters[number - 1];
	for (size_t i = 0; i < chapter_count; i++)
		if (!strcmp(name, chapters[i]->name))
			return chapters[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case CHAPTER:
		options->chapter = find_chapter(arg);
		if (!options->chapter)
			argp_error(state, "no chapter '%s': 1 to %zu, or a name that --help lists",
				   arg, chapter_count);
		return 0;
	case STEP:
		options->step = true;
		return 0;
	case HTML:
		options->html = arg;
		return 0;
	case ARGP_KEY_END:
		if (options->step && options->control.json)
			argp_error(state, "--step and --json do not go together");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The tour needs the device for itself, because it counts mappings and reads contents. */
static void open_tour(const struct control *control, struct tour *tour)
{
	struct mmapdemo_info info;

	tour->device = control->device;
	tour->fd = open_device(control, O_RDWR);
	info = control_info(control, tour->fd);
	if (strcmp(info.strategy, "pagecache"))
		control_fail(control,
			     "the tour shows the strategy pagecache, and this device has %s: "
			     "docs/contract.md lists what that supports",
			     info.strategy);
	if (info.vmas || info.opens > 1)
		control_fail(control,
			     "in use (%u mappings, %u other open files), and the tour counts both: "
			     "end those first (mmapdemo maps, fuser)",
			     info.vmas, info.opens - 1);
	if (info.wipe_policy)
		control_fail(control,
			     "a policy wipes it when its last user leaves, but the tour shows that "
			     "contents stay: mmapdemo wipe --policy none");
	if (info.rules)
		control_fail(control, "rules make a part of it fail or slow: mmapdemo heal");
	page = info.page_size;
	if (info.bytes < SMALLEST * page)
		control_fail(control, "too small: mmapdemo resize 16M");
	huge = info.features & MMAPDEMO_FEATURE_HUGE && info.bytes >= info.huge_size
		       ? info.huge_size
		       : 0;
	path = tour->device;
	tour->node = control_device(control);
	tour->bytes = info.bytes;
	tour->page_size = page;
	snprintf(tour->strategy, sizeof(tour->strategy), "%s", info.strategy);
	uname(&tour->system);
	tour->reader = tracing_begin("tour", tour->why_not);
	tour->traced = tour->reader && tracing_enable(NULL);
}

static bool seen(const struct tour *tour, const struct tour_part *part,
		 const struct tour_step *step, void *context)
{
	const struct options *options = context;

	(void)tour;
	if (options->control.json)
		return !stopped_by;
	tour_text_step(part, step, &options->terminal);
	return !stopped_by &&
	       (!options->step || terminal_key("-- press a key to go on, q to end --"));
}

static void run(struct options *options, struct tour *tour)
{
	bool json = options->control.json;

	/* A signal must not end the program before it has undone its settings. */
	catch_signals();
	if (!json)
		tour_text_begin(tour, &options->terminal);
	for (size_t i = 0; i < chapter_count; i++) {
		if (options->chapter && options->chapter != chapters[i])
			continue;
		if (!json)
			tour_text_chapter(chapters[i], i + 1, chapter_count, &options->terminal);
		if (!tour_run(tour, chapters[i], seen, options))
			break;
		if (!json)
			tour_text_part(&tour->parts[tour->count - 1], &options->terminal);
	}
}

static void write_html(const struct options *options, const struct tour *tour)
{
	FILE *file = fopen(options->html, "we");
	bool written;

	if (!file)
		control_fail(&options->control, "%s: %s", options->html, strerror(errno));
	written = tour_html(tour, file);
	if (fclose(file) || !written)
		control_fail(&options->control, "%s: not written: %s", options->html,
			     strerror(errno));
}

int tour_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = doc,
		.children = control_json_argp,
	};
	static struct tour tour; /* kept until the end */
	struct options options = {};
	int status = 0;

	control_parse(&options.control, &argp, argc, argv);
	options.terminal = terminal_find();
	if (options.step && !(options.terminal.is_terminal && isatty(STDIN_FILENO)))
		control_fail(&options.control, "--step wants a terminal");
	open_tour(&options.control, &tour);
	run(&options, &tour);
	if (stopped_by)
		return 128 + stopped_by;
	for (size_t i = 0; i < tour.count; i++)
		status |= tour.parts[i].verdict == DIFFERS;
	if (options.html)
		write_html(&options, &tour);
	if (options.control.json)
		show_pretty(tour_json(&tour));
	else
		tour_text_end(&tour, &options.terminal);
	if (fflush(stdout) || ferror(stdout))
		control_fail(&options.control, "not written: %s", strerror(errno));
	return status;
}

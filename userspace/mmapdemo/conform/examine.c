// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "denied.h"
#include "examine.h"
#include "handed.h"
#include "rows.h"
#include "kernel_log.h"
#include "support/node.h"
#include "support/patience.h"
#include "support/row.h"
#include "support/target.h"
#include "support/target_init.h"

#define DEADLINE      8.0

#define MOST_FOR_ROWS ((off_t)1 << 34)

/* The only descriptor there is of the target, or -1. */
static int handed = -1;

static void make_facts(const struct options *options)
{
	facts = mmap(NULL, sizeof(*facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (facts == MAP_FAILED)
		err(2, "mmap");
	*facts = (struct facts){.fd = handed, .page = sysconf(_SC_PAGESIZE)};
	facts->deadline = options->timeout ? options->timeout : DEADLINE * busy_factor();
	facts->may_write = options->may_write || target_is_expendable();
	facts->may_fill = !options->no_fill;
	facts->told = options->profile_given;
	facts->may_read = !options->no_read;
	facts->prot = PROT_READ;
	facts->profile = options->profile_given ? options->profile : AS_MEMORY;
	facts->regular = target.kind == TARGET_FILE;
	if (target.made && target.kind != TARGET_ANONYMOUS) {
		facts->page = target.page;
		facts->size = target.has_end ? target.size : 0;
	}
	if (options->size)
		facts->size = options->size;
	if (facts->size) {
		facts->size_from = options->size ? SIZE_GIVEN : SIZE_SAID;
		facts->pages = (facts->size + facts->page - 1) / facts->page;
	}
}

/* The user's target, before any access. */
static void name_target(const struct options *options)
{
	struct stat stat_of;
	static char path[32];
	char name[64];

	if (options->command || is_handed(options->target)) {
		target.name = options->target;
		target.kind = TARGET_DEVICE;
		target.has_end = true;
		handed = options->command ? hand_over(options->command)
					  : handed_descriptor(options->target);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", handed);
		target.path = path;
		if (!fstat(handed, &stat_of) && S_ISREG(stat_of.st_mode))
			target.kind = TARGET_FILE;
		return;
	}
	if (!strchr(options->target, '/') && strncmp(options->target, "pci:", 4)) {
		target_find(options->target, options->size);
		return;
	}
	target.name = options->target;
	target.path = path_of_target(options->target);
	refuse_target(target.path);
	target.kind = TARGET_DEVICE;
	target.has_end = true;
	target.in_a_mount = true;
	if (stat(target.path, &stat_of))
		return;
	if (target_is_file(stat_of.st_mode, target.path))
		target.kind = TARGET_FILE;
	if (target.kind == TARGET_FILE && !stat_of.st_size && strncmp(target.path, "/proc/", 6))
		errx(2, "%s: it is empty: there is nothing to map", target.path);
	target.module = S_ISCHR(stat_of.st_mode) && node_is_ours(stat_of.st_rdev, name);
}

/* --setup: the command gets the path, and as descriptor 3 the one that the tests then use. */
static void set_up(const struct options *options)
{
	int fd = facts->fd >= 0 ? facts->fd : open(target.path, O_RDWR | O_CLOEXEC);
	char *command;
	int status;
	pid_t pid;

	if (asprintf(&command, "%s \"$@\"", options->setup) < 0)
		err(2, "asprintf");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid)
		become((char *[]){"/bin/sh", "-c", command, "sh", (char *)target.path, NULL}, fd);
	free(command);
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(2, "--setup %s: it fails with status %d", options->setup,
		     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	facts->fd = fd;
}

static const struct outcome_words *outcome_of(const struct probing *probing, const char *test)
{
	for (size_t i = 0; i < probing->count; i++)
		if (!strcmp(probing->outcomes[i].test, test))
			return &probing->outcomes[i];
	return NULL;
}

static const char *hint_on_mmap(int error)
{
	if (error == ENODEV && !strncmp(target.path, "/sys/", 5))
		return " (a BAR of I/O ports has no .mmap)";
	if (error == ENODEV)
		return " (the driver has no .mmap)";
	return facts->size ? "" : ": does it want --size, or a call first (--setup)?";
}

/* A file that cannot be opened or mapped is no target. */
static void check_survey(const struct probing *probing)
{
	const struct outcome_words *opens = outcome_of(probing, "D.opens");

	if (opens && opens->finding && !strcmp(opens->finding->slug, "hang"))
		errx(2, "%s: no answer to open() within %g s", target.name, facts->deadline);
	if (facts->open_errno) {
		bool rights = facts->open_errno == EACCES || facts->open_errno == EPERM;

		errx(2, "%s: cannot be opened: %s%s", target.name, strerror(facts->open_errno),
		     rights ? ": run as root, or give yourself the right to" : "");
	}
	if (facts->tried_to_map && facts->shared_ro && facts->private_ro)
		errx(2, "%s: cannot be mapped: %s%s", target.name, strerror(facts->shared_ro),
		     hint_on_mmap(facts->shared_ro));
}

static bool named_like_registers(void)
{
	return !strncmp(target.path, "/dev/uio", 8) || !strncmp(target.path, "/dev/mem", 8) ||
	       (!strncmp(target.path, "/sys/", 5) && strstr(target.path, "/resource"));
}

#define SAY_WHAT_IT_IS \
	"it may be registers, and nothing is stored there: say --as dma or --as registers"

/* Guesses the profile before the first store, by name and then by the mapping. */
static const char *guess_profile(const struct options *options)
{
	if (options->profile_given)
		return "--as says so";
	if (named_like_registers()) {
		facts->profile = AS_REGISTERS;
		facts->may_be_registers = false;
		return "of its name";
	}
	if (!facts->tried_to_map)
		return "nothing indicates anything else";
	if (strstr(facts->mapped_as, "[perf_event]") || strstr(facts->mapped_as, "[io_uring]") ||
	    !strncmp(facts->mapped_as, "socket:", 7)) {
		facts->profile = AS_RING;
		facts->may_be_registers = false;
		return "of its name in /proc/self/maps";
	}
	if (facts->open_flags != O_RDWR || (!facts->shared_ro && facts->shared_rw)) {
		facts->profile = AS_READONLY;
		return facts->may_be_registers
			       ? "no shared mapping of it may be written; it may be registers, "
				 "whose loads have side effects: say --as readonly or --as "
				 "registers"
			       : "no shared mapping of it may be written";
	}
	if (facts->may_be_registers) {
		facts->profile = AS_DMA;
		return probe_has_flag("pf") ? "its mapping has VM_PFNMAP (pf); " SAY_WHAT_IT_IS
					    : "its mapping has VM_IO (io); " SAY_WHAT_IT_IS;
	}
	facts->profile = AS_MEMORY;
	return probe_has_flag("mm") ? "its mapping has VM_MIXEDMAP (mm) and takes stores"
	       : *facts->flags ? "its mapping has neither VM_IO nor VM_PFNMAP, and takes stores"
			       : "nothing indicates anything else";
}

/* After an answer of all tests: is the target still what it was? */
static bool is_gone(void)
{
	int fd;

	if (facts->fd >= 0 || facts->open_errno || target.kind == TARGET_ANONYMOUS)
		return false;
	fd = open(target.path, facts->open_flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO);
}

static bool any_broken(const struct probing *probing)
{
	for (size_t i = 0; i < probing->count; i++)
		if (probing->outcomes[i].finding &&
		    probing->outcomes[i].finding->as[facts->profile] == BROKEN)
			return true;
	return false;
}

static bool any_slug(const struct probing *probing, const char *slug)
{
	for (size_t i = 0; i < probing->count; i++)
		if (probing->outcomes[i].finding &&
		    !strcmp(probing->outcomes[i].finding->slug, slug))
			return true;
	return false;
}

/* The rows of the contract need memory that behaves as such. NULL: they can run. */
static const char *why_no_rows(const struct probing *probing)
{
	if (probing->stuck)
		return "a process of an earlier test does not end";
	if (!facts->may_write)
		return "--write is not given";
	if (facts->fd >= 0)
		return "it cannot be opened again";
	if (facts->may_be_registers)
		return "its mapping may be registers: say --as dma or --as registers";
	if (facts->live)
		return "its content changes although the test stores nothing";
	if (!facts->may_read)
		return "--no-read is given";
	if (!is_memory())
		return "rows test memory that programs share";
	if (any_broken(probing))
		return "it is broken, and they would only report that again";
	if (may_be_any_frame())
		return "its size was found by trial, and it maps frames: only its first page is "
		       "stored to (--size)";
	if (facts->size_from == SIZE_ENDLESS)
		return "no end was found (--size)";
	if (facts->own || any_slug(probing, "per-open") || any_slug(probing, "one-at-a-time") ||
	    any_slug(probing, "only-whole") || any_slug(probing, "forgets-on-close"))
		return "they need memory that all programs share, and that can be mapped in parts";
	if (any_slug(probing, "no-split") || any_slug(probing, "not-moved"))
		return "they need mappings that can be unmapped in part, and moved";
	if (any_slug(probing, "mirrored") || any_slug(probing, "length-unit"))
		return "they need each page once, and mappings of any length";
	if (any_slug(probing, "short-read") || any_slug(probing, "short-write"))
		return "they need read() and write() that transfer all that they are asked to";
	if (facts->tried_to_map && (facts->pages < TEST_PAGES || facts->loads < TEST_PAGES))
		return "they need 16 pages";
	if (facts->size > MOST_FOR_ROWS)
		return "they need at most 16 GiB, because some use all of it";
	return NULL;
}

const struct probe *const surveyed_probes[] = {
	mapping_probes, memory_probes, endless_probes, life_probes, later_probes,
	grow_probes,	kernel_probes, empty_probes,   end_probes,  NULL};

static void run_probes(struct probing *probing, const struct options *options, const char **why)
{
	*why = guess_profile(options);
	probing_run(probing, survey_probes);
	if (facts->may_write)
		probing_run(probing, read_probes);
	check_survey(probing);
	*why = guess_profile(options);
	for (size_t i = 0; surveyed_probes[i]; i++)
		probing_run(probing, surveyed_probes[i]);
	if (!facts->may_write)
		probing_run(probing, read_probes);
	probing_run(probing, last_probes);
}

static void show_table(const struct run *run)
{
	putchar('\n');
	view_table.begin(run);
	for (size_t i = 0; i < run->count; i++)
		view_table.tested(run, i);
	view_table.end(run);
}

static void show(const struct diagnosis *diagnosis, enum form form)
{
	switch (form) {
	case FORM_TEXT:
		show_text(diagnosis);
		if (diagnosis->verbose && diagnosis->run)
			show_table(diagnosis->run);
		break;
	case FORM_JSON:
		show_json(diagnosis);
		break;
	case FORM_REPORT:
		show_report(diagnosis);
		break;
	case FORM_PAGE:
		show_page(diagnosis);
		break;
	}
}

/* The user names rows alone. */
static void refuse_rows(const struct options *options)
{
	if (options->command || is_handed(options->target))
		errx(2,
		     "%s: it cannot be opened again, so rows cannot be run: ask for --tests 'D.*'",
		     options->target);
}

int examine(const struct options *options)
{
	struct diagnosis diagnosis = {.target = options->target, .verbose = options->verbose};
	struct probing probing = {};
	struct run run = {.target = options->target, .verbose = options->verbose};
	/* The probes need each other's facts: all of them run. */
	bool probes_alone = options->globs && !strcmp(options->globs, "D.*");
	size_t differences = 0;
	bool gone;

	if (options->globs && !probes_alone)
		refuse_rows(options);
	name_target(options);
	make_facts(options);
	kernel_log_open();
	denied_find();
	if (options->setup)
		set_up(options);
	if ((!options->globs || probes_alone) && target.kind != TARGET_ANONYMOUS)
		run_probes(&probing, options, &diagnosis.profile_why);
	else
		diagnosis.profile_why = guess_profile(options);
	gone = is_gone();
	if (!gone && !probes_alone) {
		const char *why = options->globs ? NULL : why_no_rows(&probing);
		struct options for_rows = *options;

		if (!target.made)
			for_rows.target = target.path;
		if (facts->size_from == SIZE_TRIED)
			for_rows.size = facts->size;
		examine_rows(&for_rows, &run, &probing, why);
		gone = is_gone();
	}
	if (run.count)
		diagnosis.run = &run;
	diagnosis_make(&diagnosis, &probing, facts->profile);
	show(&diagnosis, options->form);
	fflush(stdout);
	if (options->baseline)
		differences = compare_diagnosis(
			options->baseline, &diagnosis,
			options->form == FORM_TEXT || options->form == FORM_REPORT ? stdout
										   : stderr);
	if (gone)
		warnx("%s: it disappeared while it was tested", options->target);
	diagnosis_free(&diagnosis);
	probing_free(&probing);
	run_free(&run);
	if (gone)
		return 2;
	return options->baseline ? differences != 0 : diagnosis.of[BROKEN] != 0;
}

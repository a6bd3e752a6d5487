// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "denied.h"
#include "guard.h"
#include "rows.h"
#include "support/target.h"
#include "support/target_init.h"

/* The rows that apply to foreign drivers: those about mappings. */
#define USUAL_ROWS "S* M1 M2 M3 M4 M5 M6 M7 M8 M13"
/* More hangs add no information, and each takes its test's time. */
#define MOST_HANGS 2

static void refuse_to_overwrite(void)
{
	errx(2,
	     "%s: the tests would overwrite its first %d pages (%zu bytes), its last two, and some "
	     "might change others of its %jd bytes: --write says that it may be lost",
	     target.name, TEST_PAGES, pages(TEST_PAGES), (intmax_t)target.size);
}

void prepare_rows(void *argument, int to)
{
	const struct options *options = argument;

	(void)to;
	/* An examination has made it before. */
	if (target.made)
		target_check_size();
	else
		target_init(options->target, options->size);
	if (!target_is_expendable() && !options->may_write)
		refuse_to_overwrite();
	target_probe();
}

/* As Check does before each row. */
const char *rows_lack(void)
{
	const char *temp = getenv("TEMP") ? getenv("TEMP") : P_tmpdir;
	static char why[300];
	char path[250];
	int fd;

	if (snprintf(path, sizeof(path), "%s/check_XXXXXX", temp) >= (int)sizeof(path))
		return "TEMP is too long";
	fd = mkstemp(path);
	if (fd < 0) {
		snprintf(why, sizeof(why),
			 "no file can be made in %.200s (TEMP), and they need one: %s", temp,
			 strerror(errno));
		return why;
	}
	close(fd);
	unlink(path);
	return NULL;
}

/* NULL: the rows can be run. Otherwise why not, to be freed. */
static char *try_to_prepare(const struct options *options)
{
	struct guarded guarded;
	char *said = NULL, *reason;
	int status = -1;
	size_t size;

	guard_begin(&guarded, prepare_rows, (void *)options);
	guarded.show = text_stream(&said, &size);
	if (!guard_hear(&guarded, NULL, 0, 2 * facts->deadline))
		status = guard_end(&guarded);
	fclose(guarded.show);
	if (!status) {
		free(said);
		return NULL;
	}
	said[strcspn(said, "\n")] = '\0';
	reason = strstr(said, ": ");
	reason = status < 0 ? copy_text("it does not answer in time")
		 : reason   ? copy_text(reason + 2)
			    : format_text("its preparation ends with status %d", status);
	free(said);
	return reason;
}

/* How a row did not hold, as findings.c has it. */
static const char *key_of(const struct outcome *outcome)
{
	if (outcome->verdict == UNSUPPORTED)
		return "unsupported";
	if (strstr(outcome->message, "SIGKILL does not end it"))
		return "stuck";
	if (strstr(outcome->message, "Test timeout expired"))
		return "timeout";
	if (strstr(outcome->message, "Received signal"))
		return "signal";
	if (!strncmp(outcome->message, "mmap(", 5) && strstr(outcome->message, target.name))
		return "refused";
	return "failed";
}

/* A probe has found already that the target lacks what the row needs. */
static const char *told_already(const struct test *test, const struct outcome *outcome,
				const char *key)
{
	bool lacks_io = facts->tried_to_map && !(facts->reads && facts->writes);

	if (!strcmp(key, "refused") && facts->private_rw)
		return "private mappings are refused";
	if (lacks_io &&
	    (!strncmp(test->name, "M8.", 3) || !strncmp(outcome->message, "no read", 7) ||
	     !strncmp(outcome->message, "no write", 8)))
		return "it has no read() and write()";
	return NULL;
}

static void add_row(struct probing *probing, const struct test *test, const struct outcome *outcome)
{
	char shows[600];
	const char *key, *why;

	if (outcome->verdict == PASSED) {
		probing_add(probing, test->name, NULL, "");
		return;
	}
	if (outcome->verdict == NOT_APPLICABLE) {
		probing_skip(probing, test->name, outcome->message);
		return;
	}
	key = key_of(outcome);
	why = told_already(test, outcome, key);
	if (why) {
		probing_skip(probing, test->name, why);
		return;
	}
	if (!strcmp(key, "unsupported"))
		snprintf(shows, sizeof(shows), "%s", outcome->message);
	else if (!strcmp(key, "refused"))
		snprintf(shows, sizeof(shows), "mmap() says %s in the test that \"%s\" (%s)",
			 strrchr(outcome->message, ':') + 2, test->row->says, test->name);
	else
		snprintf(shows, sizeof(shows), "it does not hold that \"%s\" (%s)%s",
			 test->row->says, test->name,
			 !strcmp(key, "signal")	   ? ", but a load or store ends in a signal"
			 : !strcmp(key, "timeout") ? ", but a call or a load does not end"
						   : "");
	probing_add(probing, test->name, key, shows);
}

static void skip_from(struct probing *probing, const struct run *run, size_t first, const char *why)
{
	for (size_t i = first; i < run->count; i++)
		probing_skip(probing, run->tests[i].name, why);
}

/* A system call that the kernel ends by SIGSYS is no crash of the target. */
static bool is_crash(const char *message)
{
	char refused[40];

	snprintf(refused, sizeof(refused), "Received signal %d ", SIGSYS);
	return strstr(message, "Received signal") && !strstr(message, refused);
}

void rows_forgive(const struct test *test, struct outcome *outcome)
{
	const char *why = denied_to(test->name);

	if (!why || outcome->verdict == PASSED || outcome->verdict == NOT_APPLICABLE ||
	    is_crash(outcome->message) || strstr(outcome->message, "SIGKILL does not end it") ||
	    strstr(outcome->message, "Test timeout expired"))
		return;
	outcome->verdict = NOT_APPLICABLE;
	free(outcome->message);
	outcome->message = copy_text(why);
}

static size_t run_rows(struct run *run, struct probing *probing)
{
	struct runner runner = {.tests = run->tests, .count = run->count};
	const char *why = NULL;
	size_t done = 0, hangs = 0;

	while (done < run->count && !why) {
		struct outcome *outcome = &run->outcomes[done];
		bool stuck = !runner_next(&runner, outcome);

		rows_forgive(&run->tests[done], outcome);
		add_row(probing, &run->tests[done], outcome);
		probing_look_at_log(probing, run->tests[done].name);
		done++;
		hangs += strstr(outcome->message, "Test timeout expired") != NULL;
		if (stuck)
			why = "a process of an earlier test does not end";
		else if (probing->crashed)
			why = "the kernel crashed in an earlier test";
		else if (hangs >= MOST_HANGS)
			why = "earlier tests hang";
	}
	if (why)
		skip_from(probing, run, done, why);
	else
		runner_end(&runner);
	return done;
}

void examine_rows(const struct options *options, struct run *run, struct probing *probing,
		  const char *why)
{
	const char *rows = target_is_expendable() ? "*" : USUAL_ROWS;
	char *failed = NULL;

	run_choose(run, options->globs ? options->globs : rows, options->timeout);
	if (!why)
		why = rows_lack();
	if (!why && strchr(options->target, '/'))
		why = failed = try_to_prepare(options);
	/* Rows that the user names and that cannot run are an error. */
	if (failed && options->globs)
		errx(2, "%s", failed);
	if (why) {
		skip_from(probing, run, 0, why);
		run->count = 0;
	} else {
		prepare_rows((void *)options, -1);
		run->count = run_rows(run, probing);
	}
	if (!facts->size) {
		facts->size = target.size;
		facts->size_from = SIZE_SAID;
	}
	free(failed);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"
#include "support/contract.h"
#include "support/patience.h"
#include "support/target.h"
#include "support/target_reset.h"

/* Emulated machines are slow, and a hang costs this long once. */
#define DEFAULT_TIMEOUT 30.0
/* So many seconds Check's SIGKILL may take to end a test, and what the test left to end. */
#define KILL_PATIENCE	 5
#define ORPHANS_PATIENCE 10

extern const struct row *const __start_rows[];
extern const struct row *const __stop_rows[];

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = *(const struct row *const *)left;
	const struct row *b = *(const struct row *const *)right;
	int by_id = contract_place(a->id) - contract_place(b->id);
	int by_file = strcmp(a->test.file, b->test.file);

	if (by_id)
		return by_id;
	return by_file ? by_file : a->test.line - b->test.line;
}

static void name_test(struct test *test)
{
	const struct row *row = test->row;
	int room = sizeof(test->name);
	int length = snprintf(test->name, room, "%s.%s", row->id, row->test.name);

	for (char *c = test->name; *c; c++)
		if (*c == '_')
			*c = '-';
	if (row->variant_count && length < room) {
		const char *variants = row->variants;
		const char *name;

		memcpy(&name, variants + test->variant * row->variant_size, sizeof(name));
		length += snprintf(test->name + length, room - length, "[%s]", name);
	}
	if (length >= room)
		errx(2, "%s: name too long", test->name);
}

static bool matches(const struct test *test, const char *globs)
{
	char list[1024];
	char *rest = list;
	char *glob;

	if (!globs)
		return true;
	if (snprintf(list, sizeof(list), "%s", globs) >= (int)sizeof(list))
		errx(2, "too long a list of rows");
	while ((glob = strsep(&rest, " ,")))
		if (*glob && (!fnmatch(glob, test->row->id, 0) || !fnmatch(glob, test->name, 0)))
			return true;
	return false;
}

size_t runner_select(const char *globs, struct test **tests)
{
	size_t count = __stop_rows - __start_rows;
	const struct row **rows = calloc(count, sizeof(*rows));
	size_t selected = 0, most = 0;

	if (!rows)
		err(2, "calloc");
	memcpy(rows, __start_rows, count * sizeof(*rows));
	qsort(rows, count, sizeof(*rows), compare_rows);

	for (size_t i = 0; i < count; i++)
		most += rows[i]->variant_count ? rows[i]->variant_count : 1;
	*tests = calloc(most, sizeof(**tests));
	if (!*tests)
		err(2, "calloc");

	for (size_t i = 0; i < count; i++) {
		int variant = 0;

		do {
			struct test *test = &(*tests)[selected];

			test->row = rows[i];
			test->variant = variant;
			test->timeout = rows[i]->timeout ? rows[i]->timeout : DEFAULT_TIMEOUT;
			test->timeout *= busy_factor();
			name_test(test);
			selected += matches(test, globs);
		} while (++variant < (int)rows[i]->variant_count);
	}
	free(rows);
	return selected;
}

static bool take_mark(const char **message, const char *mark)
{
	bool found = !strncmp(*message, mark, strlen(mark));

	if (found)
		*message += strlen(mark);
	return found;
}

static char *copy_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		err(2, "strdup");
	return copy;
}

/* Check keeps the place of the last assertion, which is at first that of the test itself. */
static bool asserts_nothing(const struct test *test, TestResult *result)
{
	const char *file = tr_lfile(result);

	return !file ||
	       (tr_lno(result) == test->row->test.line && !strcmp(file, test->row->test.file));
}

/* An outcome on its way from the process that runs Check. */
struct report {
	enum verdict verdict;
	int line;
	char file[256], message[3800];
};
_Static_assert(sizeof(struct report) <= PIPE_BUF, "a pipe takes a report as one");

static struct report report_of(const struct test *test, const char *file, int line,
			       const char *message)
{
	struct report report = {.verdict = FAILED, .line = file ? line : test->row->test.line};

	snprintf(report.file, sizeof(report.file), "%s", file ? file : test->row->test.file);
	snprintf(report.message, sizeof(report.message), "%s", message);
	return report;
}

/* A crash or a timeout has the last assertion that was passed for a place. */
static struct report report_result(const struct test *test, TestResult *result)
{
	const char *message = tr_msg(result) ? tr_msg(result) : "no message";
	enum verdict verdict = FAILED;
	struct report report;

	if (tr_rtype(result) == CK_PASS && !asserts_nothing(test, result)) {
		verdict = PASSED;
		message = "";
	} else if (tr_rtype(result) == CK_PASS) {
		message = "the test passed no assertion: it could not have failed";
	} else if (take_mark(&message, ROW_MARK_NOT_APPLICABLE)) {
		verdict = NOT_APPLICABLE;
	} else if (take_mark(&message, ROW_MARK_UNSUPPORTED)) {
		verdict = UNSUPPORTED;
	}
	report = report_of(test, tr_lfile(result), tr_lno(result), message);
	report.verdict = verdict;
	return report;
}

/*
 * A process that a test leaves running restores the system's settings, so that the next test must
 * not begin before its end. The wait for a process that cannot end is limited.
 */
static void wait_for_orphans(const struct test *test)
{
	pid_t pid = 0;

	for (int i = 0; i < ORPHANS_PATIENCE * 100; i++) {
		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0);
		if (pid < 0)
			return;
		usleep(10000);
	}
	warnx("%s left a process that does not end", test->name);
}

/*
 * The pipe for this process's reports. The tests' processes close it, so that it ends with this
 * one.
 */
static int report_to;

static void begin_test(void)
{
	close(report_to);
	target_reset();
}

static struct report run_check(const struct test *test)
{
	Suite *suite = suite_create(test->row->id);
	TCase *tcase = tcase_create(test->name);
	SRunner *runner = srunner_create(suite);
	struct report report;
	TestResult **results;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, test->timeout);
	tcase_add_checked_fixture(tcase, begin_test, NULL);
	tcase_add_loop_test(tcase, &test->row->test, test->variant, test->variant + 1);

	/* Signals and timeouts are caught by the fork alone, whatever CK_FORK says. */
	srunner_set_fork_status(runner, CK_FORK);
	fflush(NULL);
	srunner_run_all(runner, CK_SILENT);
	wait_for_orphans(test);
	if (srunner_ntests_run(runner) != 1)
		errx(2, "%s: Check ran %d tests, not 1", test->name, srunner_ntests_run(runner));

	results = srunner_results(runner);
	report = report_result(test, results[0]);
	free(results);
	srunner_free(runner);
	return report;
}

static void run_rest(void *argument, int to)
{
	const struct runner *runner = argument;

	report_to = to;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		err(2, "PR_SET_CHILD_SUBREAPER");
	for (size_t i = runner->next; i < runner->count; i++) {
		struct report report = run_check(&runner->tests[i]);

		if (write(to, &report, sizeof(report)) != sizeof(report))
			err(2, "%s: its report", runner->tests[i].name);
	}
}

bool runner_next(struct runner *runner, struct outcome *outcome)
{
	const struct test *test = &runner->tests[runner->next];
	double grace = ORPHANS_PATIENCE + KILL_PATIENCE * busy_factor();
	struct guarded *guarded = &runner->guarded;
	struct report report;
	ssize_t heard;

	if (!guarded->pid)
		guard_begin(guarded, run_rest, runner);
	runner->next++;
	heard = guard_hear(guarded, &report, sizeof(report), test->timeout + grace);
	if (heard < 0) {
		report = report_of(test, NULL, 0, "its process hangs, and SIGKILL does not end it");
	} else if (!heard) {
		guard_end(guarded);
		report = report_of(test, NULL, 0, "the test's runner ended without a result");
	}
	*outcome = (struct outcome){report.verdict, copy_of(report.file), report.line,
				    copy_of(report.message)};
	return heard >= 0;
}

void runner_end(struct runner *runner)
{
	if (runner->guarded.pid)
		guard_end(&runner->guarded);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->file);
	free(outcome->message);
}

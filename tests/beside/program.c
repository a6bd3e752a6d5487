// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"
#include "object.h"
#include "program.h"
#include "run.h"

struct job {
	const struct program *program;
	struct world w;
};

/* The child does what it is told by the number of a step. It says that it did by the same byte. */
struct child {
	pid_t pid;
	int tell, hear;
};

static void do_step(struct job *job, unsigned int number)
{
	const struct step *step = &job->program->step[number];
	struct world *w = &job->w;
	char prefix[12];

	snprintf(prefix, sizeof(prefix), "%u.", number);
	result_prefix(prefix);
	w->map = &w->maps[step->map];
	w->page = step->page;
	w->count = step->count;
	step->op->run(w, step->op->arg);
	/* Mappings are left as they are: what is not mapped yet is to stay so. */
	say_file("contents", w->fd, w->pages);
	result_prefix("");
}

/* STEPS_MAX means: say what you see, and end. */
static _Noreturn void be_child(struct job *job, int from, int to)
{
	unsigned char number;

	while (read(from, &number, 1) == 1) {
		if (number == STEPS_MAX) {
			result_prefix("child.");
			facts_say(&job->w);
			_exit(0);
		}
		do_step(job, number);
		if (write(to, &number, 1) != 1)
			break;
	}
	_exit(0);
}

static struct child make_child(struct job *job)
{
	int to_child[2], from_child[2];
	struct child child = {0};

	if (pipe(to_child) || pipe(from_child))
		err(2, "pipe");
	child.pid = fork();
	if (child.pid < 0)
		err(2, "fork");
	if (!child.pid) {
		close(to_child[1]);
		close(from_child[0]);
		be_child(job, to_child[0], from_child[1]);
	}
	close(to_child[0]);
	close(from_child[1]);
	child.tell = to_child[1];
	child.hear = from_child[0];
	return child;
}

/* A child that has ended does nothing more; its result says how it ended. */
static void tell(const struct child *child, unsigned char number)
{
	if (write(child->tell, &number, 1) != 1 || read(child->hear, &number, 1) != 1)
		return;
}

static void do_program(void *arg)
{
	struct job *job = arg;
	const struct program *program = job->program;
	struct child child = {0};

	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; i < program->maps; i++)
		run_map(&job->w, i, program->map[i].first, program->map[i].pages,
			program->map[i].shared);
	for (unsigned int i = 0; i < program->steps; i++) {
		if (i == program->fork_at)
			child = make_child(job);
		if (child.pid && program->step[i].who)
			tell(&child, i);
		else
			do_step(job, i);
	}
	if (child.pid) {
		tell(&child, STEPS_MAX);
		waitpid(child.pid, NULL, 0);
	}
	facts_say(&job->w);
}

void program_run(const struct program *program, enum kind kind, struct result *result)
{
	struct job job = {.program = program};

	result->length = 0;
	result->text[0] = '\0';
	object_make(&job.w, kind, program->huge ? HUGE : SMALL);
	run_child(result, do_program, &job);
	object_drop(&job.w);
}

void program_print(const struct program *program, const char *prefix)
{
	printf("%sprogram huge=%d fork=%u maps=%u", prefix, program->huge, program->fork_at,
	       program->maps);
	for (unsigned int i = 0; i < program->maps; i++)
		printf(" %u:%u:%s", program->map[i].first, program->map[i].pages,
		       program->map[i].shared ? "shared" : "private");
	printf("\n");
	for (unsigned int i = 0; i < program->steps; i++) {
		const struct step *step = &program->step[i];

		printf("%sstep %s map=%u page=%u count=%u who=%u\n", prefix, step->op->name,
		       step->map, step->page, step->count, step->who);
	}
}

static void read_program_line(const char *line, struct program *program)
{
	int huge, length = 0;

	if (sscanf(line, "program huge=%d fork=%u maps=%u%n", &huge, &program->fork_at,
		   &program->maps, &length) != 3 ||
	    !program->maps || program->maps > MAPS_MAX)
		errx(2, "no program is '%s'", line);
	program->huge = huge;
	for (unsigned int i = 0; i < program->maps; i++) {
		char kind[8];
		int used = 0;

		line += length;
		if (sscanf(line, " %u:%u:%7s%n", &program->map[i].first, &program->map[i].pages,
			   kind, &used) != 3 ||
		    program->map[i].pages > OBJECT_PAGES_MAX + PAST_END)
			errx(2, "no mapping is '%s'", line);
		program->map[i].shared = !strcmp(kind, "shared");
		length = used;
	}
}

static const struct op *op_named(const char *name)
{
	for (size_t i = 0; i < ops_count; i++)
		if (!strcmp(ops[i]->name, name))
			return ops[i];
	errx(2, "no operation is '%s'", name);
}

static void read_step_line(const char *line, struct program *program)
{
	struct step *step = &program->step[program->steps];
	char name[80];

	if (!program->maps || program->steps == STEPS_MAX ||
	    sscanf(line, "step %79s map=%u page=%u count=%u who=%u", name, &step->map, &step->page,
		   &step->count, &step->who) != 5 ||
	    step->map >= program->maps)
		errx(2, "no step is '%s'", line);
	step->op = op_named(name);
	program->steps++;
}

void program_read(FILE *file, struct program *program)
{
	char line[256];

	*program = (struct program){0};
	while (fgets(line, sizeof(line), file)) {
		const char *start = line + strspn(line, "# ");

		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(start, "program ", 8))
			read_program_line(start, program);
		else if (!strncmp(start, "step ", 5))
			read_step_line(start, program);
		else if (*start)
			errx(2, "neither a program nor a step is '%s'", start);
	}
	if (!program->steps)
		errx(2, "a program without steps");
}

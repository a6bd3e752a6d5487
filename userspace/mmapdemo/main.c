// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo: one command that uses, examines and tests devices with mmap(). */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "common/memory.h"
#include "support/agent.h"
#include "support/row.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *says;
} commands[] = {
	{"tour", tour_main, "show what mmap does, step by step: start here"},
	{"doctor", doctor_main, "find why the device cannot be used here, and the cure"},
	{"bench", bench_main, "measure the cost of mapping, beside memfd, tmpfs and others"},
	{"conform", conform_main, "test a driver, or other mappable memory, and name mistakes"},
	{"info", info_main, "show the device's size, settings and counters"},
	{"map", map_main, "draw the pages of processes, and the frames behind them"},
	{"maps", maps_main, "list the device's current mappings in all processes"},
	{"watch", watch_main, "show mappings, page faults and commands as they happen"},
	{"list", list_main, "list the device nodes"},
	{"create", create_main, "run a command with a new buffer, or make a node"},
	{"destroy", destroy_main, "remove a node"},
	{"resize", resize_main, "change the device's size"},
	{"punch", punch_main, "free the memory of a range"},
	{"collapse", collapse_main, "make huge pages of a range's small ones"},
	{"wipe", wipe_main, "zero the contents, now or when the last user leaves"},
	{"fill", fill_main, "have the kernel write a pattern"},
	{"sum", sum_main, "have the kernel compute a checksum, and compare it"},
	{"poison", poison_main, "make accesses to a range fail"},
	{"slow", slow_main, "delay the accesses to a range, or only count them"},
	{"rules", rules_main, "list the rules of poison and slow, and their counters"},
	{"heal", heal_main, "remove the rules of poison and slow"},
	{"notify", notify_main, "wake the processes that wait for the device"},
	{"wait", wait_main, "wait for notify, resize, wipe, or the end of the last mapping"},
};

const char *argp_program_version = "mmapdemo " MMAPDEMO_VERSION;

/* Where the sub-command's own arguments begin. */
struct choice {
	const struct command *command;
	int first;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
			if (!strcmp(arg, commands[i].name))
				choice->command = &commands[i];
		if (!choice->command)
			argp_error(state, "no command '%s'", arg);
		choice->first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static char *list_commands(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *file;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	file = text_stream(&list, &size);
	fputs("Commands (each has its own --help):\n", file);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].says);
	fclose(file);
	return list;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = "Uses, examines and tests devices with mmap().\v ",
		.help_filter = list_commands,
	};
	struct choice choice = {};
	char name[64];

	/* The tests' other process is another run of this program: agent.h */
	if (argc == 3 && !strcmp(argv[1], "--agent"))
		return agent_main(argv[2]);

	/* A caller that ignores SIGCHLD hands that on, and waitpid() would find no child. */
	signal(SIGCHLD, SIG_DFL);
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice);
	snprintf(name, sizeof(name), "mmapdemo %s", choice.command->name);
	argv[choice.first] = name;
	return choice.command->main(argc - choice.first, argv + choice.first);
}

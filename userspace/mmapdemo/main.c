// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo: one command for what is done with, and asked of, mappable devices. */
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
	{"tour", tour_main, "what mmap does, step by step: start here"},
	{"doctor", doctor_main, "what keeps the device from being used here, and the cure"},
	{"bench", bench_main, "measure what mapping costs, beside what else can be mapped"},
	{"conform", conform_main, "hold a device, or what else can be mapped, to the contract"},
	{"info", info_main, "what the device is, and what happened to it"},
	{"map", map_main, "a picture of processes' memory, and the frames it is"},
	{"maps", maps_main, "its mappings, in all processes, now"},
	{"watch", watch_main, "mappings, faults and commands as they happen"},
	{"list", list_main, "its device nodes"},
	{"create", create_main, "run a command with a buffer of its own, or make a node"},
	{"destroy", destroy_main, "take a node away"},
	{"resize", resize_main, "give it another size"},
	{"punch", punch_main, "give a range's memory back"},
	{"collapse", collapse_main, "make a range's memory huge pages again"},
	{"wipe", wipe_main, "zero the contents, now or when the last user goes"},
	{"fill", fill_main, "have the kernel write a pattern"},
	{"sum", sum_main, "have the kernel take a checksum, and compare"},
	{"poison", poison_main, "make a range fail when it is touched"},
	{"slow", slow_main, "make a range slow, or count what touches it"},
	{"rules", rules_main, "list what poison and slow did, and how often it struck"},
	{"heal", heal_main, "end what poison and slow did"},
	{"notify", notify_main, "wake who waits for the device"},
	{"wait", wait_main, "wait for notify, resize, wipe, or the last mapping to go"},
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
	fputs("Commands, each with a --help of its own:\n", file);
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
		.doc = "What can be done with, and asked of, mappable devices.\v ",
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

// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo doctor: why the device cannot be used here, and what cures that. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"
#include "command.h"
#include "common/memory.h"
#include "facts.h"

struct options {
	struct patient patient;
	bool json;
};

enum { DEVICE = 'd', JSON = 'j', ROOT = 'r' };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case DEVICE:
		options->patient.device = arg;
		return 0;
	case JSON:
		options->json = true;
		return 0;
	case ROOT:
		if (!strcmp(arg, "/"))
			return 0;
		options->patient.root = arg;
		options->patient.root_fd = open(arg, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (options->patient.root_fd < 0)
			argp_error(state, "--root %s: %s", arg, strerror(errno));
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void look_at(struct diagnosis *diagnosis, struct entry *entries, const struct check *checks)
{
	for (; checks->name; checks++) {
		struct entry *entry = &entries[diagnosis->count++];

		entry->check = checks;
		if (checks->of & OF_PROCESS && *diagnosis->patient->root)
			unknown(&entry->finding,
				"not checked: --root has the files of a system, but "
				"not its processes");
		else if (checks->of & OF_KERNEL && !*diagnosis->patient->release)
			unknown(&entry->finding,
				"not checked: /lib/modules does not tell which kernel that "
				"system runs");
		else if (checks->of & OF_RUNNING && !fact_runs(diagnosis->patient))
			unknown(&entry->finding, "not checked: --root has the files of a system "
						 "that does not run");
		else
			check_run(checks, diagnosis->patient, &entry->finding);
		diagnosis->of[entry->finding.state]++;
	}
}

static void find_release(struct patient *patient)
{
	struct utsname system = {};

	if (*patient->root) {
		fact_other_release(patient, patient->release);
		return;
	}
	uname(&system);
	snprintf(patient->release, sizeof(patient->release), "%s", system.release);
}

int doctor_main(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"device", DEVICE, "PATH", 0, "the device (default: /dev/mmapdemo)", 0},
		{"json", JSON, NULL, 0, "print JSON, for programs", 0},
		{"root", ROOT, "DIR", 0,
		 "check the files of another system, which is mounted at DIR, such as /mnt in a "
		 "rescue system",
		 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Finds the reasons why the device cannot be used here, and prints the "
		       "command that cures each. It needs neither root nor the module, and "
		       "changes nothing: it opens the device, but does not map it.\v"
		       "Each line is fine, note, wrong or unknown. A note names a setting that "
		       "works but costs something. An unknown line says why the check could not be "
		       "made. Cure the problems from the top.\n\n"
		       "Exit status: 0 nothing is wrong; 1 something is wrong; 2 usage error.",
	};
	struct options options = {
		.patient = {.root = "", .device = "/dev/mmapdemo", .caller = getppid()}};
	struct entry entries[32] = {};
	struct diagnosis diagnosis = {.patient = &options.patient, .entries = entries};

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	/* If the caller ignores SIGCHLD, waitpid() would find no child. */
	signal(SIGCHLD, SIG_DFL);
	find_release(&options.patient);
	look_at(&diagnosis, entries, build_checks);
	look_at(&diagnosis, entries, node_checks);
	look_at(&diagnosis, entries, memory_checks);
	(options.json ? doctor_json : doctor_text)(&diagnosis);
	return diagnosis.of[WRONG] != 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo doctor: what keeps the device from being used here, and what cures it. */
#include <argp.h>
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
		options->patient.root = strcmp(arg, "/") ? arg : "";
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void look_at(struct diagnosis *diagnosis, struct entry *entries, const struct check *checks)
{
	for (; checks->name; checks++) {
		struct entry *entry = &entries[diagnosis->count++];

		entry->check = checks;
		if (checks->of_this_process && *diagnosis->patient->root)
			unknown(&entry->finding,
				"not looked at: --root has the files of a system, and "
				"not its processes");
		else
			check_run(checks, diagnosis->patient, &entry->finding);
		diagnosis->of[entry->finding.state]++;
	}
}

static void find_release(struct patient *patient)
{
	struct utsname system = {};

	if (fact_line(patient, "/proc/sys/kernel/osrelease", patient->release,
		      sizeof(patient->release)))
		return;
	uname(&system);
	snprintf(patient->release, sizeof(patient->release), "%s", system.release);
}

int doctor_main(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"device", DEVICE, "PATH", 0, "the device (default: /dev/mmapdemo)", 0},
		{"json", JSON, NULL, 0, "for programs: JSON", 0},
		{"root", ROOT, "DIR", 0,
		 "look at another system's files, which are below DIR, such as a rescue system's "
		 "/mnt",
		 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Says what keeps the device from being used here, and the command that "
		       "cures "
		       "it. It needs neither rights nor the module, and changes nothing.\v"
		       "Each line is fine, wrong or unknown. Unknown: it could not be looked at, "
		       "and "
		       "the line says why. Faults are best cured from the top.\n\n"
		       "Exit status: 0 nothing is wrong; 1 something is wrong; 2 usage.",
	};
	struct options options = {
		.patient = {.root = "", .device = "/dev/mmapdemo", .caller = getppid()}};
	struct entry entries[32] = {};
	struct diagnosis diagnosis = {.patient = &options.patient, .entries = entries};

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	find_release(&options.patient);
	look_at(&diagnosis, entries, build_checks);
	look_at(&diagnosis, entries, node_checks);
	look_at(&diagnosis, entries, memory_checks);
	(options.json ? doctor_json : doctor_text)(&diagnosis);
	return diagnosis.of[WRONG] != 0;
}

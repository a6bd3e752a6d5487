// SPDX-License-Identifier: GPL-2.0-only
/* The machine, as /proc and /sys have it. */
#define _GNU_SOURCE
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/number.h"
#include "counters.h"
#include "crowd.h"
#include "machine.h"
#include "support/proc.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"
#define CPU "/sys/devices/system/cpu/"

static void line(const char *label, const char *text)
{
	printf("%-13s %s\n", label, text);
}

/* The first line of a file, without its end. */
static bool read_line(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	bool done = file && fgets(text, size, file);

	if (file)
		fclose(file);
	if (done)
		text[strcspn(text, "\n")] = '\0';
	return done;
}

static void show_file(const char *label, const char *path, const char *otherwise)
{
	char text[256];

	line(label, read_line(path, text, sizeof(text)) ? text : otherwise);
}

/* On some architectures the file has no name of the processor. */
static void show_processor(void)
{
	char text[512], model[256] = "unknown model";
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool in_vm = false;

	while (file && fgets(text, sizeof(text), file)) {
		sscanf(text, "model name : %255[^\n]", model);
		in_vm |= !strncmp(text, "flags", 5) && strstr(text, " hypervisor");
	}
	if (file)
		fclose(file);
	snprintf(text, sizeof(text), "%s%s; %ld online, %u used", model, in_vm ? ", in a VM" : "",
		 sysconf(_SC_NPROCESSORS_ONLN), crowd_processors());
	line("processor", text);
}

static void show_memory(void)
{
	char text[128], size[32], page[32];

	snprintf(text, sizeof(text), "%s, pages of %s",
		 number_words(meminfo("MemTotal") * KIB & -(uint64_t)MIB, size),
		 number_words(sysconf(_SC_PAGESIZE), page));
	line("memory", text);
}

/* The mitigations on the kernel's command line, and those that are active. */
static void show_mitigations(void)
{
	char text[4096], *found = NULL;
	glob_t files = {};

	if (read_line("/proc/cmdline", text, sizeof(text)))
		found = strstr(text, "mitigations=");
	line("mitigations", found ? strtok(found, " ") : "as the kernel chooses");
	if (glob(CPU "vulnerabilities/*", 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++)
		if (read_line(files.gl_pathv[i], text, sizeof(text)) &&
		    strcmp(text, "Not affected"))
			printf("%-13s %s: %s\n", "", strrchr(files.gl_pathv[i], '/') + 1, text);
	globfree(&files);
}

void machine_show(void)
{
	struct utsname system = {};
	char text[512];

	uname(&system);
	snprintf(text, sizeof(text), "%s %s %s", system.sysname, system.release, system.machine);
	line("kernel", text);
	line("mmapdemo", MMAPDEMO_VERSION);
	show_file("module", "/sys/module/mmapdemo/version", "not loaded");
	show_processor();
	show_memory();
	show_file("governor", CPU "cpu0/cpufreq/scaling_governor", "none");
	show_file("clock", "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		  "unknown");
	show_file("THP", THP "enabled", "none");
	show_file("THP of shmem", THP "shmem_enabled", "none");
	show_mitigations();
	counters_say(text, sizeof(text));
	line("counters", text);
	line("user", geteuid() ? "not root" : "root");
}

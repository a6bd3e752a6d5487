// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo maps: the processes that map the device, from the module's debugfs file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "common/json.h"
#include "control.h"

struct mapping {
	int pid;
	unsigned long long start, end, offset;
	char permissions[5], comm[64];
};

static FILE *open_list(const struct control *control)
{
	const struct device device = control_device(control);
	const char *cause = NULL;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/mmapdemo/%s/mappings", device.name);
	file = fopen(path, "re");
	if (file)
		return file;
	if (errno == EACCES || errno == EPERM)
		cause = "only root may read it";
	else if (errno == ENOENT)
		cause = "no such device is loaded, or debugfs is not mounted (mount -t debugfs "
			"none /sys/kernel/debug)";
	control_fail(control, "%s: %s%s%s", path, strerror(errno), cause ? ": " : "",
		     cause ? cause : "");
}

static bool next(const struct control *control, FILE *file, struct mapping *mapping)
{
	static char *line;
	static size_t room;

	if (getline(&line, &room, file) < 0) {
		if (ferror(file))
			control_fail(control, "reading its mappings: %s", strerror(errno));
		free(line);
		return false;
	}
	if (sscanf(line, "%d %llx-%llx %4s %llx %63[^\n]", &mapping->pid, &mapping->start,
		   &mapping->end, mapping->permissions, &mapping->offset, mapping->comm) != 6)
		control_fail(control, "this program does not understand the module's line '%s'",
			     line);
	return true;
}

/* 0 in the list: the module does not know the process. */
static void print_pid(int pid)
{
	if (pid)
		printf("%7d", pid);
	else
		printf("%7s", "?");
}

static void print_text(const struct control *control, FILE *file)
{
	struct mapping mapping;

	printf("%7s %-16s %-27s %-5s %12s %12s\n", "PID", "COMM", "RANGE", "PERMS", "OFFSET",
	       "LENGTH");
	while (next(control, file, &mapping)) {
		print_pid(mapping.pid);
		printf(" %-16s %13llx-%-13llx %-5s %#12llx %#12llx\n", mapping.comm, mapping.start,
		       mapping.end, mapping.permissions, mapping.offset,
		       mapping.end - mapping.start);
	}
}

static void print_json(const struct control *control, FILE *file)
{
	struct json_object *array = json_object_new_array();
	struct mapping mapping;

	while (next(control, file, &mapping)) {
		struct json_object *object = json_object_new_object();

		add_number(object, "pid", mapping.pid);
		add_text(object, "comm", mapping.comm);
		add_number(object, "start", mapping.start);
		add_number(object, "end", mapping.end);
		add_text(object, "perms", mapping.permissions);
		add_number(object, "offset", mapping.offset);
		json_object_array_add(array, object);
	}
	show_pretty(array);
}

int maps_main(int argc, char **argv)
{
	struct control control = control_plain(
		argc, argv, control_json_argp, NULL,
		"Lists the mappings (VMAs) of the device, with their processes.\v"
		"PID is ? if the module does not know the process.\n\n" CONTROL_STATUS);
	FILE *file;

	file = open_list(&control);
	(control.json ? print_json : print_text)(&control, file);
	fclose(file);
	return 0;
}

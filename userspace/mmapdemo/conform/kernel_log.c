// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "kernel_log.h"
#include "support/row.h"

/* A report of the kernel is longer; these lines tell what and where. */
#define MOST_LINES 16

static int log_fd = -1;

void kernel_log_open(void)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd >= 0)
		lseek(log_fd, 0, SEEK_END);
}

bool kernel_log_is_open(void)
{
	return log_fd >= 0;
}

static enum kernel_says judge(const char *line)
{
	static const struct {
		const char *words;
		enum kernel_says says;
	} faults[] = {
		{"Oops", KERNEL_CRASHED},
		{"kernel BUG at", KERNEL_CRASHED},
		{"BUG: unable to handle", KERNEL_CRASHED},
		{"BUG: kernel NULL", KERNEL_CRASHED},
		{"general protection fault", KERNEL_CRASHED},
		{"Unable to handle kernel", KERNEL_CRASHED},
		{"BUG:", KERNEL_WARNED},
		{"WARNING:", KERNEL_WARNED},
		{"refcount_t:", KERNEL_WARNED},
		{"UBSAN:", KERNEL_WARNED},
		{"list_add corruption", KERNEL_WARNED},
		{"list_del corruption", KERNEL_WARNED},
		{"INFO: task", KERNEL_WARNED},
		{"rcu_sched self-detected stall", KERNEL_WARNED},
		{"possible circular locking", KERNEL_WARNED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (strstr(line, faults[i].words))
			return faults[i].says;
	return KERNEL_IS_CALM;
}

/* Registers and names of modules, which are left out of a long report. */
static bool tells_little(const char *line)
{
	static const char *const begins[] = {
		"Modules linked", "Hardware name", "Code:", "FS:",  "CS:",  "CR2:",
		"PKRU:",	  "DR0:",	   "DR3:",  "RSP:", "---[", "---"};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (!strncmp(line, begins[i], strlen(begins[i])))
			return true;
	/* RAX: 0000000000000000 */
	return *line == 'R' && strlen(line) > 3 && line[3] == ':' && strncmp(line, "RIP", 3);
}

/* The text of a record, as Documentation/ABI/testing/dev-kmsg has it; NULL if it has none. */
static char *text_of(char *record)
{
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text[1 + strcspn(text + 1, "\n")] = '\0';
	return text + 1;
}

/*
 * The number in front is the facility, times 8, and the level. The kernel's own facility is 0, and
 * what programs write to /dev/kmsg has another.
 */
static bool is_of_user_space(const char *record)
{
	return strtoul(record, NULL, 10) >= 8;
}

char *kernel_log_new(enum kernel_says *says)
{
	char record[8192], *lines = NULL, *text;
	size_t size, shown = 0;
	FILE *file = text_stream(&lines, &size);
	ssize_t length;

	*says = KERNEL_IS_CALM;
	while (log_fd >= 0) {
		enum kernel_says line;

		length = read(log_fd, record, sizeof(record) - 1);
		/* EPIPE: records were overwritten before they were read. */
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		text = text_of(record);
		if (!text || is_of_user_space(record))
			continue;
		line = judge(text);
		if (line > *says)
			*says = line;
		if (*says != KERNEL_IS_CALM && !tells_little(text) && shown++ < MOST_LINES)
			fprintf(file, "%s\n", text);
	}
	fclose(file);
	return lines;
}

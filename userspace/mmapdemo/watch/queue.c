// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "common/json.h"
#include "queue.h"

struct line *lines_add(struct lines *lines, uint64_t time, int pid)
{
	struct line *line;

	if (lines->used == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 256;
		lines->lines = reallocarray(lines->lines, lines->room, sizeof(*line));
		if (!lines->lines)
			err(1, "reallocarray");
	}
	line = &lines->lines[lines->used++];
	*line = (struct line){.time = time, .order = lines->order++, .pid = pid};
	return line;
}

static int compare(const void *a, const void *b)
{
	const struct line *left = a, *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

/*
 * By the kernel's list of those it traced lately, which has those that ended
 * too: "PID COMM" a line. The list is of 128 only.
 */
static void find_comm(const char *list, int pid, char comm[16])
{
	char path[64];
	FILE *file;

	strcpy(comm, "?");
	for (; list && *list; list += strcspn(list, "\n"), list += *list == '\n')
		if (atoi(list) == pid && sscanf(list, "%*d %15[^\n]", comm) == 1)
			return;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%15[^\n]", comm) != 1)
		strcpy(comm, "?");
	fclose(file);
}

static void print(struct line *line, const char *comms, uint64_t began)
{
	double seconds = ((double)line->time - began) / 1e9;
	char comm[16];

	find_comm(comms, line->pid, comm);
	if (line->object) {
		json_object_object_add(line->object, "time", json_object_new_double(seconds));
		add_text(line->object, "comm", comm);
		show_line(line->object);
	} else {
		printf("%11.6f %-15s %7d %-9s %-10s%s\n", seconds, comm, line->pid, line->node,
		       line->event, line->text);
		free(line->text);
	}
}

uint64_t lines_print(struct lines *lines, uint64_t before, uint64_t most, uint64_t began)
{
	char *comms;
	size_t count = 0;

	if (!lines->used)
		return 0;
	comms = tracefs_instance_file_read(NULL, "saved_cmdlines", NULL);
	qsort(lines->lines, lines->used, sizeof(*lines->lines), compare);
	while (count < lines->used && count < most && lines->lines[count].time < before)
		print(&lines->lines[count++], comms, began);
	lines->used -= count;
	memmove(lines->lines, lines->lines + count, lines->used * sizeof(*lines->lines));
	free(comms);
	fflush(stdout);
	return count;
}

void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->used; i++) {
		json_object_put(lines->lines[i].object);
		free(lines->lines[i].text);
	}
	free(lines->lines);
}

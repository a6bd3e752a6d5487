// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "result.h"
#include "smaps.h"

/* Lines of smaps and the fact that each belongs to. */
static const struct {
	const char *name;
	size_t fact;
} fields[] = {
	{"Rss", 1},	      {"Pss", 1},	    {"Shared_Clean", 1},
	{"Shared_Dirty", 1},  {"Private_Clean", 1}, {"Private_Dirty", 1},
	{"Anonymous", 3},     {"AnonHugePages", 4}, {"ShmemPmdMapped", 4},
	{"FilePmdMapped", 4}, {"Swap", 3},	    {"Locked", 5},
};

static const char *const facts[] = {"vmas", "resident", "dirty", "anon", "huge", "locked", "flags"};

struct vma {
	unsigned long start, end, offset;
	char perms[8];
	unsigned long kib[ARRAY_SIZE(fields)];
	char flags[160];
};

static char text[1 << 20];

static char *read_smaps(void)
{
	int fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += got;
	text[length] = '\0';
	close(fd);
	return text;
}

static void take_line(struct vma *vma, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t length = strlen(fields[i].name);

		if (!strncmp(line, fields[i].name, length) && line[length] == ':')
			vma->kib[i] = strtoul(line + length + 1, NULL, 10);
	}
	if (!strncmp(line, "VmFlags: ", 9))
		snprintf(vma->flags, sizeof(vma->flags), "%s", line + 9);
}

/* Fields by their place in the table above. */
static void add_facts(const struct vma *vma, const unsigned char *at,
		      char out[ARRAY_SIZE(facts)][2048])
{
	const unsigned long *k = vma->kib;
	unsigned long base = (unsigned long)at;
	size_t room = sizeof(out[0]);

#define ADD(i, ...) snprintf(out[i] + strlen(out[i]), room - strlen(out[i]), __VA_ARGS__)
	ADD(0, "[%ld-%ld %s %ld]", (long)((vma->start - base) / page_size),
	    (long)((vma->end - base) / page_size), vma->perms, (long)(vma->offset / page_size));
	ADD(1, "[rss %lu pss %lu shared %lu private %lu]", k[0], k[1], k[2] + k[3], k[4] + k[5]);
	ADD(2, "[shared %lu private %lu]", k[3], k[5]);
	ADD(3, "[anonymous %lu swap %lu]", k[6], k[10]);
	ADD(4, "[anonymous %lu file %lu]", k[7], k[8] + k[9]);
	ADD(5, "[%lu]", k[11]);
	ADD(6, "[%s]", vma->flags);
#undef ADD
}

void smaps_say(const char *key, const unsigned char *at, size_t bytes)
{
	static char out[ARRAY_SIZE(facts)][2048];
	unsigned long start = (unsigned long)at, end = start + bytes;
	struct vma vma = {0};
	bool inside = false;

	memset(out, 0, sizeof(out));
	for (char *line = strtok(read_smaps(), "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long first, last, offset;
		char perms[8];

		if (sscanf(line, "%lx-%lx %7s %lx", &first, &last, perms, &offset) == 4) {
			if (inside)
				add_facts(&vma, at, out);
			/* An anonymous VMA is what is left of the place itself. */
			inside = first < end && last > start && strstr(line, " 00:00 0") == NULL;
			vma = (struct vma){.start = first, .end = last, .offset = offset};
			memcpy(vma.perms, perms, sizeof(perms));
		} else {
			take_line(&vma, line);
		}
	}
	if (inside)
		add_facts(&vma, at, out);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s.%s", key, facts[i]);
		say(name, "%s", out[i]);
	}
}

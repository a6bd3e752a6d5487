// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "beside.h"
#include "known.h"

struct known {
	char operation[80], kernels[32], fact[48], value[400];
	char line[640];
	bool seen;
};

static struct known *list;
static size_t count, unseen_next;

bool glob_matches(const char *glob, const char *text)
{
	for (; *glob && *glob != '*'; glob++, text++)
		if (*glob != *text)
			return false;
	if (!*glob)
		return !*text;
	for (;; text++) {
		if (glob_matches(glob + 1, text))
			return true;
		if (!*text)
			return false;
	}
}

static int release(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		errx(2, "no number in this kernel's release");
	return major * 1000 + minor;
}

/* Takes a number such as 6.12 from the text, if one is there. */
static bool take_release(const char **text, int *number)
{
	int major, minor, length;

	if (sscanf(*text, "%d.%d%n", &major, &minor, &length) != 2 || major < 0)
		return false;
	*number = major * 1000 + minor;
	*text += length;
	return true;
}

static bool concerns(const char *kernels)
{
	const char *rest = kernels;
	int from = 0, to, now = release();

	if (!strcmp(kernels, "*"))
		return true;
	if (*rest != '-' && !take_release(&rest, &from))
		errx(2, "known: no range of kernels is '%s'", kernels);
	to = *rest ? INT32_MAX : from;
	if (*rest == '-')
		rest++;
	if (*rest && (!take_release(&rest, &to) || *rest))
		errx(2, "known: no range of kernels is '%s'", kernels);
	return now >= from && now <= to;
}

static void add(const char *line)
{
	struct known new = {0};
	int end = 0;

	snprintf(new.line, sizeof(new.line), "%s", line);
	if (sscanf(line, " %79s %31s %47s %n", new.operation, new.kernels, new.fact, &end) < 3)
		errx(2, "known: '%s': want OPERATION KERNELS FACT VALUE", line);
	snprintf(new.value, sizeof(new.value), "%s", end && line[end] ? line + end : "*");
	if (!concerns(new.kernels))
		return;
	list = realloc(list, (count + 1) * sizeof(*list));
	if (!list)
		err(2, "realloc");
	list[count++] = new;
}

void known_read(const char *path)
{
	FILE *file = fopen(path, "r");
	bool reason = false;
	char line[640];

	if (!file)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (*line != '\t') {
			reason = true;
			continue;
		}
		if (!reason)
			errx(2, "known: '%s' has no reason", line);
		add(line + 1);
	}
	fclose(file);
}

bool known_difference(const char *operation, const char *fact, const char *value)
{
	bool is_known = false;

	for (size_t i = 0; i < count; i++) {
		struct known *known = &list[i];

		if (!glob_matches(known->operation, operation) ||
		    !glob_matches(known->fact, fact) || !glob_matches(known->value, value))
			continue;
		known->seen = true;
		is_known = true;
	}
	return is_known;
}

static bool passive_word(const char *word, size_t length)
{
	static const char *const names[] = {"smaps",  "pagemap", "mincore", "data",
					    "cached", "in",	 "vma",	    "regions"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == length && !strncmp(word, names[i], length))
			return true;
	return false;
}

bool known_passive(const char *fact)
{
	while (*fact) {
		size_t length = strcspn(fact, ".-*");

		if (passive_word(fact, length))
			return true;
		fact += length;
		fact += strspn(fact, ".-*");
	}
	return false;
}

bool known_excludes(const char *operation)
{
	for (size_t i = 0; i < count; i++)
		if (!known_passive(list[i].fact) && glob_matches(list[i].operation, operation))
			return true;
	return false;
}

bool known_splits(const char *operation)
{
	for (size_t i = 0; i < count; i++)
		if (glob_matches(list[i].fact, "smaps.vmas") &&
		    glob_matches(list[i].operation, operation))
			return true;
	return false;
}

const char *known_unseen(const char **operation)
{
	while (unseen_next < count && list[unseen_next].seen)
		unseen_next++;
	if (unseen_next == count)
		return NULL;
	*operation = list[unseen_next].operation;
	return list[unseen_next++].line;
}

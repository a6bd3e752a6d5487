// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/number.h"
#include "support/target.h"
#include "diagnosis.h"

static struct found *found_of(struct diagnosis *diagnosis, const struct finding *finding)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->found[i].finding == finding)
			return &diagnosis->found[i];
	diagnosis->found =
		array_with_one_more(diagnosis->found, diagnosis->count, sizeof(*diagnosis->found));
	diagnosis->found[diagnosis->count].finding = finding;
	return &diagnosis->found[diagnosis->count++];
}

static void add_outcome(struct diagnosis *diagnosis, const struct outcome_words *outcome,
			enum profile profile)
{
	struct found *found;

	if (!outcome->finding) {
		diagnosis->not_applicable += outcome->not_applicable;
		diagnosis->fine += !outcome->not_applicable;
		return;
	}
	found = found_of(diagnosis, outcome->finding);
	if (!found->count)
		found->shows = outcome->shows;
	found->class = outcome->finding->as[profile];
	if (found->count && !strcmp(found->tests[found->count - 1], outcome->test))
		return;
	found->tests = array_with_one_more(found->tests, found->count, sizeof(*found->tests));
	found->tests[found->count++] = outcome->test;
}

/* By class, and then as findings.c has them. */
static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	if (a->class != b->class)
		return (int)a->class - (int)b->class;
	return a->finding < b->finding ? -1 : a->finding > b->finding;
}

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, size, file);

	if (file)
		fclose(file);
	line[read ? strcspn(line, "\n") : 0] = '\0';
	return read;
}

static bool link_name(const char *path, char *name, size_t size)
{
	char link[256];
	ssize_t length = readlink(path, link, sizeof(link) - 1);

	if (length < 0)
		return false;
	link[length] = '\0';
	snprintf(name, size, "%s", basename(link));
	return true;
}

/* The name that the driver registered its numbers by. */
static bool registered_name(unsigned int major, char *name, size_t size)
{
	FILE *file = fopen("/proc/devices", "re");
	char line[128], word[64];
	unsigned int number;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Block", 5))
			break;
		found = sscanf(line, "%u %63s", &number, word) == 2 && number == major;
	}
	if (file)
		fclose(file);
	if (found)
		snprintf(name, size, "%s", word);
	return found;
}

static void find_driver(struct diagnosis *diagnosis)
{
	char path[160], name[64] = "", version[64];
	struct stat stat_of;

	if (stat(target.path, &stat_of) || !S_ISCHR(stat_of.st_mode))
		return;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/driver/module",
		 major(stat_of.st_rdev), minor(stat_of.st_rdev));
	if (!link_name(path, name, sizeof(name)) &&
	    !registered_name(major(stat_of.st_rdev), name, sizeof(name)))
		return;
	snprintf(path, sizeof(path), "/sys/module/%s/version", name);
	if (read_line(path, version, sizeof(version)))
		snprintf(diagnosis->driver, sizeof(diagnosis->driver), "%.40s %.40s", name,
			 version);
	else
		snprintf(diagnosis->driver, sizeof(diagnosis->driver), "%.60s", name);
}

const char *size_words(char words[120])
{
	static const char *const from[] = {
		[SIZE_UNKNOWN] = "size unknown",
		[SIZE_SAID] = "as it says",
		[SIZE_GIVEN] = "as --size says",
		[SIZE_TRIED] = "found by trial",
	};
	char bytes[32], page[32];

	number_words(facts->page, page);
	if (facts->size_from == SIZE_ENDLESS)
		snprintf(words, 120, "no end was found, pages of %s", page);
	else if (facts->size)
		snprintf(words, 120, "%s (%s), pages of %s", number_words(facts->size, bytes),
			 from[facts->size_from], page);
	else
		snprintf(words, 120, "size unknown, pages of %s", page);
	return words;
}

void diagnosis_make(struct diagnosis *diagnosis, const struct probing *probing,
		    enum profile profile)
{
	struct utsname system = {};

	diagnosis->probing = probing;
	for (size_t i = 0; i < probing->count; i++)
		add_outcome(diagnosis, &probing->outcomes[i], profile);
	if (diagnosis->count)
		qsort(diagnosis->found, diagnosis->count, sizeof(*diagnosis->found), compare_found);
	for (size_t i = 0; i < diagnosis->count; i++)
		diagnosis->of[diagnosis->found[i].class]++;
	uname(&system);
	snprintf(diagnosis->system, sizeof(diagnosis->system), "%.40s %.60s %.40s", system.sysname,
		 system.release, system.machine);
	find_driver(diagnosis);
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		free(diagnosis->found[i].tests);
	free(diagnosis->found);
}

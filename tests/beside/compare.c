// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "known.h"

#define FACTS_MAX 2000

struct fact {
	const char *key, *value;
};

struct facts {
	char *text;
	struct fact fact[FACTS_MAX];
	size_t count;
};

static void split(const struct result *result, struct facts *facts)
{
	char *rest = NULL;

	facts->count = 0;
	free(facts->text);
	facts->text = strdup(result->text);
	if (!facts->text)
		err(2, "strdup");
	for (char *line = strtok_r(facts->text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals || facts->count == FACTS_MAX)
			errx(2, "a result has no such line, or too many: %s", line);
		*equals = '\0';
		facts->fact[facts->count++] = (struct fact){line, equals + 1};
	}
}

/* The value of the nth fact of that name. */
static const char *value_of(const struct facts *facts, const char *key, size_t nth)
{
	for (size_t i = 0; i < facts->count; i++)
		if (!strcmp(facts->fact[i].key, key) && nth-- == 0)
			return facts->fact[i].value;
	return "(nothing)";
}

static size_t nth_of(const struct facts *facts, size_t index)
{
	size_t nth = 0;

	for (size_t i = 0; i < index; i++)
		nth += !strcmp(facts->fact[i].key, facts->fact[index].key);
	return nth;
}

static struct facts all[KINDS];
static bool contents_only;

void compare_contents_only(void)
{
	contents_only = true;
}

static bool compare_fact(const char *operation, const char *key, size_t nth, bool print)
{
	const char *value[KINDS];

	if (contents_only && known_passive(key))
		return true;
	for (size_t i = 0; i < KINDS; i++)
		value[i] = value_of(&all[i], key, nth);
	if (!strcmp(value[DEVICE], value[MEMFD]) || !strcmp(value[DEVICE], value[TMPFS]))
		return true;
	if (known_difference(operation, key, value[DEVICE]))
		return true;
	if (print) {
		printf("# %s\n#   memfd:  %s\n", key, value[MEMFD]);
		if (strcmp(value[MEMFD], value[TMPFS]) != 0)
			printf("#   tmpfs:  %s\n", value[TMPFS]);
		printf("#   device: %s\n", value[DEVICE]);
	}
	return false;
}

bool compare(const char *operation, struct result *const results[KINDS], bool print)
{
	bool same = true;

	for (size_t i = 0; i < KINDS; i++)
		split(results[i], &all[i]);
	for (size_t i = 0; i < all[MEMFD].count; i++)
		same &= compare_fact(operation, all[MEMFD].fact[i].key, nth_of(&all[MEMFD], i),
				     print);
	/* Facts of the device alone. */
	for (size_t i = 0; i < all[DEVICE].count; i++) {
		const char *key = all[DEVICE].fact[i].key;
		size_t nth = nth_of(&all[DEVICE], i);

		if (!strcmp(value_of(&all[MEMFD], key, nth), "(nothing)"))
			same &= compare_fact(operation, key, nth, print);
	}
	return same;
}

bool compare_contents(const char *operation, struct result *const results[KINDS])
{
	bool before = contents_only, same;

	contents_only = true;
	same = compare(operation, results, false);
	contents_only = before;
	return same;
}

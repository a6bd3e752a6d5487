// SPDX-License-Identifier: GPL-2.0-only
/* The differences between two diagnoses, by class and slug. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "diagnosis.h"

/* A finding, of a file or of a diagnosis. */
struct known {
	const char *class, *slug, *says;
};

struct list {
	struct known *known;
	size_t count;
	struct json_object *json; /* owns the words */
};

static void add(struct list *list, const char *class, const char *slug, const char *says)
{
	list->known = array_with_one_more(list->known, list->count, sizeof(*list->known));
	list->known[list->count++] = (struct known){class, slug, says};
}

static const char *text_of(const char *path, struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	if (!json_object_is_type(value, json_type_string))
		errx(2, "%s: a finding has no %s: was it written by mmapdemo conform --json?", path,
		     key);
	return json_object_get_string(value);
}

static struct list read_list(const char *path)
{
	struct list list = {.json = json_object_from_file(path)};
	struct json_object *findings = NULL;

	if (!list.json)
		errx(2, "%s: %s", path, json_util_get_last_err());
	if (json_object_is_type(list.json, json_type_object))
		findings = json_object_object_get(list.json, "findings");
	if (!json_object_is_type(findings, json_type_array))
		errx(2, "%s: no findings: was it written by mmapdemo conform --json?", path);
	for (size_t i = 0; i < json_object_array_length(findings); i++) {
		struct json_object *object = json_object_array_get_idx(findings, i);

		if (!json_object_is_type(object, json_type_object))
			errx(2, "%s: finding %zu is no object", path, i);
		add(&list, text_of(path, object, "class"), text_of(path, object, "slug"),
		    text_of(path, object, "says"));
	}
	return list;
}

static struct list list_of(const struct diagnosis *diagnosis)
{
	struct list list = {};

	for (size_t i = 0; i < diagnosis->count; i++)
		add(&list, class_word(diagnosis->found[i].class), diagnosis->found[i].finding->slug,
		    diagnosis->found[i].shows);
	return list;
}

static const struct known *find(const struct list *list, const char *slug)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->known[i].slug, slug))
			return &list->known[i];
	return NULL;
}

static size_t tell_differences(FILE *to, const struct list *before, const struct list *after)
{
	size_t differences = 0;

	for (size_t i = 0; i < after->count; i++) {
		const struct known *known = &after->known[i], *old = find(before, known->slug);

		if (old && !strcmp(old->class, known->class))
			continue;
		if (old)
			fprintf(to, "now %s, was %s: %s: %s\n", known->class, old->class,
				known->slug, known->says);
		else
			fprintf(to, "new: %s: %s: %s\n", known->class, known->slug, known->says);
		differences++;
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct known *known = &before->known[i];

		if (find(after, known->slug))
			continue;
		fprintf(to, "gone: %s: %s: %s\n", known->class, known->slug, known->says);
		differences++;
	}
	return differences;
}

static void free_list(struct list *list)
{
	free(list->known);
	json_object_put(list->json);
}

size_t compare_files(const char *before, const char *after)
{
	FILE *to = stdout;
	struct list old = read_list(before), new = read_list(after);
	size_t differences = tell_differences(to, &old, &new);

	free_list(&old);
	free_list(&new);
	return differences;
}

size_t compare_diagnosis(const char *before, const struct diagnosis *diagnosis, FILE *to)
{
	struct list old = read_list(before), new = list_of(diagnosis);
	size_t differences = tell_differences(to, &old, &new);

	free_list(&old);
	free_list(&new);
	return differences;
}

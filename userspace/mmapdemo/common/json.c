// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <string.h>

#include <linux/mmapdemo.h>
#include "json.h"

const struct word event_words[] = {
	{MMAPDEMO_EVENT_KICK, "kick"},
	{MMAPDEMO_EVENT_LAST_CLOSE, "last-close"},
	{MMAPDEMO_EVENT_RESIZE, "resize"},
	{MMAPDEMO_EVENT_WIPE, "wipe"},
	{},
};

const struct word wipe_words[] = {
	{MMAPDEMO_WIPE_ON_LAST_UNMAP | MMAPDEMO_WIPE_ON_LAST_CLOSE, "both"},
	{MMAPDEMO_WIPE_ON_LAST_UNMAP, "unmap"},
	{MMAPDEMO_WIPE_ON_LAST_CLOSE, "close"},
	{},
};

const char *fault_word(uint32_t action)
{
	static const char *const words[] = {
		[MMAPDEMO_INJECT_NONE] = "none",     [MMAPDEMO_INJECT_COUNT] = "count",
		[MMAPDEMO_INJECT_SIGBUS] = "sigbus", [MMAPDEMO_INJECT_HWPOISON] = "hwpoison",
		[MMAPDEMO_INJECT_ENOMEM] = "enomem",
	};

	return action < sizeof(words) / sizeof(*words) ? words[action] : "unknown";
}

static bool write_as(struct json_object *object, int flags, FILE *file)
{
	flags |= JSON_C_TO_STRING_NOSLASHESCAPE;
	fprintf(file, "%s\n", json_object_to_json_string_ext(object, flags));
	fflush(file);
	json_object_put(object);
	return !ferror(file);
}

bool write_pretty(struct json_object *object, FILE *file)
{
	return write_as(object, JSON_C_TO_STRING_PRETTY, file);
}

void show_line(struct json_object *object)
{
	write_as(object, JSON_C_TO_STRING_SPACED, stdout);
}

void show_pretty(struct json_object *object)
{
	write_pretty(object, stdout);
}

void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void add_flag(struct json_object *object, const char *key, bool flag)
{
	json_object_object_add(object, key, json_object_new_boolean(flag));
}

void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

const char *words_of(const struct word *words, uint32_t mask, char text[128])
{
	FILE *file = fmemopen(text, 128, "w");

	if (!file)
		err(1, "fmemopen");
	for (; words->word; words++) {
		if ((mask & words->bits) != words->bits)
			continue;
		fprintf(file, "%s%s", ftell(file) ? "," : "", words->word);
		mask &= ~words->bits;
	}
	if (mask)
		fprintf(file, "%s0x%x", ftell(file) ? "," : "", mask);
	else if (!ftell(file))
		fputs("none", file);
	fclose(file);
	return text;
}

bool mask_of(const struct word *words, const char *text, uint32_t *mask)
{
	*mask = 0;
	for (;; text++) {
		size_t length = strcspn(text, ",");
		const struct word *word = words;

		while (word->word && (strncmp(text, word->word, length) || word->word[length]))
			word++;
		if (!word->word)
			return false;
		*mask |= word->bits;
		text += length;
		if (!*text)
			return true;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as JSON, and words for bits. */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>

/* Writes it on many lines, and frees it; false if it was not written. */
bool write_pretty(struct json_object *object, FILE *file);
/* Prints it on one line or on many, and frees it. */
void show_line(struct json_object *object);
void show_pretty(struct json_object *object);

void add_number(struct json_object *object, const char *key, uint64_t number);
void add_text(struct json_object *object, const char *key, const char *text);
void add_flag(struct json_object *object, const char *key, bool flag);

/* A list ends with an empty one. */
struct word {
	uint32_t bits;
	const char *word;
};

/* The words of a mask, with commas; bits without one as a number; "none" for 0. */
const char *words_of(const struct word *words, uint32_t mask, char text[128]);

/* The mask that such a list stands for; false if a word is unknown. */
bool mask_of(const struct word *words, const char *text, uint32_t *mask);

/* Of enum mmapdemo_inject_action. */
const char *fault_word(uint32_t action);

extern const struct word event_words[], wipe_words[];

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps, and their text: the process, the step's name, and what
 * it is about. Numbers are pages, of the arena or the device, or bytes.
 *
 *	2 map at=4 pages=8 offset=512 prot=rw kind=shared how=fixed desc=0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *const prot_words[] = {"none", "r", "w", "rw", NULL};
static const char *const map_kinds[] = {"private", "shared", NULL};
static const char *const hows[] = {"fixed", "populate", "noreplace", "hint", "anywhere", NULL};
static const char *const remaps[] = {"in-place", "to", "dontunmap", "duplicate", NULL};
static const char *const advices[] = {
	"dontneed", "populate-read", "populate-write", "cold",	 "pageout",
	"hugepage", "nohugepage",    "dontfork",       "dofork", NULL};
static const char *const actions[] = {"heal", "count", "sigbus", "hwpoison", NULL};
static const char *const whens[] = {"always", "once", NULL};
static const char *const seeks[] = {"data", "hole", NULL};

enum type { BYTE = 1, WORD, LONG };

struct field {
	const char *name;
	size_t offset;
	enum type type;
	const char *const *words; /* for a BYTE; NULL: a number */
};

#define FIELD(name, member, type, ...)                                 \
	{                                                              \
		name, offsetof(struct step, member), type, __VA_ARGS__ \
	}
#define AT	    FIELD("at", at, WORD, NULL)
#define ATBYTE	    AT, FIELD("byte", byte, WORD, NULL)
#define PAGES	    FIELD("pages", length, WORD, NULL)
#define LENGTH	    FIELD("length", length, WORD, NULL)
#define OFFSET	    FIELD("offset", offset, WORD, NULL)
#define OBYTE	    OFFSET, FIELD("byte", byte, WORD, NULL)
#define OTHER	    OFFSET, FIELD("from", to, WORD, NULL)
#define DESC	    FIELD("desc", desc, BYTE, NULL)
#define SEED	    FIELD("seed", seed, LONG, NULL)
#define PROT	    FIELD("prot", prot, BYTE, prot_words)
#define PEER	    FIELD("worker", to, WORD, NULL)
#define KIND(words) FIELD("kind", kind, BYTE, words)
#define HOW(words)  FIELD("how", how, BYTE, words)
#define FIELDS(...) ((const struct field[]){__VA_ARGS__, {}})

const struct operation operations[] = {
	{"map", 100, run_map, FIELDS(AT, PAGES, OFFSET, PROT, KIND(map_kinds), HOW(hows), DESC)},
	{"unmap", 60, run_unmap, FIELDS(AT, PAGES)},
	{"remap", 60, run_remap,
	 FIELDS(AT, PAGES, HOW(remaps), FIELD("to", to, WORD, NULL),
		FIELD("new", more, WORD, NULL))},
	{"protect", 50, run_protect, FIELDS(AT, PAGES, PROT)},
	{"advise", 60, run_advise, FIELDS(AT, PAGES, KIND(advices))},
	{"load", 400, run_load, FIELDS(ATBYTE, LENGTH)},
	{"store", 400, run_store, FIELDS(ATBYTE, LENGTH, SEED)},
	{"read", 100, run_read, FIELDS(OTHER, LENGTH, DESC)},
	{"write", 100, run_write, FIELDS(OTHER, LENGTH, SEED, DESC)},
	{"read-into", 20, run_read_into, FIELDS(ATBYTE, LENGTH, OTHER, DESC)},
	{"write-from", 20, run_write_from, FIELDS(ATBYTE, LENGTH, OTHER, DESC)},
	{"peek", 15, run_peek, FIELDS(ATBYTE, LENGTH, PEER)},
	{"poke", 15, run_poke, FIELDS(ATBYTE, LENGTH, PEER, SEED)},
	{"splice", 8, run_splice, FIELDS(ATBYTE, LENGTH)},
	{"direct", 2, run_direct, FIELDS(AT)},
	{"futex", 6, run_futex, FIELDS(ATBYTE, PEER, FIELD("on", more, WORD, NULL))},
	{"seek", 20, run_seek, FIELDS(OBYTE, KIND(seeks), DESC)},
	{"resize", 10, run_resize, FIELDS(PAGES, FIELD("byte", byte, WORD, NULL), DESC)},
	{"punch", 16, run_punch, FIELDS(OBYTE, LENGTH, DESC)},
	{"collapse", 10, run_collapse, FIELDS(OBYTE, LENGTH, DESC)},
	{"fill", 25, run_fill, FIELDS(OBYTE, LENGTH, SEED, DESC)},
	{"sum", 20, run_sum, FIELDS(OBYTE, LENGTH, DESC)},
	{"wipe", 1, run_wipe, FIELDS(DESC)},
	{"policy", 4, run_policy, FIELDS(KIND(NULL), DESC)},
	{"rule", 16, run_rule, FIELDS(OFFSET, PAGES, KIND(actions), HOW(whens), DESC)},
	{"rules", 6, run_rules, FIELDS(DESC)},
	{"kick", 6, run_kick, FIELDS(DESC)},
	{"wait", 12, run_wait, FIELDS(KIND(NULL), DESC)},
	{"fork", 3, run_fork, FIELDS({})},
	{"exit", 2, run_exit, FIELDS({})},
	{"kill", 2, run_kill, FIELDS(PEER)},
	{"spawn", 2, run_spawn, FIELDS({})},
	{"open", 10, run_open, FIELDS(PROT)},
	{"close", 9, run_close, FIELDS(DESC)},
	{"destroy", 1, run_destroy, FIELDS({})},
	{"check", 0, run_check, FIELDS({})},
};
const size_t operation_count = ARRAY_SIZE(operations);

static uint64_t get(const struct step *step, const struct field *field)
{
	const void *from = (const char *)step + field->offset;

	switch (field->type) {
	case BYTE:
		return *(const uint8_t *)from;
	case WORD:
		return *(const uint32_t *)from;
	default:
		return *(const uint64_t *)from;
	}
}

static void set(struct step *step, const struct field *field, uint64_t value)
{
	void *to = (char *)step + field->offset;

	switch (field->type) {
	case BYTE:
		*(uint8_t *)to = value;
		break;
	case WORD:
		*(uint32_t *)to = value;
		break;
	default:
		*(uint64_t *)to = value;
	}
}

void step_print(const struct step *step, char *text, size_t size)
{
	const struct operation *operation = &operations[step->op];
	size_t used = snprintf(text, size, "%u %s", step->worker, operation->name);

	for (const struct field *f = operation->fields; f->name && used < size; f++) {
		uint64_t value = get(step, f);

		if (f->words)
			used += snprintf(text + used, size - used, " %s=%s", f->name,
					 f->words[value]);
		else
			used += snprintf(text + used, size - used, " %s=%llu", f->name,
					 (unsigned long long)value);
	}
}

static bool parse_value(const struct field *field, const char *text, uint64_t *value)
{
	char *end;

	if (!field->words) {
		*value = strtoull(text, &end, 0);
		return *text && !*end;
	}
	for (*value = 0; field->words[*value]; ++*value)
		if (!strcmp(field->words[*value], text))
			return true;
	return false;
}

static bool parse_field(const struct operation *operation, struct step *step, char *word)
{
	char *text = strchr(word, '=');
	const struct field *f;
	uint64_t value;

	if (!text)
		return false;
	*text++ = 0;
	for (f = operation->fields; f->name && strcmp(f->name, word); f++)
		;
	if (!f->name || !parse_value(f, text, &value))
		return false;
	set(step, f, value);
	return get(step, f) == value;
}

static const struct operation *find(const char *name)
{
	for (size_t i = 0; name && i < operation_count; i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

/* Descriptors and processes are used as indexes. */
static bool sane(const struct step *step)
{
	return step->worker <= WORKERS && step->desc < DESCS;
}

int step_parse(const char *text, struct step *step)
{
	char copy[256], *rest = copy, *word;
	const struct operation *operation;

	*step = (struct step){};
	snprintf(copy, sizeof(copy), "%s", text);
	word = strsep(&rest, " \n");
	step->worker = strtoul(word, &word, 10);
	operation = *word ? NULL : find(strsep(&rest, " \n"));
	if (!operation) {
		fprintf(stderr, "mmapdemo-fuzz: no step is '%s'\n", text);
		return -1;
	}
	step->op = operation - operations;
	while ((word = strsep(&rest, " \n"))) {
		if (*word && !parse_field(operation, step, word)) {
			fprintf(stderr, "mmapdemo-fuzz: bad '%s' in '%s'\n", word, text);
			return -1;
		}
	}
	if (!sane(step)) {
		fprintf(stderr, "mmapdemo-fuzz: out of range: '%s'\n", text);
		return -1;
	}
	return 0;
}

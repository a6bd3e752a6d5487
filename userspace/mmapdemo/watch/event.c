// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "event.h"

/*
 * Bits that no header for programs has. Linux 6.1 to 7.3 agree on them; the
 * test of `watch` would see it if one did not.
 */
enum { VM_READ = 0x1, VM_WRITE = 0x2, VM_EXEC = 0x4, VM_MAYSHARE = 0x80 };
enum { FAULT_FLAG_WRITE = 0x1, FAULT_FLAG_INSTRUCTION = 0x100 };

static const struct word result_words[] = {
	{0x0001, "oom"},      {0x0002, "sigbus"},   {0x0004, "major"},	  {0x0010, "hwpoison"},
	{0x0020, "hwpoison"}, {0x0040, "sigsegv"},  {0x0100, "nopage"},	  {0x0200, "locked"},
	{0x0400, "retry"},    {0x0800, "fallback"}, {0x1000, "done-cow"}, {},
};

/* How a field is shown, by its name. */
enum kind { NUMBER, START, END, ADDRESS, PAGE, FLAGS, RESULT, ERROR, ACTION, EVENTS, STRING };

static const struct shape {
	const char *field, *label;
	enum kind kind;
} shapes[] = {
	{"start", "start", START},    {"end", "end", END},	    {"address", "address", ADDRESS},
	{"pgoff", "offset", PAGE},    {"first", "first", PAGE},	    {"last", "last", PAGE},
	{"flags", "access", FLAGS},   {"result", "result", RESULT}, {"error", "error", ERROR},
	{"action", "action", ACTION}, {"events", "events", EVENTS},
};

/* A field's value: as a number, or for the kinds from FLAGS on as a text. */
struct value {
	const char *label;
	enum kind kind;
	uint64_t number;
	char text[128];
};

static void permissions(uint64_t vm_flags, char text[5])
{
	text[0] = vm_flags & VM_READ ? 'r' : '-';
	text[1] = vm_flags & VM_WRITE ? 'w' : '-';
	text[2] = vm_flags & VM_EXEC ? 'x' : '-';
	text[3] = vm_flags & VM_MAYSHARE ? 's' : 'p';
	text[4] = '\0';
}

/* Flags are those of a VMA, where there is one, or of a fault. */
static void flags_value(const struct tep_event *event, struct value *value)
{
	if (!strstr(event->name, "fault")) {
		value->label = "perms";
		permissions(value->number, value->text);
	} else if (value->number & FAULT_FLAG_WRITE) {
		strcpy(value->text, "write");
	} else {
		strcpy(value->text, value->number & FAULT_FLAG_INSTRUCTION ? "exec" : "read");
	}
}

static void error_value(struct value *value)
{
	const char *name = strerrorname_np(abs((int)value->number));

	snprintf(value->text, sizeof(value->text), "%s", value->number ? name : "none");
}

static const char *string_of(struct tep_event *event, struct tep_record *record, const char *name)
{
	int length;

	return tep_get_field_raw(NULL, event, name, record, &length, 0);
}

static struct value value_of(struct tep_event *event, struct tep_record *record,
			     struct tep_format_field *field)
{
	struct value value = {.label = field->name};
	unsigned long long number = 0;

	if (field->flags & TEP_FIELD_IS_STRING) {
		value.kind = STRING;
		snprintf(value.text, sizeof(value.text), "%s",
			 string_of(event, record, field->name));
		return value;
	}
	tep_read_number_field(field, record->data, &number);
	value.number = number;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (strcmp(field->name, shapes[i].field))
			continue;
		value.kind = shapes[i].kind;
		value.label = shapes[i].label;
	}
	if (value.kind == PAGE)
		value.number *= sysconf(_SC_PAGESIZE);
	else if (value.kind == FLAGS)
		flags_value(event, &value);
	else if (value.kind == RESULT)
		words_of(result_words, number, value.text);
	else if (value.kind == ERROR)
		error_value(&value);
	else if (value.kind == ACTION)
		strcpy(value.text, fault_word(number));
	else if (value.kind == EVENTS)
		words_of(event_words, number, value.text);
	return value;
}

const char *happening_node(struct tep_event *event, struct tep_record *record)
{
	return tep_find_field(event, "node") ? string_of(event, record, "node") : NULL;
}

static void print_value(FILE *file, const struct value *value)
{
	switch (value->kind) {
	case START:
		fprintf(file, " %jx-", (uintmax_t)value->number);
		return;
	case END:
		fprintf(file, "%jx", (uintmax_t)value->number);
		return;
	case ADDRESS:
		fprintf(file, " %jx", (uintmax_t)value->number);
		return;
	case PAGE:
		fprintf(file, " %s %#jx", value->label, (uintmax_t)value->number);
		return;
	case NUMBER:
		fprintf(file, " %s %ju", value->label, (uintmax_t)value->number);
		return;
	case FLAGS:
		fprintf(file, " %s", value->text);
		return;
	default:
		fprintf(file, " %s %s", value->label, value->text);
	}
}

char *happening_text(struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		err(1, "open_memstream");
	for (field = event->format.fields; field; field = field->next) {
		struct value value = value_of(event, record, field);

		if (strcmp(field->name, "node"))
			print_value(file, &value);
	}
	fclose(file);
	return text;
}

void happening_json(struct tep_event *event, struct tep_record *record, struct json_object *object)
{
	struct tep_format_field *field;

	for (field = event->format.fields; field; field = field->next) {
		struct value value = value_of(event, record, field);

		if (value.kind < FLAGS)
			add_number(object, value.label, value.number);
		else
			add_text(object, value.label, value.text);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <trace-seq.h>

#include "common/json.h"
#include "event.h"

/*
 * Bits that no header for programs has. Linux 6.1 to 7.3 agree on them, which the test of `watch`
 * checks. tep_print_event() prints those of page faults in hex, because a tracepoint's format has
 * the names of enums, but not their values.
 */
enum { VM_READ = 0x1, VM_WRITE = 0x2, VM_EXEC = 0x4, VM_MAYSHARE = 0x80 };
enum { FAULT_FLAG_WRITE = 0x1, FAULT_FLAG_INSTRUCTION = 0x100 };

static const struct word result_words[] = {
	{0x0001, "oom"},      {0x0002, "sigbus"},   {0x0004, "major"},	  {0x0010, "hwpoison"},
	{0x0020, "hwpoison"}, {0x0040, "sigsegv"},  {0x0100, "nopage"},	  {0x0200, "locked"},
	{0x0400, "retry"},    {0x0800, "fallback"}, {0x1000, "done-cow"}, {},
};

/* How a field is shown, if not as the tracepoint prints it. */
static const struct shape {
	const char *field, *label, *format;
	enum { HEX, PAGES, ACCESS, PERMISSIONS, RESULT, ERROR, ACTION, EVENTS } kind;
} shapes[] = {
	{"start", "start", " %jx-", HEX},	    {"end", "end", "%jx", HEX},
	{"address", "address", " %jx", HEX},	    {"pgoff", "offset", " offset %#jx", PAGES},
	{"first", "first", " first %#jx", PAGES},   {"last", "last", " last %#jx", PAGES},
	{"flags", "access", " %s", ACCESS},	    {"flags", "perms", " %s", PERMISSIONS},
	{"result", "result", " result %s", RESULT}, {"error", "error", " error %s", ERROR},
	{"action", "action", " action %s", ACTION}, {"events", "events", " events %s", EVENTS},
};

static const struct shape *shape_of(const struct tep_format_field *field)
{
	bool of_fault = strstr(field->event->name, "fault");

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (!strcmp(field->name, shapes[i].field) && (of_fault || shapes[i].kind != ACCESS))
			return &shapes[i];
	return NULL;
}

static uint64_t number_of(struct tep_format_field *field, struct tep_record *record)
{
	const struct shape *shape = shape_of(field);
	unsigned long long number = 0;

	tep_read_number_field(field, record->data, &number);
	return shape && shape->kind == PAGES ? number * sysconf(_SC_PAGESIZE) : number;
}

static const char *error_word(int error)
{
	const char *name = strerrorname_np(abs(error));

	return !error ? "none" : name ? name : "unknown";
}

/* NULL for a field that is shown as a number. */
static const char *word_of(const struct shape *shape, uint64_t number, char text[128])
{
	switch (shape->kind) {
	case ACCESS:
		return number & FAULT_FLAG_WRITE	 ? "write"
		       : number & FAULT_FLAG_INSTRUCTION ? "exec"
							 : "read";
	case PERMISSIONS:
		text[0] = number & VM_READ ? 'r' : '-';
		text[1] = number & VM_WRITE ? 'w' : '-';
		text[2] = number & VM_EXEC ? 'x' : '-';
		text[3] = number & VM_MAYSHARE ? 's' : 'p';
		text[4] = '\0';
		return text;
	case RESULT:
		return words_of(result_words, number, text);
	case ERROR:
		return error_word(number);
	case ACTION:
		return fault_word(number);
	case EVENTS:
		return words_of(event_words, number, text);
	default:
		return NULL;
	}
}

const char *event_node(struct tep_event *event, struct tep_record *record)
{
	return tep_get_field_raw(NULL, event, "node", record, NULL, 0);
}

static void print_field(struct trace_seq *line, struct tep_format_field *field,
			struct tep_record *record)
{
	const struct shape *shape = shape_of(field);
	uint64_t number = number_of(field, record);
	const char *word;
	char text[128];

	if (!shape) {
		trace_seq_printf(line, " %s ", field->name);
		tep_print_field_content(line, record->data, record->size, field);
		return;
	}
	word = word_of(shape, number, text);
	if (word)
		trace_seq_printf(line, shape->format, word);
	else
		trace_seq_printf(line, shape->format, (uintmax_t)number);
}

char *event_text(struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field;
	struct trace_seq line;
	char *text = NULL;

	trace_seq_init(&line);
	for (field = event->format.fields; field; field = field->next)
		if (strcmp(field->name, "node"))
			print_field(&line, field, record);
	trace_seq_terminate(&line);
	if (line.state == TRACE_SEQ__GOOD)
		text = strdup(line.buffer);
	if (!text)
		err(1, "a record cannot be shown");
	trace_seq_destroy(&line);
	return text;
}

void event_json(struct tep_event *event, struct tep_record *record, struct json_object *object)
{
	struct tep_format_field *field;

	for (field = event->format.fields; field; field = field->next) {
		const struct shape *shape = shape_of(field);
		uint64_t number = number_of(field, record);
		char text[128];
		const char *label = shape ? shape->label : field->name, *word = NULL;

		if (field->flags & TEP_FIELD_IS_STRING)
			word = (char *)record->data + field->offset;
		else if (shape)
			word = word_of(shape, number, text);
		if (word)
			add_text(object, label, word);
		else
			add_number(object, label, number);
	}
}

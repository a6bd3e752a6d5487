// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is shared if more than one processor touched it in the window. Whether it is, is known
 * when the window closes: until then, each line has a list of the instructions that stored to it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "symbols.h"

#define LINE_SHIFT 6
#define HOT_LINES  10

struct writer {
	struct writer *next;
	uint64_t code, caller;
	uint64_t stores, moves;
};

struct line {
	uint64_t number; /* physical address / 64, + 1; 0: no line */
	uint64_t vcpus;	 /* a bit each */
	uint64_t virtual;
	int owner; /* the processor that stored last, if no other touched it since; or -1 */
	struct writer *writers;
};

static struct line *table;
static size_t room, used;

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

void lines_clear(void)
{
	for (size_t i = 0; i < room; i++)
		for (struct writer *writer = table[i].writers, *next; writer; writer = next) {
			next = writer->next;
			free(writer);
		}
	free(table);
	room = 1 << 16;
	used = 0;
	table = allocate(room, sizeof(*table));
}

/* The line, or the empty place where it belongs. */
static struct line *find(uint64_t number)
{
	size_t i = (number * 0x9e3779b97f4a7c15) >> 20;

	for (;; i++) {
		struct line *line = &table[i & (room - 1)];

		if (!line->number || line->number == number)
			return line;
	}
}

static void grow(void)
{
	struct line *old = table;
	size_t count = room;

	room *= 4;
	table = allocate(room, sizeof(*table));
	for (size_t i = 0; i < count; i++)
		if (old[i].number)
			*find(old[i].number) = old[i];
	free(old);
}

static struct writer *writer_of(struct line *line, uint64_t code, uint64_t caller)
{
	struct writer *writer;

	for (writer = line->writers; writer; writer = writer->next)
		if (writer->code == code && writer->caller == caller)
			return writer;
	writer = allocate(1, sizeof(*writer));
	*writer = (struct writer){.next = line->writers, .code = code, .caller = caller};
	line->writers = writer;
	return writer;
}

static struct line *touch(unsigned int vcpu, uint64_t physical)
{
	uint64_t number = (physical >> LINE_SHIFT) + 1;
	struct line *line = find(number);

	if (!line->number) {
		if (2 * ++used > room) {
			grow();
			line = find(number);
		}
		*line = (struct line){.number = number, .owner = vcpu};
	}
	line->vcpus |= 1ull << vcpu;
	if (line->owner != (int)vcpu)
		line->owner = -1;
	return line;
}

void lines_load(unsigned int vcpu, uint64_t physical)
{
	touch(vcpu, physical);
}

void lines_store(unsigned int vcpu, uint64_t physical, uint64_t virtual, uint64_t code,
		 uint64_t caller)
{
	struct line *line = touch(vcpu, physical);
	struct writer *writer = writer_of(line, code, caller);

	writer->stores++;
	writer->moves += line->owner < 0;
	line->owner = vcpu;
	line->virtual = virtual;
}

/* The report on a function and, if it is known, the function that called it. */
struct sum {
	const char *function, *caller;
	uint64_t stores, moves;
};

static struct sum *sums;
static size_t sum_count;

static const char *name_of(uint64_t address)
{
	const struct symbol *symbol = symbols_function(address);

	return !(address >> 63) ? "the program" : symbol ? symbol->name : "?";
}

static const char *caller_of(const struct writer *writer)
{
	return writer->caller ? name_of(writer->caller) : "";
}

static void add_to_sum(const struct writer *writer)
{
	const char *function = name_of(writer->code), *caller = caller_of(writer);
	struct sum *sum;

	for (sum = sums; sum < sums + sum_count; sum++)
		if (!strcmp(sum->function, function) && !strcmp(sum->caller, caller))
			break;
	if (sum == sums + sum_count) {
		sums = realloc(sums, (sum_count + 1) * sizeof(*sums));
		if (!sums)
			abort();
		sum = &sums[sum_count++];
		*sum = (struct sum){.function = function, .caller = caller};
	}
	sum->stores += writer->stores;
	sum->moves += writer->moves;
}

/* Most stores first; the rest of the order is there to be the same each time. */
static int compare_sums(const void *left, const void *right)
{
	const struct sum *a = left, *b = right;
	int order;

	if (a->stores != b->stores)
		return a->stores > b->stores ? -1 : 1;
	order = strcmp(a->function, b->function);
	return order ? order : strcmp(a->caller, b->caller);
}

static bool is_shared(const struct line *line)
{
	return line->writers && line->vcpus & (line->vcpus - 1);
}

static uint64_t stores_to(const struct line *line)
{
	uint64_t stores = 0;

	for (const struct writer *writer = line->writers; writer; writer = writer->next)
		stores += writer->stores;
	return stores;
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = *(const struct line *const *)left;
	const struct line *b = *(const struct line *const *)right;
	uint64_t a_stores = stores_to(a), b_stores = stores_to(b);

	if (a_stores != b_stores)
		return a_stores > b_stores ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void write_sums(FILE *file)
{
	qsort(sums, sum_count, sizeof(*sums), compare_sums);
	for (const struct sum *sum = sums; sum < sums + sum_count; sum++)
		fprintf(file,
			"%s{\"symbol\":\"%s\",\"caller\":\"%s\",\"stores\":%lu,\"moves\":%lu}",
			sum == sums ? "" : ",", sum->function, sum->caller, sum->stores,
			sum->moves);
}

/* A line of the kernel's or of a module's data has a name, memory that was allocated has none. */
static void write_line(FILE *file, const struct line *line)
{
	const struct symbol *variable = symbols_variable(line->virtual);
	bool is_named = variable && line->virtual - variable->address < 4096;
	const char *comma = "";

	fprintf(file, "{\"address\":\"%#lx\",\"name\":\"%s\",\"vcpus\":%d,\"stores\":%lu,\"by\":[",
		(line->number - 1) << LINE_SHIFT, is_named ? variable->name : "",
		__builtin_popcountll(line->vcpus), stores_to(line));
	for (const struct writer *writer = line->writers; writer; writer = writer->next) {
		fprintf(file, "%s[\"%s\",\"%s\",%lu]", comma, name_of(writer->code),
			caller_of(writer), writer->stores);
		comma = ",";
	}
	fprintf(file, "]}");
}

void lines_write(FILE *file, const char *run, int run_length)
{
	const struct line **shared = allocate(used + 1, sizeof(struct line *));
	uint64_t stores = 0, moves = 0, all = 0;
	size_t count = 0;

	sum_count = 0;
	for (const struct line *line = table; line < table + room; line++) {
		all += stores_to(line);
		if (!is_shared(line))
			continue;
		shared[count++] = line;
		for (const struct writer *writer = line->writers; writer; writer = writer->next) {
			stores += writer->stores;
			moves += writer->moves;
			add_to_sum(writer);
		}
	}
	qsort(shared, count, sizeof(*shared), compare_lines);
	fprintf(file,
		"{\"run\":%.*s,\"stores\":%lu,\"moves\":%lu,\"lines\":%zu,\"all_stores\":%lu,"
		"\"symbols\":[",
		run_length, run, stores, moves, count, all);
	write_sums(file);
	fprintf(file, "],\"hottest_lines\":[");
	for (size_t i = 0; i < count && i < HOT_LINES; i++) {
		fprintf(file, "%s", i ? "," : "");
		write_line(file, shared[i]);
	}
	fprintf(file, "]}\n");
	fflush(file);
	free(shared);
}

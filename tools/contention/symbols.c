// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

static struct list {
	struct symbol *symbols;
	size_t count, room;
} functions, variables;

static void add(struct list *list, uint64_t address, const char *name, const char *module)
{
	struct symbol *symbol;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1 << 16;
		list->symbols = realloc(list->symbols, list->room * sizeof(*list->symbols));
		if (!list->symbols)
			abort();
	}
	symbol = &list->symbols[list->count++];
	symbol->address = address;
	snprintf(symbol->name, sizeof(symbol->name), "%.*s%s%s", (int)strcspn(name, "."), name,
		 *module ? " " : "", module);
}

/* Of several names of one address, always the same one comes first. */
static int compare(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void sort(struct list *list)
{
	qsort(list->symbols, list->count, sizeof(*list->symbols), compare);
}

static void read_line(const char *line)
{
	unsigned long long address;
	char type, name[256], module[64] = "";

	if (sscanf(line, "%llx %c %255s %63s", &address, &type, name, module) < 3)
		return;
	/* a variable of each processor is an offset */
	if (address >> 63)
		add(strchr("tTwW", type) ? &functions : &variables, address, name, module);
}

size_t symbols_read(const char *text, size_t length)
{
	const char *end = text + length;

	functions.count = 0;
	variables.count = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		char line[512];

		if (!newline)
			break;
		snprintf(line, sizeof(line), "%.*s", (int)(newline - text), text);
		read_line(line);
		text = newline + 1;
	}
	sort(&functions);
	sort(&variables);
	return functions.count;
}

static const struct symbol *find(const struct list *list, uint64_t address)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 1 && list->symbols[low - 2].address == list->symbols[low - 1].address)
		low--;
	return low ? &list->symbols[low - 1] : NULL;
}

const struct symbol *symbols_function(uint64_t address)
{
	return find(&functions, address);
}

const struct symbol *symbols_variable(uint64_t address)
{
	return find(&variables, address);
}

uint64_t symbols_begin(const char *name)
{
	for (size_t i = 0; i < functions.count; i++)
		if (!strcmp(functions.symbols[i].name, name))
			return functions.symbols[i].address;
	return 0;
}

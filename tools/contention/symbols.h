/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's /proc/kallsyms. */
#ifndef CONTENTION_SYMBOLS_H
#define CONTENTION_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	uint64_t address;
	char name[72]; /* of a module with " [module]"; without what the compiler adds after a dot
			*/
};

/* Replaces the symbols by those of the text. Returns how many functions it lists. */
size_t symbols_read(const char *text, size_t length);
/* The last one that begins at the address or below it; NULL: there is none. */
const struct symbol *symbols_function(uint64_t address);
const struct symbol *symbols_variable(uint64_t address);
/* Where the function of that name begins; 0: there is none. */
uint64_t symbols_begin(const char *name);

#endif

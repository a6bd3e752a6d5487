// SPDX-License-Identifier: GPL-2.0-only
/* A diagnosis as text: a line for each check, with cure and hint below it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "common/memory.h"
#include "common/terminal.h"

enum { STATE = 8, NAME = 14, INDENT = STATE + NAME + 2 };

void doctor_text(const struct diagnosis *diagnosis)
{
	const struct terminal terminal = terminal_find();

	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct entry *entry = &diagnosis->entries[i];
		const struct finding *finding = &entry->finding;

		/* Without a terminal each finding is on one line. */
		printf("%-*s %-*s ", STATE, state_word(finding->state), NAME, entry->check->name);
		if (terminal.is_terminal)
			terminal_words(&terminal, INDENT, INDENT, finding->says);
		else
			puts(finding->says);
		/* A command is not broken, so that it can be copied. */
		if (*finding->cure)
			printf("%*scure%s: %s\n", INDENT, "",
			       finding->wants_root && geteuid() ? " (as root)" : "", finding->cure);
		if (*finding->hint)
			printf("%*shint: %s\n", INDENT, "", finding->hint);
	}
	printf("%zu fine, %zu note, %zu wrong, %zu unknown%s\n", diagnosis->of[FINE],
	       diagnosis->of[NOTE], diagnosis->of[WRONG], diagnosis->of[UNKNOWN],
	       diagnosis->of[WRONG] > 1 ? ": cure them from the top" : "");
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

/* Not by setlocale(): a static program may find no locales, as in a small VM. */
static bool is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (int i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "utf8");
	}
	return false;
}

struct terminal terminal_find(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM"), *columns = getenv("COLUMNS");
	struct terminal terminal = {.is_terminal = isatty(STDOUT_FILENO)};
	struct winsize size = {};

	terminal.utf8 = is_utf8();
	if (terminal.is_terminal)
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	terminal.width = size.ws_col ? size.ws_col : columns ? atoi(columns) : 0;
	if (terminal.width <= 0 || terminal.width > 1000)
		terminal.width = 80;
	if (terminal.width < TERMINAL_NARROWEST)
		terminal.width = TERMINAL_NARROWEST;
	terminal.colour = terminal.is_terminal && !(none && *none) && term && strcmp(term, "dumb");
	return terminal;
}

int text_columns(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

void terminal_words(const struct terminal *terminal, int at, int indent, const char *text)
{
	bool first = true;

	text += strspn(text, " \n");
	while (*text) {
		int bytes = strcspn(text, " \n"), columns = 0;

		for (int i = 0; i < bytes; i++)
			columns += (text[i] & 0xc0) != 0x80;
		if (!first && at + 1 + columns > terminal->width) {
			printf("\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			putchar(' ');
			at++;
		}
		printf("%.*s", bytes, text);
		at += columns;
		first = false;
		text += bytes;
		text += strspn(text, " \n");
	}
	putchar('\n');
}

bool terminal_key(const char *prompt)
{
	struct termios before, now;
	char key = 'q';

	printf("%s", prompt);
	fflush(stdout);
	if (tcgetattr(STDIN_FILENO, &before))
		return false;
	now = before;
	now.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	if (read(STDIN_FILENO, &key, 1) != 1)
		key = 'q';
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	printf("\r%*s\r", (int)strlen(prompt), "");
	return key != 'q' && key != 'Q';
}

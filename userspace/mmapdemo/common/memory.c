// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

char *copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		err(1, "strdup");
	return copy;
}

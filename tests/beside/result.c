// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "result.h"

static struct result *result;
static char key_prefix[16];

struct result *result_new(void)
{
	struct result *new =
		mmap(NULL, sizeof(*new), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (new == MAP_FAILED)
		err(2, "mmap of a result");
	return new;
}

void result_select(struct result *to)
{
	result = to;
}

void result_prefix(const char *prefix)
{
	snprintf(key_prefix, sizeof(key_prefix), "%s", prefix);
}

void say(const char *key, const char *format, ...)
{
	size_t room = RESULT_BYTES - result->length;
	char line[32 << 10];
	va_list list;
	int length, start = snprintf(line, sizeof(line), "%s%s=", key_prefix, key);

	va_start(list, format);
	vsnprintf(line + start, sizeof(line) - start, format, list);
	va_end(list);
	length = strlen(line);
	if ((size_t)length + 2 > room)
		return;
	memcpy(result->text + result->length, line, length);
	result->text[result->length + length] = '\n';
	result->text[result->length + length + 1] = '\0';
	result->length += length + 1;
}

const char *errno_name(int error)
{
	static char unknown[16];
	const char *name = strerrorname_np(error);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "errno %d", error);
	return unknown;
}

bool say_ret(const char *key, long ret)
{
	if (ret == -1)
		say(key, "%s", errno_name(errno));
	else
		say(key, "%ld", ret);
	return ret != -1;
}

bool say_done(const char *key, bool done)
{
	return say_ret(key, done ? 0 : -1);
}

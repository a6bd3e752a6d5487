/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of an operation is text of lines KEY=VALUE that does not depend on addresses, on
 * inode numbers or on the name of the object. It is in memory that survives the process.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>

#define RESULT_BYTES (256u << 10)

struct result {
	size_t length;
	char text[RESULT_BYTES];
};

/* Results of this process and of its children go there from now on. */
void result_select(struct result *to);
struct result *result_new(void);
/* Keys of this process begin with that from now on. */
void result_prefix(const char *prefix);

__attribute__((format(printf, 2, 3))) void say(const char *key, const char *format, ...);

/* Result of a system call: its value, or the name of errno. Returns whether it succeeded. */
bool say_ret(const char *key, long ret);
/* The same, and a success is 0: for calls that return a descriptor or an address. */
bool say_done(const char *key, bool done);
const char *errno_name(int error);

/* State of pages, one word for each run of pages that are alike: see contents.c. */
void say_bytes(const char *key, const void *bytes, size_t length, long object_offset);
void say_pages(const char *key, const unsigned char *at, size_t pages, size_t first);
void say_file(const char *key, int fd, size_t pages);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions without an effect, by which a program in a VM talks to the meter of
 * tools/contention, a plugin of the emulator. Anywhere else they do nothing.
 *
 * Each is a nop of nine bytes: five that encode it, `m', `m', `d', and which one it is.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stddef.h>

#define METER_PREFIX 0x66, 0x0f, 0x1f, 0x84, 0x00, 'm', 'm', 'd'
#define METER_BYTES  9

enum meter_marker {
	METER_START = 1, /* text: the contents of /proc/kallsyms. The VM is slow from here on */
	METER_OPEN = 2,	 /* a window opens: nothing is counted yet */
	METER_BEGIN = 3, /* what this processor does counts from here on ... */
	METER_END = 4,	 /* ... to here */
	METER_CLOSE = 5, /* text: JSON, which is written beside the counts */
};

#ifdef __x86_64__
#define METER_EXISTS 1
#define METER_ASM(n)                                                             \
	asm volatile(".byte 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x6d, 0x6d, 0x64, %c2" \
		     :                                                           \
		     : "D"(text), "S"(length), "i"(n)                            \
		     : "memory")
#else
#define METER_EXISTS 0
#define METER_ASM(n) ((void)text, (void)length)
#endif

/* The text must have been written or read: the meter does not page it in. */
static inline void meter_start(const char *text, size_t length)
{
	METER_ASM(METER_START);
}

static inline void meter_close(const char *text, size_t length)
{
	METER_ASM(METER_CLOSE);
}

static inline void meter_open(void)
{
	const char *text = NULL;
	size_t length = 0;

	METER_ASM(METER_OPEN);
}

static inline __attribute__((always_inline)) void meter_begin(void)
{
	const char *text = NULL;
	size_t length = 0;

	METER_ASM(METER_BEGIN);
}

static inline __attribute__((always_inline)) void meter_end(void)
{
	const char *text = NULL;
	size_t length = 0;

	METER_ASM(METER_END);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people write them on a command line. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define NUMBER_SAYS "decimal or 0x..., also with K, M, G or T"

/* False if it is no number, or does not fit. */
bool parse_number(const char *text, uint64_t *number);

/* Writes a size as parse_number() reads it: "16M". */
const char *number_bytes(uint64_t bytes, char text[24]);

/* Writes a size for people to read: "16 MiB". */
const char *number_words(uint64_t bytes, char words[32]);

/* Divides by 1024 as often as nothing is left over, up to `most` times; returns how often. */
int number_powers(uint64_t *bytes, int most);

/* A decimal number of seconds from `least` on, up to a day. */
bool parse_seconds(const char *text, double least, double *seconds);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The visible state of an object and its mappings once an operation is over. */
#ifndef FACTS_H
#define FACTS_H

#include "beside.h"

/* Address space for the mappings of this process, and for those that the facts want. */
void place_init(void);
unsigned char *place_of(size_t number);
#define PLACE_FACTS MAPS_MAX

void facts_say(const struct world *w);
void facts_say_pagemap(const char *key, const unsigned char *at, size_t pages);

#endif

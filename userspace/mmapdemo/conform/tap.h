/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TAP_H
#define TAP_H

#include "runner.h"

/* The result's line, and comments where it is not ok. The plan is the caller's. */
void tap_print(size_t number, const struct test *test, const struct outcome *outcome);

#endif

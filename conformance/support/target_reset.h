/* SPDX-License-Identifier: GPL-2.0-only */
/* Resets the target for each test: its size, and the original pattern with seed ORIGINAL. */
#ifndef TARGET_RESET_H
#define TARGET_RESET_H

/* Makes the pattern, once, before the first reset. */
void target_make_original(void);
void target_reset(void);

#endif

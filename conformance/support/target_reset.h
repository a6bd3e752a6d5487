/* SPDX-License-Identifier: GPL-2.0-only */
/* The target as each test finds it: of its size, and with the original pattern, seed ORIGINAL. */
#ifndef TARGET_RESET_H
#define TARGET_RESET_H

/* Makes the pattern, once, before the first reset. */
void target_make_original(void);
void target_reset(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps that each member runs on its own pages; the round chooses the pages. */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include "crowd.h"

/* The next access to a page takes a page fault. */
void step_fault_read(const struct crowd_spot *spot, int round);
void step_fault_write(const struct crowd_spot *spot, int round);
/* The same of all pages of the spot at once. */
void step_fault_all_read(const struct crowd_spot *spot, int round);
void step_fault_all_write(const struct crowd_spot *spot, int round);
/* All pages are freed, and written to. */
void step_first_touch(const struct crowd_spot *spot, int round);
void step_map_and_unmap(const struct crowd_spot *spot, int round);
void step_read(const struct crowd_spot *spot, int round);
void step_write(const struct crowd_spot *spot, int round);
void step_open_and_close(const struct crowd_spot *spot, int round);
/* Only for a device of the module. */
void step_kick_and_wait(const struct crowd_spot *spot, int round);

#endif

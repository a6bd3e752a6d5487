/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is there, or the program ends with exit status 1. */
#ifndef MEMORY_H
#define MEMORY_H

char *copy_text(const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of proc, sysfs, debugfs and cgroupfs. The storm uses it, too. */
#ifndef SUPPORT_TEXT_H
#define SUPPORT_TEXT_H

#include <stddef.h>

/* Both return 0 or the errno. */
int read_text(const char *path, char *text, size_t size);
int write_text(const char *path, const char *text);

#endif

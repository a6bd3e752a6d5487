/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and page tables from /proc. The command uses this, too, so that nothing here asserts. */
#ifndef SUPPORT_PROC_H
#define SUPPORT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number that follows a word at the beginning of a line; false where no line has it. */
bool proc_number(const char *path, const char *word, uint64_t *number);
/* The number of a field of /proc/meminfo, which is KiB or a count; 0 where there is none. */
uint64_t meminfo(const char *field);

/* An entry of /proc/PID/pagemap: Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_FRAME	   ((1ULL << 55) - 1)
#define PAGEMAP_SOFT_DIRTY (1ULL << 55)
#define PAGEMAP_EXCLUSIVE  (1ULL << 56)
#define PAGEMAP_UFFD_WP	   (1ULL << 57)
#define PAGEMAP_FILE	   (1ULL << 61)
#define PAGEMAP_SWAP	   (1ULL << 62) /* swapped out, or being migrated */
#define PAGEMAP_PRESENT	   (1ULL << 63)

/* Reads the entries of the pages from an address on, and returns how many it read. */
size_t pagemap_read(int fd, uint64_t address, uint64_t *entries, size_t count);
/* Reads the entry of one page of a process, "self" or a number; false sets errno. */
bool pagemap_entry(const char *process, const volatile void *address, uint64_t *entry);

#endif

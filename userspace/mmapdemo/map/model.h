/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo map: the picture's data. read.c reads it from /proc, or from.c from JSON. runs.c makes
 * runs of like pages of it, nodes.c and layout.c make rows of these, and draw.h and json.h show
 * it.
 */
#ifndef MAP_MODEL_H
#define MAP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/comm.h"

enum map_page_flag {
	PAGE_PRESENT = 1 << 0,
	PAGE_SWAPPED = 1 << 1,
	PAGE_DIRTY = 1 << 2,	  /* soft-dirty: written since somebody last asked */
	PAGE_FILE = 1 << 3,	  /* of the file; else a copy, or anonymous */
	PAGE_EXCLUSIVE = 1 << 4,  /* mapped here alone */
	PAGE_HUGE = 1 << 5,	  /* mapped by one huge entry, with its neighbours */
	PAGE_HUGE_MAYBE = 1 << 6, /* some pages here are huge: smaps has only their number */
	PAGE_POISONED = 1 << 7,	  /* a rule of INJECT_SET makes it fail */
};

/* The page-table entry, if tables were asked for. */
enum map_entry_flag {
	ENTRY_KNOWN = 1 << 0, /* the module has read it: the next four are true */
	ENTRY_WRITE = 1 << 1, /* it allows stores */
	ENTRY_DIRTY = 1 << 2,
	ENTRY_ACCESSED = 1 << 3,
	ENTRY_HUGE = 1 << 4,   /* of a PMD */
	ENTRY_UFFD = 1 << 5,   /* write-protected by userfaultfd */
	ENTRY_POISON = 1 << 6, /* a marker: an access fails */
	ENTRY_GUARD = 1 << 7,  /* a marker: of MADV_GUARD_INSTALL */
	ENTRY_BROKEN = 1 << 8, /* it names a frame with a memory error */
};

/* The owner of a frame, besides the entries that map it. */
enum map_holder { HOLDER_UNKNOWN, HOLDER_CACHE, HOLDER_ANONYMOUS, HOLDER_ZERO, HOLDER_DRIVER };

/* Facts about a frame, if tables were asked for. */
struct map_facts {
	uint64_t maps; /* entries that map it, of all processes */
	enum map_holder holder;
	unsigned int order; /* of its folio */
};

#define MAP_CONTENT 24

struct map_page {
	uint64_t frame; /* 0: none, or hidden */
	uint32_t flags, entry;
	struct map_facts facts;
	char *content; /* text that it begins with, if that was asked for */
};

/* Why a VMA's pages are not known. */
enum map_unknown {
	MAP_KNOWN,
	MAP_BY_NUMBER, /* VM_PFNMAP: pagemap leaves it out */
	MAP_TOO_MANY,  /* more pages than are looked at */
	MAP_UNREADABLE,
};

/* KiB of a VMA that are mapped by huge entries, as smaps counts them. */
struct map_huge {
	size_t file, shmem, anonymous;
};

struct map_vma {
	uint64_t start, end, offset;
	char perms[5];	      /* as in /proc/PID/maps */
	char file[48];	      /* "DEVICE INODE"; empty: no file */
	char *name;	      /* its path, [heap], or empty */
	char *vm_flags;	      /* as in smaps: rd wr sh ... */
	bool device;	      /* of a node of the module */
	struct map_huge huge; /* while it is read; JSON has the pages' flags only */
	enum map_unknown unknown;
	size_t count; /* of pages */
	struct map_page *pages;
};

struct map_process {
	int pid;
	char name[COMM_SIZE]; /* what it is called */
	struct map_vma *vmas;
	size_t vma_count;
	size_t left_out; /* VMAs that would have been, too */
	uint64_t left_out_pages;
	bool hidden;  /* frame numbers are hidden */
	bool changed; /* its mappings changed while they were read, each time we tried */
};

/* A page of a file that no process maps, of a series of pictures (marks.h). */
struct map_unmapped {
	char file[48], *name, *content;
	uint64_t page, frame;
	struct map_facts facts;
	bool mapped; /* in the picture that was marked last */
};

struct map_picture {
	uint64_t page_size, huge_size;
	struct map_process *processes;
	size_t count;
	const struct map_marks *marks; /* or NULL */
	struct map_unmapped *unmapped;
	size_t unmapped_count;
};

/* Is a page with these flags the file's own, and no copy? */
bool map_is_files(const struct map_vma *vma, uint32_t flags);

/* Does it have what --tables adds? */
bool map_has_tables(const struct map_picture *picture);
bool map_facts_same(const struct map_facts *a, const struct map_facts *b);
/* "page cache", or NULL */
const char *map_holder_word(enum map_holder holder);

/* Do two pictures show the same? The kernel may clear ENTRY_ACCESSED at any time. */
bool map_same(const struct map_picture *a, const struct map_picture *b);

void map_process_free(struct map_process *process);
void map_picture_free(struct map_picture *picture);

#endif

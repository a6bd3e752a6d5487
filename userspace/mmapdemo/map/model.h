/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo map: what is to be drawn. Read from /proc (read.c) or from JSON
 * (json.c); made into runs of like pages, then into rows and lines; drawn.
 */
#ifndef MAP_MODEL_H
#define MAP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/json.h"

enum map_page_flag {
	PAGE_PRESENT = 1 << 0,
	PAGE_SWAPPED = 1 << 1,
	PAGE_DIRTY = 1 << 2,	  /* soft-dirty: written since somebody last asked */
	PAGE_FILE = 1 << 3,	  /* of the file; else a copy, or anonymous */
	PAGE_EXCLUSIVE = 1 << 4,  /* mapped here alone */
	PAGE_HUGE = 1 << 5,	  /* mapped by one huge entry, with its neighbours */
	PAGE_HUGE_MAYBE = 1 << 6, /* some like it are: smaps counts them, and says no more */
	PAGE_POISONED = 1 << 7,	  /* a rule of INJECT_SET makes it fail */
};

#define MAP_CONTENT 24

struct map_page {
	uint64_t frame; /* 0: none, or hidden from us */
	uint32_t flags;
	char *content; /* text that it begins with, if that was asked for */
};

/* Why a VMA's pages are not known. */
enum map_unknown {
	MAP_KNOWN,
	MAP_BY_NUMBER, /* VM_PFNMAP: pagemap leaves it out */
	MAP_TOO_MANY,  /* more pages than are looked at */
	MAP_UNREADABLE,
};

struct map_vma {
	uint64_t start, end, offset;
	char perms[5];	/* as in /proc/PID/maps */
	char file[48];	/* "DEVICE INODE"; empty: no file */
	char *name;	/* its path, [heap], or empty */
	char *vm_flags; /* as in smaps: rd wr sh ... */
	bool device;	/* of a node of the module */
	enum map_unknown unknown;
	size_t count; /* of pages */
	struct map_page *pages;
};

struct map_process {
	int pid;
	char name[32]; /* what it is called */
	struct map_vma *vmas;
	size_t vma_count;
	size_t left_out; /* VMAs that would have been, too */
	uint64_t left_out_pages;
	bool hidden;  /* frame numbers are not for us */
	bool changed; /* its mappings changed while they were read, each time we tried */
};

struct map_picture {
	uint64_t page_size, huge_size;
	struct map_process *processes;
	size_t count;
};

/* Pages that are alike and follow each other, drawn as one. */
struct map_run {
	uint64_t first, count; /* pages of the VMA */
	uint32_t flags;
	uint64_t frame; /* of the first */
	bool scattered; /* the frames do not follow each other */
	bool mixed;	/* not alike: the rest of what had too many runs */
	uint64_t present;
};

/* To be freed. At most so many; 0: as many as there are, each with frames that follow. */
struct map_run *map_runs(const struct map_vma *vma, size_t most, size_t *count);
/* Is a page with these flags the file's own, and no copy? */
bool map_is_files(const struct map_vma *vma, uint32_t flags);
/* "2M dirty copy", or "absent" */
void map_state(const struct map_picture *picture, const struct map_vma *vma, uint32_t flags,
	       char text[96]);
/* 4K, 2M */
const char *map_bytes(uint64_t bytes, char text[24]);

/* What anybody may have chosen, fit to be shown: '?' for what is no UTF-8, or for control. */
char *map_clean(char *text);

void map_process_free(struct map_process *process);
void map_picture_free(struct map_picture *picture);

struct map_want {
	bool all;	    /* not the module's nodes alone */
	const char *device; /* this node alone; or NULL */
	size_t most;	    /* VMAs that are looked at */
	bool content;
	/* Anonymous memory that is wanted, too: start, end; ends with 0, 0. */
	const uint64_t (*ranges)[2];
};

/* False with the reason: it has gone, is not ours... */
bool map_read(int pid, const struct map_want *want, const struct map_picture *picture,
	      struct map_process *process, char reason[256]);
void map_page_sizes(struct map_picture *picture);

extern const struct word map_state_words[];
struct json_object *map_process_json(const struct map_process *process);
struct json_object *map_json(const struct map_picture *picture);
/* What map_json() made. False with the reason. */
bool map_from_json(struct json_object *object, struct map_picture *picture, char reason[256]);

#endif

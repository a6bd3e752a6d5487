/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A probe asks one question of a driver that knows nothing of the contract, and needs only what
 * it asks about. It runs in a process of its own under a deadline, so that a page fault that
 * never ends, or an oops, is an answer like others. Its name begins with "D.".
 *
 * A probe that ends without note() has found nothing wrong. Each note() has a key, and
 * findings.c says which finding the probe's name and the key stand for.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "findings.h"
#include "support/access.h"

/* The needs of a probe, which is not applicable to a target without them. */
enum needs {
	NEEDS_SHARED = 1 << 0,	/* a shared mapping that can be loaded from */
	NEEDS_STORES = 1 << 1,	/* --write, and a shared mapping of memory that takes stores */
	NEEDS_WRITE = 1 << 2,	/* --write */
	NEEDS_TWO = 1 << 3,	/* two pages or more, that can be mapped apart */
	NEEDS_SIZE = 1 << 4,	/* a size that the target or the user told */
	NEEDS_PRIVATE = 1 << 5, /* a private mapping that takes stores */
	NEEDS_REOPEN = 1 << 6,	/* to be opened twice */
	NEEDS_KEPT = 1 << 7,	/* as NEEDS_STORES, and stores stay there */
	NEEDS_OFFSETS = 1 << 8, /* offsets that count bytes */
	NEEDS_ONE = 1 << 11,	/* one memory that each mapping shows */
	LOADS_ALL = 1 << 9,	/* loads from each byte of a page, which registers may not allow */
	MAY_BE_LATE = 1 << 10,	/* a test that does not end in time is no finding */
};

struct probe {
	const char *name, *says;
	unsigned int needs;
	void (*run)(void);
};

extern const struct probe survey_probes[], mapping_probes[], memory_probes[], kernel_probes[];
extern const struct probe endless_probes[], life_probes[], later_probes[], grow_probes[],
	empty_probes[], end_probes[];
extern const struct probe read_probes[], last_probes[];
/* Those that come after the survey, in their order; NULL ends them. */
extern const struct probe *const surveyed_probes[];

/* SIZE_ENDLESS: no end was found, so only the first page is known to be the target's */
enum size_from { SIZE_UNKNOWN, SIZE_SAID, SIZE_GIVEN, SIZE_TRIED, SIZE_ENDLESS };

/* Facts that probes found, in memory that they share with the program. */
struct facts {
	int open_flags; /* O_RDWR or O_RDONLY, whatever works */
	int open_more;	/* O_NONBLOCK: without it, open() waits for other users */
	int open_errno; /* 0: it can be opened */
	bool opens_twice;
	int fd; /* -1, or the only descriptor, which cannot be opened again */

	off_t size;
	enum size_from size_from;
	size_t page, pages; /* pages: of the size, rounded up */
	bool regular;

	bool reads, writes;
	bool positions; /* read() and write() of an offset concern that offset */

	bool tried_to_map;
	int shared_ro, shared_rw, private_ro, private_rw; /* 0 or the errno of mmap() */
	int prot; /* of a shared mapping that works: some drivers refuse PROT_READ alone */
	bool only_whole, only_start;
	bool has_unit;	    /* only_whole, and the half can be mapped, too */
	bool names_regions; /* an offset names a region of the target */
	size_t distinct;    /* so many pages from the start on are memory of their own; 0: all */
	size_t loads;	    /* so many pages from the start on can be loaded from */
	char flags[160];    /* VmFlags of a shared mapping */
	char mapped_as[64]; /* what /proc/self/maps calls it */

	bool freed; /* memory was freed while it was mapped */
	bool keeps; /* stores through a mapping stay */
	bool own;   /* each mmap() makes memory of its own */
	bool may_write, may_fill, may_read;
	bool told;	       /* the user said what it is */
	bool may_be_registers; /* the user did not say that it is memory: no stores, and loads of a
				  word */
	bool live;	       /* its content changes although the test stores nothing */
	enum profile profile;
	double deadline;
	char doing[120]; /* the call that a probe waits for, or empty */
};

extern struct facts *facts;

/* A report of a probe's process. */
struct answer {
	bool not_applicable;
	char key[40];
	char shows[600];
};

/* Where the probe's process reports to. */
extern int probe_answers;

/* Report a result; the probe goes on, or ends. */
void note(const char *key, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void found(const char *key, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void cannot_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Names the call that follows, for the case that it does not end; NULL: it has ended. */
void probe_doing(const char *call);

/* Calls a function in a child, and ends the probe if the child reported something or crashed. */
void in_child(void (*call)(void *argument), void *argument);

/* The same, and calls another function when the child has done its work and is still there. */
void beside_child(void (*call)(void *argument), void (*beside)(void *argument), void *argument);

/* Descriptors and mappings of the target: the probe is not applicable where there are none. */
int probe_open(int flags);
int probe_open_again(int flags); /* -1 and errno where it fails */
int probe_prot(void);		 /* of shared mappings: facts->prot, or with PROT_WRITE */
/* Maps `count' pages from page `first' on. A shared mapping has facts->prot, too. */
unsigned char *probe_map(int fd, size_t count, int prot, int flags, size_t first);
/* Maps the pages that can be loaded from, or the whole target where only that can be mapped. */
unsigned char *probe_map_all(int fd, int prot, int flags);
void probe_unmap(void *map, size_t count);

/* Loads and stores that end the probe with a finding where they crash. */
unsigned char probe_load(const unsigned char *at, const char *what);
void probe_store(unsigned char *at, unsigned char value, const char *what);
/* As try_read(), but loads one word if the mapping may be of registers. `at' is a multiple of 4. */
struct access probe_try(const unsigned char *at);

/* Calls that do not wait, also of a descriptor whose flags other programs share. */
ssize_t probe_pread(int fd, void *bytes, size_t count, off_t at);
ssize_t probe_read(int fd, void *bytes, size_t count);
ssize_t probe_pwrite(int fd, const void *bytes, size_t count, off_t at);
ssize_t probe_write(int fd, const void *bytes, size_t count);

/* From now on, nothing beyond the first page is the target's for sure. */
void has_no_end(void);

/* Of VmFlags: "pf" */
bool probe_has_flag(const char *flag);

/* How a mapping is made that works, whatever it is used for but stores. */
int share_or_not(void);
int load_prot(void);
/* One, or all where only the whole target can be mapped. */
size_t least_pages(void);
/* The profile is memory or dma. */
bool is_memory(void);
/* It is, or may be, registers: a load may have a side effect, and is of one word. */
bool may_bear_registers(void);
/* A size that was found by trial may be another's where the mapping is of frames. */
bool may_be_any_frame(void);
/* The pages that a mapping of all has, at most so many. */
size_t some_pages(size_t most);
const char *errno_word(int error);
const char *signal_word(int signo);
const char *prot_word(int prot);
/* A mapping in words: "mmap(8192 bytes, PROT_READ, MAP_SHARED, offset 0)" */
const char *mmap_words(size_t len, int prot, int flags, off_t off, char words[120]);

/* Takes pages that were just freed, and writes a marker into all of them. */
#define MARKER 0x6d6d617064656d6fULL
void churn(size_t bytes);
bool has_marker(const unsigned char *page, size_t size);

#endif

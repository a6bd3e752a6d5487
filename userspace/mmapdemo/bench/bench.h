/* SPDX-License-Identifier: GPL-2.0-only */
/* mmapdemo bench: works, done on subjects, give figures. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define KIB	   ((size_t)1 << 10)
#define MIB	   ((size_t)1 << 20)
#define BENCH_PAGE (4 * KIB) /* what figures are per, whatever pages the subject has */
#define BENCH_HUGE (2 * MIB)
/* Where memory beside the buffer is more than what the system does meanwhile. */
#define BENCH_LARGE		(256 * MIB)
#define BENCH_REPEATS		99
#define BENCH_REASON		120
#define BENCH_SMALLEST		(64 * KIB) /* of the sizes for the slope */
#define ARRAY_LEN(a)		(sizeof(a) / sizeof((a)[0]))
#define bench_printf(fmt, args) __attribute__((format(printf, fmt, args)))

/* What is mapped. Where memory that nobody used comes from, for a first touch: */
enum bench_fresh {
	FRESH_MAPPING, /* each mapping has its own */
	FRESH_PUNCH,   /* a hole is punched into the file */
	FRESH_HOLE,    /* the same, or a part is searched that is unused: that can run out */
	FRESH_NEVER,   /* all is there from the beginning */
};

struct bench_subject {
	char name[32];
	const char *says;
	/* Sets fd for that many bytes, or reason; what it changes is undone at the end. */
	void (*make)(struct bench_subject *subject, size_t size);
	char path[64]; /* to open it by; empty where there is nothing to open */
	enum bench_fresh fresh;
	int map_flags;
	int advice;   /* for madvise, or -1 */
	bool is_file; /* what is written to it is what read gives */

	int fd;
	size_t size;	  /* what it has, SIZE_MAX if as much as is mapped */
	size_t page;	  /* what sizes are multiples of */
	size_t used_then; /* memory of the machine, when it was not made yet */
	size_t held_then; /* and memory it held already, as a device may */
	char reason[BENCH_REASON];
};

extern const struct bench_subject bench_device, bench_peers[];
extern const size_t bench_peer_count;

size_t bench_subject_list(char **devices, struct bench_subject **subjects);
void bench_subject_make(struct bench_subject *subject, size_t size);
void bench_subject_unmake(struct bench_subject *subject);
/* May the device at this path be overwritten, and knows our commands? */
bool bench_is_ours(const char *path);
/* Bytes of memory it holds. */
size_t bench_subject_held(const struct bench_subject *subject);
/* Where to map memory that is not there yet; -1 if nowhere. */
off_t bench_subject_fresh(const struct bench_subject *subject, size_t size);

/* Settings of the system, put back in reverse order; also when killed. */
bool bench_setting_change(const char *path, const char *value);
/* A file that goes when they are put back. */
void bench_setting_remove(const char *path);
void bench_setting_restore(void);
size_t bench_meminfo(const char *field); /* bytes */
size_t bench_memory_used(void);

enum bench_per { PER_PAGE, PER_CALL, PER_BUFFER };

enum bench_needs {
	NEEDS_RESIDENT = 1, /* memory that is there, and stays between mappings */
	NEEDS_FRESH = 2,    /* memory that is not */
	NEEDS_COPIES = 4,   /* private mappings show the subject's bytes until written to */
	NEEDS_FILE = 8,	    /* read and write */
	NEEDS_LARGE = 16,   /* the size below */
};

struct bench_job {
	const struct bench_subject *subject;
	size_t size;
	off_t offset;
	size_t chunk; /* of one read or write; 0: all */
};

struct bench_work {
	const char *name;
	const char *says;
	enum bench_per per;
	unsigned int needs;
	size_t chunk;
	/* Nanoseconds, or, per buffer, bytes. */
	int64_t (*run)(const struct bench_job *job);
};

int64_t bench_read(const struct bench_job *job);
int64_t bench_write(const struct bench_job *job);

extern const struct bench_work bench_works[];
extern const size_t bench_work_count;

/* Calls of an operation in one run of a work that is per call. */
#define BENCH_CALLS 64

/* In a job's process: ends it, with this as the reason why there is no figure. */
_Noreturn void bench_fail(const char *format, ...) bench_printf(1, 2);
int64_t bench_now(void);

struct bench_figure {
	const struct bench_work *work;
	const struct bench_subject *subject;
	size_t size;
	double median, min, max; /* in the unit of the work, unless: */
	char reason[BENCH_REASON];
};

struct bench {
	struct bench_subject *subjects;
	size_t subject_count;
	const struct bench_work **works;
	size_t work_count;
	size_t size, slope; /* slope: the largest of the sizes, or 0 */
	unsigned int repeats;
	bool instructions;
	struct bench_figure *figures;
	size_t figure_count;
};

/* Runs all works on all subjects, and adds the figures. */
void bench_run(struct bench *bench);
/* The one that was measured, or NULL. */
const struct bench_figure *bench_find(const struct bench *bench, const char *work,
				      const char *subject, size_t size);
const struct bench_subject *bench_subject_named(const struct bench *bench, const char *name);
/* (max - min) / median */
double bench_spread(const struct bench_figure *figure);
const char *bench_unit(const struct bench *bench, enum bench_per per);
/* 16M */
const char *bench_bytes(size_t bytes, char text[24]);
/* The size that a work is done with, apart from those for the slope. */
size_t bench_work_size(const struct bench *bench, const struct bench_work *work);
/* Is it measured for the slope, too? */
bool bench_work_grows(const struct bench_work *work);

/* What our device is to reach: 1.00x of hugetlb. */
struct bench_target {
	const char *work, *versus;
	double limit;
	bool times_fewer; /* of at least limit; else at most limit times as many */
	double ratio;
	bool reached;
};

/* Those of this kernel for which there are figures. */
size_t bench_targets(const struct bench *bench, struct bench_target **targets);

void bench_table(const struct bench *bench);
/* True if it was written. */
bool bench_json(const struct bench *bench, FILE *file);
bool bench_svg(const struct bench *bench, FILE *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of `mmapdemo doctor', in the order in which problems are cured. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * NOTE: a setting or a temporary state costs something, and the user may leave it as it is.
 * UNKNOWN: the check could not be made, and the finding says why.
 */
enum state { FINE, NOTE, WRONG, UNKNOWN, STATES };

struct finding {
	enum state state;
	char says[400];
	char cure[600];	 /* a command that a shell takes as it is, or empty */
	bool wants_root; /* the cure does */
	char hint[240];	 /* what the user must know or do besides the command, or empty */
};

struct patient {
	const char *root;   /* whose /proc, /sys, /lib, /var and /etc are read; "" is / */
	int root_fd;	    /* of another root */
	const char *device; /* path of the node */
	char release[80];   /* of the kernel; empty: unknown */
	pid_t caller;	    /* the process whose limits this one has */
};

/* The requirements of a check. */
enum {
	OF_PROCESS = 1, /* another root has no such facts */
	OF_KERNEL = 2,	/* the release has to be known */
	OF_RUNNING =
		4, /* and that kernel has to run, because /proc and /sys are the running one's */
};

struct check {
	const char *name;
	void (*look)(const struct patient *patient, struct finding *finding);
	int of;
};

extern const struct check build_checks[], node_checks[],
	memory_checks[]; /* end with an empty one */

/* Set the finding, and replace an earlier text. */
void conclude(struct finding *finding, enum state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define fine(finding, ...)    conclude(finding, FINE, __VA_ARGS__)
#define unknown(finding, ...) conclude(finding, UNKNOWN, __VA_ARGS__)
#define wrong(finding, ...)   conclude(finding, WRONG, __VA_ARGS__)
#define remark(finding, ...)  conclude(finding, NOTE, __VA_ARGS__)
/* These follow one of the above. */
void cured_by(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for a command that only root may run. */
void cured_by_root(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void hint(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A check that hangs or crashes is UNKNOWN, as each runs in a process of its own. */
void check_run(const struct check *check, const struct patient *patient, struct finding *finding);

/* A check with its finding. */
struct entry {
	const struct check *check;
	struct finding finding;
};

struct diagnosis {
	const struct patient *patient;
	const struct entry *entries;
	size_t count;
	size_t of[STATES]; /* by state */
};

const char *state_word(enum state state);

void doctor_text(const struct diagnosis *diagnosis);
void doctor_json(const struct diagnosis *diagnosis);

#endif

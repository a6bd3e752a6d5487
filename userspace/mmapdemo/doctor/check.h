/* SPDX-License-Identifier: GPL-2.0-only */
/* What `mmapdemo doctor' looks at, in the order in which faults are cured. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* UNKNOWN: it could not be looked at, and says why. */
enum state { FINE, WRONG, UNKNOWN };

struct finding {
	enum state state;
	char says[400];
	char cure[400]; /* one command; empty unless WRONG */
};

struct patient {
	const char *root;   /* whose /proc, /sys, /lib, /var and /etc are read; "" is / */
	const char *device; /* path of the node */
	char release[80];   /* of the kernel */
	pid_t caller;	    /* whose limits are this process's */
};

struct check {
	const char *name;
	void (*look)(const struct patient *patient, struct finding *finding);
	bool of_this_process; /* with another root there is nothing to look at */
};

extern const struct check build_checks[], node_checks[],
	memory_checks[]; /* end with an empty one */

void fine(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void unknown(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void wrong(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To follow wrong() */
void cured_by(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for a command of root's: who is not root is told to be. */
void cured_by_root(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One that hangs or crashes is UNKNOWN, as it runs in a process of its own. */
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
	size_t of[3]; /* by state */
};

const char *state_word(enum state state);

void doctor_text(const struct diagnosis *diagnosis);
void doctor_json(const struct diagnosis *diagnosis);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sweep: the Nth allocation, or copy of user memory, that an operation has the
 * kernel do is made to fail, for N from 1 until the operation is over before
 * there are N. Each attempt is a process of its own, on a device as after load.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The node or module that an attempt works on; all but the last lines are given. */
struct subject {
	const char *node; /* in /dev; NULL: the module itself */
	size_t page;
	size_t huge; /* of a huge page; 0: the node makes none */
	unsigned int features;
	off_t size;
	int fd;	   /* of the node, open for both; of the module's file */
	int other; /* an operation's own descriptor */
	char *map; /* and mapping */
	size_t mapped;
	bool fired; /* for check(): a failure was injected into the act() that has worked */
};

struct operation {
	const char *name;
	/* With no failures. 0, or the errno; EOPNOTSUPP: nothing such a node does. */
	int (*prepare)(struct subject *subject);
	/* With failures, and again without. 0, or the errno, as the kernel gave it. */
	int (*act)(struct subject *subject);
	/* After it has worked: NULL, or what is wrong. */
	const char *(*check)(struct subject *subject);
	/* An errno that it may fail with besides ENOMEM and EFAULT. */
	int may_say;
	/* Failures begin in the module's load, not before: tests/modules/in_init. */
	bool in_init;
	/* It must work whatever fails: who would be told? */
	bool must_work;
	/* Makes page tables, where all of a mapping is there from the start. */
	bool fills;
};

#define MARK 0x5a

/* The node that the operations of named_operations make and destroy. */
#define NAMED		  "mmapdemo-fail-nth"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

extern const struct operation node_operations[], created_operations[], named_operations[],
	shared_operations[];
extern const size_t node_operations_count, created_operations_count, named_operations_count,
	shared_operations_count;

/*
 * Sweeps it; @reset makes the subject as it was, @settled says what an attempt
 * left behind, or NULL. Prints a line of TAP; false when that says "not ok".
 */
bool sweep(const struct operation *operation, const struct subject *subject,
	   int (*reset)(const struct subject *subject),
	   const char *(*settled)(const struct subject *subject), unsigned int number);

/*
 * Loads from a byte, or stores MARK there. Returns 0, or EIO after a SIGBUS: an access that finds
 * no memory waits for some.
 */
int touch(char *at, bool store);

/* Has failures come from all that counts, silently. Or dies. */
void sweep_init(void);

#endif

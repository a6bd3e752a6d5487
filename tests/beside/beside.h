/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo-beside does the same operation to a memfd, to a file on tmpfs and to the device, on one
 * kernel, and compares what a program sees. No operation states what is right: the memfd does.
 */
#ifndef BESIDE_H
#define BESIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum kind { MEMFD, TMPFS, DEVICE, KINDS };

/* The mapping of an operation reaches this many pages past the end of its object. */
#define PAST_END 4
#define MAPS_MAX 3

struct mapping {
	unsigned char *at;
	size_t pages;
	size_t first; /* page of the object that the mapping begins with */
	bool shared;
};

/* The object and the mappings that an operation works on. */
struct world {
	enum kind kind;
	char path[64]; /* opens the object again, in this process */
	int fd;
	size_t pages; /* size of the object */
	struct mapping maps[MAPS_MAX];
	struct mapping *map; /* the mapping that the operation is about */
	size_t page;	     /* first page of the operation's range, counted in the mapping */
	size_t count;	     /* pages of the range */
};

/* Where in which kind of mapping an operation takes place: a row of the table has a set of these.
 */
#define SHARED	     0x01
#define PRIVATE	     0x02
#define HOLE	     0x04 /* shared, half of the range was never written */
#define PRIVATE_HOLE 0x08 /* the same in a private mapping */
#define END	     0x10 /* shared, the range reaches past the end of the object */
#define HUGE_SHARED  0x20 /* shared, the object has a huge page and the range is inside it */
#define HUGE_PRIVATE 0x40 /* the same in a private mapping */
#define SETUPS	     7

#define EACH_MAP     (SHARED | PRIVATE | HOLE | HUGE_SHARED)
#define EACH	     (EACH_MAP | PRIVATE_HOLE | HUGE_PRIVATE)
#define ALL	     (EACH | END)

/* Flags of an operation. */
/* Not a step of random programs: it has effects for longer, or tells which folios there are. */
#define ALONE 0x01
#define NAMED 0x02 /* only done if --tests names it */

struct op {
	const char *name;
	void (*run)(struct world *w, const long *arg);
	unsigned int setups;
	unsigned int flags;
	long arg[3];
};

#define OPS_MAX 1000
extern const struct op *ops[OPS_MAX];
extern size_t ops_count;
void ops_init(void);

struct setup {
	const char *name;
	bool huge;
	bool shared;
	size_t page;
};

extern const struct setup setups[SETUPS];
extern size_t page_size;

static inline unsigned char *world_at(const struct world *w)
{
	return w->map->at + w->page * page_size;
}

static inline size_t world_bytes(const struct world *w)
{
	return w->count * page_size;
}

/* Offset of the range in the object. */
static inline off_t world_offset(const struct world *w)
{
	return (w->map->first + w->page) * page_size;
}

#endif

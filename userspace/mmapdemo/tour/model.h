/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of a tour, which are shown as text, as JSON or as a page. */
#ifndef TOUR_MODEL_H
#define TOUR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/utsname.h>

#include <linux/mmapdemo.h>
#include "chapter.h"
#include "device/device.h"
#include "map/model.h"
#include "verdict.h"
#include "wire.h"

struct tour_claim {
	char *expected, *seen;
	enum tour_verdict verdict;
	enum tour_state state; /* of the page at an address of a process, if one is expected */
	uint64_t address;
	int pid;
	/* How often the module should pass this tracepoint in the step. */
	char *event;
	uint64_t count;
};

/* A tracepoint that the module passed. */
struct tour_event {
	int pid;
	char name[32];
	char *text; /* its fields */
};

struct tour_step {
	char *call, *result;  /* result may be NULL */
	char *question, *why; /* or NULL */
	int pid, role;
	struct tour_claim *claims;
	size_t claim_count;
	struct tour_event *events;
	size_t event_count;
	struct map_picture picture;
	bool same; /* the picture equals the one of the step before */
	struct mmapdemo_info info;
};

/* The results of a chapter. */
struct tour_part {
	const struct tour_chapter *chapter;
	struct tour_step *steps;
	size_t count;
	struct map_marks *marks;   /* of the frames in its pictures */
	enum tour_verdict verdict; /* UNSEEN: it cannot be shown here */
	char *reason;		   /* why it cannot be shown, or what failed beside the claims */
};

struct tour {
	const char *name, *device;
	struct device node; /* which that is */
	char strategy[16];
	struct utsname system;
	uint64_t bytes;
	size_t page_size;
	bool traced, hidden;
	char why_not[256]; /* traced */
	struct tour_part *parts;
	size_t count;
	struct reader *reader;
	int fd;
};

/* Does all of a step hold? */
enum tour_verdict tour_step_verdict(const struct tour_step *step);
const char *tour_verdict_word(enum tour_verdict verdict);
/* The name of a process of the chapter, by its number; NULL if it has none. */
const char *tour_role_of(const struct tour_part *part, int pid);

#endif

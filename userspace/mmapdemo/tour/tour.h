/* SPDX-License-Identifier: GPL-2.0-only */
/* What was seen on a tour, for those who show it: as text, as JSON, as a page. */
#ifndef TOUR_H
#define TOUR_H

#include <stddef.h>
#include <stdint.h>

#include "actor.h"
#include "common/terminal.h"
#include "map/model.h"
#include "wire.h"

struct tour_claim {
	char *expected, *seen;
	enum tour_verdict verdict;
	/* Until the step is over: how often this tracepoint is to be passed in it. */
	char *event;
	uint64_t count;
};

/* A tracepoint that the module passed. */
struct tour_event {
	uint64_t time;
	int pid;
	char name[32];
	char *text; /* what it tells */
};

struct tour_step {
	char *call, *result; /* result may be NULL */
	int pid, role;
	struct tour_claim *claims;
	size_t claim_count;
	struct tour_event *events;
	size_t event_count;
	struct map_picture picture;
	bool same; /* as the picture of the step before */
	struct mmapdemo_info info;
};

/* A chapter, as it went. */
struct tour_part {
	const struct tour_chapter *chapter;
	struct tour_step *steps;
	size_t count;
	enum tour_verdict verdict; /* UNSEEN: it cannot be shown here */
	char *reason;		   /* of that, or of a failure beside the claims */
};

struct tour {
	const char *name, *device;
	char kernel[66], machine[66], strategy[16];
	uint64_t bytes;
	bool traced, hidden;
	char why_not[256]; /* traced */
	struct tour_part *parts;
	size_t count;
	struct reader *reader;
	int fd;
};

extern const struct tour_chapter *const tour_chapters[];
extern const size_t tour_chapter_count;

/* Runs a chapter. `seen` is called after each step; false ends the tour. */
typedef bool tour_seen(const struct tour *tour, const struct tour_part *part,
		       const struct tour_step *step, void *context);
bool tour_run(struct tour *tour, const struct tour_chapter *chapter, tour_seen *seen,
	      void *context);

/* Does all of a step hold? */
enum tour_verdict tour_step_verdict(const struct tour_step *step);
const char *tour_verdict_word(enum tour_verdict verdict);
/* What its process is called: "parent 123". */
const char *tour_who(const struct tour_part *part, const struct tour_step *step, char text[64]);
/* The name of a process of the chapter, by its number; NULL if it has none. */
const char *tour_role_of(const struct tour_part *part, int pid);

void tour_text_begin(const struct tour *tour, const struct terminal *terminal);
void tour_text_chapter(const struct tour *tour, const struct tour_chapter *chapter,
		       const struct terminal *terminal);
void tour_text_step(const struct tour_part *part, const struct tour_step *step,
		    const struct terminal *terminal);
void tour_text_part(const struct tour_part *part, const struct terminal *terminal);
void tour_text_end(const struct tour *tour, const struct terminal *terminal);

struct json_object *tour_json(const struct tour *tour);
bool tour_html(const struct tour *tour, FILE *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The messages from a chapter's processes to the tour's process. */
#ifndef TOUR_WIRE_H
#define TOUR_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "chapter.h"
#include "verdict.h"

/* The states of a page that the tour's process sees in the picture. */
enum tour_state {
	STATE_NONE,
	STATE_ABSENT,
	STATE_READ_ONLY,
	STATE_WRITABLE,
	STATE_HUGE,
	STATE_ZERO_PAGE,
	STATE_ANONYMOUS,
	STATE_PAGE_CACHE,
};

enum tour_kind {
	SAYS_CALL,   /* text: a statement, which begins a step; waits for an answer */
	SAYS_ASK,    /* text: a question to the reader, about the step */
	SAYS_RESULT, /* text: what it returned; number: the child's pid, of fork() */
	SAYS_DONE,   /* the call has returned; waits for an answer */
	SAYS_WHY,    /* text: why the step does what it does */
	SAYS_CLAIM,  /* text: what was expected; seen; verdict */
	SAYS_STATE, /* text: expected; number: an enum tour_state, of range[0] in the process pid */
	SAYS_EVENTS,   /* text: expected; seen: a tracepoint's name; number: how often */
	SAYS_WATCH,    /* range */
	SAYS_END,      /* of the step; waits for an answer */
	SAYS_LEFT,     /* this process has ended */
	SAYS_NOT_HERE, /* text: why the chapter cannot be shown */
	SAYS_FAILED,   /* text: why it cannot go on */
};

struct tour_message {
	enum tour_kind kind;
	int pid, role;
	enum tour_verdict verdict;
	uint64_t number, range[2];
	char text[400], seen[240];
};

/* In the process of a chapter: runs it, and ends. */
void tour_act(const struct tour_chapter *chapter, int socket, int device) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the chapters of mmapdemo tour. They read like a program: each DO() and RUN()
 * is a step, which the tour shows as it stands here. The expect_*() after it say what
 * the step should do. Chapters run in processes of their own, which report to the tour's.
 */
#ifndef TOUR_ACTOR_H
#define TOUR_ACTOR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mmapdemo.h>
#include "chapter.h"
#include "wire.h"

extern const char *path; /* of the device */
extern size_t page;	 /* bytes */
extern size_t huge;	 /* of a huge page; 0: the device has none */

/* A call that must work: the chapter ends if it returns -1. */
#define DO(...)                                           \
	do {                                              \
		tour_call(#__VA_ARGS__ ";");              \
		errno = 0;                                \
		tour_returned((long)(__VA_ARGS__), NULL); \
	} while (0)

/* A call that must fail with this errno. */
#define REFUSED(expected, error, ...)                                       \
	do {                                                                \
		tour_call(#__VA_ARGS__ ";");                                \
		errno = 0;                                                  \
		tour_refused((long)(__VA_ARGS__), error, #error, expected); \
	} while (0)

/* Statements whose result does not matter. */
#define RUN(...)                             \
	do {                                 \
		tour_call(#__VA_ARGS__ ";"); \
		__VA_ARGS__;                 \
		tour_done();                 \
	} while (0)

/* Loads and stores that may be caught: a signal and its code, or 0, 0. */
#define LOAD(place, signal, code, expected) \
	tour_attempt("c = " #place ";", &(place), false, signal, code, expected)
#define STORE(place, signal, code, expected) \
	tour_attempt(#place " = '!';", &(place), true, signal, code, expected)

/* The expectation, and the observation. */
void expect(bool holds, const char *expected, const char *seen, ...)
	__attribute__((format(printf, 3, 4)));
void expect_text(const char *text, const char *wanted, const char *expected);
void expect_zeros(const char *text, size_t bytes, const char *expected);
/* Is a page mapped there now? */
void expect_present(const void *address, bool present, const char *expected);
/* Frames as frame() gives them. */
void expect_same(uint64_t a, uint64_t b, const char *expected);
void expect_other(uint64_t a, uint64_t b, const char *expected);
/*
 * These claims are about a page in the picture: its entry is absent, refuses or allows stores, or
 * maps a huge page; or something holds its frame. The tour's process looks, after the call and
 * before all expectations, so that looking changes nothing.
 */
void expect_absent(const void *address, const char *expected);
void expect_read_only(const void *address, const char *expected);
void expect_writable(const void *address, const char *expected);
void expect_state(pid_t process, const void *address, enum tour_state state, const char *expected);
/* The reader is asked this before the next step. */
void ask(const char *question);
/* Why the step does what it does: two or three sentences. */
void because(const char *why);
/* Live VMAs of the device, by the module's count. */
void expect_vmas(uint32_t count, const char *expected);
/* How often the module passed this tracepoint since the step began. */
void expect_events(const char *event, uint32_t count, const char *expected);

/* The frame behind an address, without an access to it; 0: none, or hidden. */
uint64_t frame(const void *address);
struct mmapdemo_info tour_info(void);

/* Has the tour draw this anonymous memory, too. */
void tour_watch(const void *address, size_t bytes);

/*
 * A chapter has two processes at most, of which one acts at a time. tour_pass() lets
 * the other one act, and waits until that calls it. The second process begins waiting.
 */
void tour_pass(void);
/* Ends the second process, after its last pass; the first one waits for that end. */
void tour_leave(void) __attribute__((noreturn));
void tour_join(pid_t process);
/*
 * Begins a second process that is no child of this one, and has inherited no mapping of the
 * device. It begins waiting, and lets the first one act when it ends.
 */
void tour_stranger(void (*run)(void));
/* Ends a chapter that cannot be shown here. */
void tour_not_here(const char *why) __attribute__((noreturn));

/* For the macros. */
void tour_call(const char *statement);
void tour_done(void);
void tour_returned(long value, const char *as);
void tour_refused(long value, int error, const char *name, const char *expected);
void tour_attempt(const char *statement, char *place, bool store, int signal, int code,
		  const char *expected);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's commands, for their tests. Each returns 0 or the errno, unless its comment says
 * that it fails the test.
 */
#ifndef SUPPORT_CONTROL_H
#define SUPPORT_CONTROL_H

#include <errno.h>
#include <linux/mmapdemo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "support/row.h"
#include "support/weather.h"

/*
 * A descriptor of the device, open for both. When the test has ended, size,
 * rules and policy are as they were. Not applicable where not all commands work.
 */
int control_open(void);
/*
 * The same for tests that need only these MMAPDEMO_FEATURE_ bits; not applicable if one is
 * missing.
 */
int control_open_kind(uint32_t features);

int command(int fd, unsigned long number, void *argument);
int resize(int fd, off_t bytes);
int punch(int fd, off_t off, uint64_t len);
int fill(int fd, off_t off, uint64_t len, uint64_t seed);
int set_rule(int fd, struct mmapdemo_injection rule); /* its size is set here */
int kick(int fd);
/* Asserts this number of huge folios, unless the kernel splits some meanwhile (weather.h). */
void assert_huge_folios(const struct mmapdemo_info *info, uint64_t expected);

int wipe(int fd, uint32_t flags, uint32_t policy);

/* Sets a rule that delays each access to a page by so many microseconds, and counts them. */
int set_delay(int fd, off_t page, uint32_t delay);
/* Sets a rule with this action for every access. */
int set_action(int fd, off_t off, uint64_t len, enum mmapdemo_inject_action action);
#define heal(fd, off, len) set_action(fd, off, len, MMAPDEMO_INJECT_NONE)

/* Takes the pending events; 0 with O_NONBLOCK if there is none. On an error it fails the test. */
uint32_t take_events(int fd, uint32_t events, uint64_t *generation);

/* On an error these fail the test. */
struct mmapdemo_info info_of(int fd);
uint32_t sum_of(int fd, off_t off, size_t len);
size_t list_rules(int fd, struct mmapdemo_injection *rules, size_t room);

#define assert_errno(call, expected)                                                   \
	do {                                                                           \
		int error_ = (call);                                                   \
                                                                                       \
		ck_assert_msg(error_ == (expected), "%s: %s (%d), not %s", #call,      \
			      error_ ? strerror(error_) : "works", error_, #expected); \
	} while (0)
#define assert_done(call) assert_errno(call, 0)

/* Repeats the call while it is EBUSY, because the kernel releases pins a moment late. */
#define in_the_end(call) insist(call, error_ == EBUSY)

/* Waits until a process or thread sleeps, and a signal could wake it. */
void await_sleep(pid_t task);

/*
 * Waits until a process or thread sleeps in the kernel for so long that only a rule's delay
 * explains it; false if it ends or waits for something else.
 */
bool is_delayed(pid_t task);

/*
 * Delays of a rule, in microseconds, for tests of what can be done meanwhile. A test that the
 * first is too short for may run on a busy machine, and tries the second.
 */
#define SHORT_DELAY 1000000
uint32_t long_delay(void);

/*
 * Memory of a huge page's size with the pattern, away from other tests' memory: one huge folio, or
 * single pages. Not applicable if the device makes no huge folios.
 */
static const struct folios {
	const char *name;
	bool huge;
} folios[] = {
	{"huge", true},
	{"small", false},
};

size_t chunk_size(int fd);
off_t make_chunk(int fd, const struct folios *kind, int seed);

#endif

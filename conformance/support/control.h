/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's commands, for tests of them. Each returns 0 or the errno, but
 * where it says that it fails the test.
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
/* The same where these MMAPDEMO_FEATURE_ are enough; not applicable where one is missing. */
int control_open_kind(uint32_t features);

int command(int fd, unsigned long number, void *argument);
int resize(int fd, off_t bytes);
int punch(int fd, off_t off, uint64_t len);
int fill(int fd, off_t off, uint64_t len, uint64_t seed);
int set_rule(int fd, struct mmapdemo_injection rule); /* its size is set here */
int kick(int fd);
/* So many huge folios there are, unless the kernel splits some meanwhile (weather.h). */
void assert_huge_folios(const struct mmapdemo_info *info, uint64_t expected);

int wipe(int fd, uint32_t flags, uint32_t policy);

/* A rule that each access to a page takes so many microseconds longer, and that counts them. */
int set_delay(int fd, off_t page, uint32_t delay);
/* A rule of one action, always. */
int set_action(int fd, off_t off, uint64_t len, enum mmapdemo_inject_action action);
#define heal(fd, off, len) set_action(fd, off, len, MMAPDEMO_INJECT_NONE)

/* Takes the events that are new; 0 with O_NONBLOCK where none is. Fails the test. */
uint32_t take_events(int fd, uint32_t events, uint64_t *generation);

/* These fail the test. */
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

/* Once more while it is EBUSY: the kernel lets go of pins a moment after it is told to. */
#define in_the_end(call) insist(call, error_ == EBUSY)

/* Waits until a process or thread sleeps, and a signal could wake it. */
void await_sleep(pid_t task);

/*
 * Waits until a process or thread is asleep in the kernel for longer than
 * anything but a rule's delay takes; false if it ends or waits for something else instead.
 */
bool is_delayed(pid_t task);

/*
 * Delays of a rule, in microseconds, for tests of what can be done meanwhile. A test that the
 * first is too short for may run on a busy machine, and tries the second.
 */
#define SHORT_DELAY 1000000
uint32_t long_delay(void);

/*
 * Memory as large as a huge page, which holds the pattern, away from where other
 * tests are: one huge folio, or single pages. Not applicable where the device
 * makes no huge ones.
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

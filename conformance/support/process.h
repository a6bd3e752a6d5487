/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two processes that take turns over pipes: nobody sleeps, nobody polls.
 *
 *	struct peer other;
 *
 *	if (fork_child(&other)) {
 *		map[0] = 'c';
 *		tell(&other, frame_of(map));
 *		child_done();
 *	}
 *	assert_same_page(hear(&other), frame_of(map));
 *	await_exit(&other);
 *
 * The child's assertions count as the test's own: the first that fails ends the
 * child, and the parent where it next waits, and its message is the test's.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid; /* the child's, as its parent knows it */
	int from;
	int to;
};

/* True in the child; each side gets the other as its peer. */
bool fork_child(struct peer *peer);
_Noreturn void child_done(void);

/* A number, or just the turn. */
void tell(const struct peer *peer, uint64_t value);
uint64_t hear(struct peer *peer);
#define pass_turn(peer)	 tell(peer, 0)
#define await_turn(peer) ((void)hear(peer))

/*
 * In a child whose work is done: gives its parent the turn until release_child(), then exits with
 * 0.
 */
_Noreturn void child_stays(struct peer *parent);
void release_child(struct peer *child);

/* Fails the test unless the child exits with 0. */
void await_exit(struct peer *child);
/* Kills the child, and waits until it has gone. */
void kill_child(struct peer *child);

/*
 * Moves the caller to the first of its processors, or to all others. False if it has only one, on
 * which it stays.
 */
bool stay_on_processors(bool first);

#endif

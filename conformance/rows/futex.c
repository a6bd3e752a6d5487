// SPDX-License-Identifier: GPL-2.0-only
/* M5: futexes in the mapping, and the C library's locks on them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

/* Returns the system call's result, or -errno. */
static long futex(uint32_t *word, int operation, uint32_t value, uint32_t *word2)
{
	/* The fourth argument is a timeout or, to requeue, how many at most. */
	unsigned long fourth = operation == FUTEX_REQUEUE ? 1 : 0;
	long ret = syscall(SYS_futex, word, operation, value, fourth, word2, 0);

	return ret == -1 ? -errno : ret;
}

/* The first page, from page 1 on, mapped anew: in a child, elsewhere than the parent has it. */
static void *map_page(void)
{
	uint32_t *page = target_map_rw(1, MAP_SHARED, pages(1));
	uint32_t *last = page + target.page / sizeof(*page) - 1;
	long woken = futex(last, FUTEX_WAKE, 1, NULL); /* nobody waits there */
	uint32_t *again;

	needs_file();
	/* Otherwise a waiter would wait for ever. Other processes may be storing there, too. */
	*(volatile uint32_t *)last = getpid();
	again = target_map_rw(1, MAP_SHARED, pages(1));
	if (!((volatile uint32_t *)again)[last - page])
		row_unsupported("another mapping is of another page: nothing to wait on together");
	unmap(again, pages(1));
	/* For pages without a mapping of their own: kernel/futex/core.c, get_futex_key(). */
	if (woken == -EFAULT)
		row_unsupported("no futex in shared memory: FUTEX_WAKE says %s", strerror(EFAULT));
	ck_assert_int_eq(woken, 0);
	return page;
}

/*
 * Repeats the call until a process sleeps there and is moved or woken, unless the child has gone.
 */
static void until_one(uint32_t *word, int operation, uint32_t value, uint32_t *word2,
		      struct peer *child)
{
	siginfo_t ended = {};
	long count;

	while (!(count = futex(word, operation, value, word2))) {
		waitid(P_PID, child->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid)
			await_exit(child);
		ck_assert_msg(!ended.si_pid, "the child did not wait");
		sched_yield();
	}
	ck_assert_int_eq(count, 1);
}

/* futex/core.c, get_futex_key(): a process may wait on memory that it can only read */
static const char *const waiters[] = {"rw", "ro"};

ROW_EACH(M5, futex_wakes,
	 "FUTEX_WAKE wakes a process that waits in another mapping, at another address", waiters)
{
	uint32_t *word = map_page();
	struct peer other;

	*word = 7;
	if (fork_child(&other)) {
		uint32_t *mine = _i ? target_map_ro(2, MAP_SHARED, 0) + pages(1) : map_page();

		ck_assert_ptr_ne(mine, word);
		ck_assert_int_eq(futex(mine, FUTEX_WAIT, 7, NULL), 0);
		child_done();
	}
	until_one(word, FUTEX_WAKE, 1, NULL, &other);
	await_exit(&other);
	ck_assert_int_eq(futex(word, FUTEX_WAKE, 1, NULL), 0);
}

ROW(M5, futex_compares, "FUTEX_WAIT does not sleep when the word has changed: EAGAIN")
{
	uint32_t *word = map_page();
	struct peer other;

	*word = 7;
	if (fork_child(&other)) {
		uint32_t *mine = map_page();

		*mine = 8;
		child_done();
	}
	await_exit(&other);
	ck_assert_int_eq(futex(word, FUTEX_WAIT, 7, NULL), -EAGAIN);
}

ROW(M5, futex_by_offset, "words of one page, and of the next, are futexes of their own")
{
	uint32_t *word = map_page();
	struct peer other;

	if (fork_child(&other)) {
		ck_assert_int_eq(futex(map_page(), FUTEX_WAIT, word[0], NULL), 0);
		child_done();
	}
	/* The child sleeps after it was moved to another word: no other wake reaches it. */
	until_one(word, FUTEX_REQUEUE, 0, word + 2, &other);
	ck_assert_int_eq(futex(word, FUTEX_WAKE, 9, NULL), 0);
	ck_assert_int_eq(futex(word + 1, FUTEX_WAKE, 9, NULL), 0);
	ck_assert_int_eq(futex(target_map_rw(1, MAP_SHARED, pages(2)) + 2 * sizeof(*word),
			       FUTEX_WAKE, 9, NULL),
			 0);
	ck_assert_int_eq(futex(word + 2, FUTEX_WAKE, 9, NULL), 1);
	await_exit(&other);
}

static void *wait_there(void *word)
{
	return (void *)futex(word, FUTEX_WAIT, 0, NULL);
}

ROW(M5, futex_private, "a futex in a private mapping belongs to its process alone")
{
	uint32_t *shared = map_page();
	uint32_t *copy = target_map_rw(1, MAP_PRIVATE, pages(1));
	pthread_t thread;
	void *result;

	copy[0] = copy[1] = shared[0] = shared[1] = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_there, copy), 0);
	while (!futex(copy, FUTEX_REQUEUE, 0, copy + 1))
		sched_yield();
	ck_assert_int_eq(futex(shared, FUTEX_WAKE, 9, NULL), 0);
	ck_assert_int_eq(futex(shared + 1, FUTEX_WAKE, 9, NULL), 0);
	ck_assert_int_eq(futex(copy + 1, FUTEX_WAKE, 9, NULL), 1);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_null(result);
}

struct guarded {
	pthread_mutex_t mutex;
	uint64_t count;
};

static struct guarded *make_mutex(int protocol, int robust)
{
	struct guarded *guarded = map_page();
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	ck_assert_int_eq(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	ck_assert_int_eq(pthread_mutexattr_setprotocol(&attr, protocol), 0);
	ck_assert_int_eq(pthread_mutexattr_setrobust(&attr, robust), 0);
	ck_assert_int_eq(pthread_mutex_init(&guarded->mutex, &attr), 0);
	guarded->count = 0;
	return guarded;
}

static const struct protocol {
	const char *name;
	int protocol;
} protocols[] = {
	{"plain", PTHREAD_PRIO_NONE},
	{"priority-inheriting", PTHREAD_PRIO_INHERIT},
};

#define WORKERS 4
#define ROUNDS	100

ROW_EACH(M5, mutex, "a process-shared mutex lets one process in at a time", protocols)
{
	struct guarded *guarded = make_mutex(protocols[_i].protocol, PTHREAD_MUTEX_STALLED);
	struct peer others[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		if (!fork_child(&others[i]))
			continue;
		guarded = map_page();
		for (int round = 0; round < ROUNDS; round++) {
			uint64_t seen;

			ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), 0);
			seen = *(volatile uint64_t *)&guarded->count;
			sched_yield();
			*(volatile uint64_t *)&guarded->count = seen + 1;
			ck_assert_int_eq(pthread_mutex_unlock(&guarded->mutex), 0);
		}
		child_done();
	}
	for (int i = 0; i < WORKERS; i++)
		await_exit(&others[i]);
	ck_assert_uint_eq(guarded->count, WORKERS * ROUNDS);
}

static const struct death {
	const char *name;
	int protocol;
	bool killed;
} deaths[] = {
	{"exit", PTHREAD_PRIO_NONE, false},
	{"killed", PTHREAD_PRIO_NONE, true},
	{"killed-priority-inheriting", PTHREAD_PRIO_INHERIT, true},
};

/* A child that has locked the mutex, and waits to be ended. */
static void start_owner(struct peer *owner)
{
	if (fork_child(owner)) {
		struct guarded *guarded = map_page();

		ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), 0);
		guarded->count = 1;
		child_stays(owner);
	}
	await_turn(owner);
}

static void end_owner(struct peer *owner, bool killed)
{
	if (killed) {
		kill_child(owner);
	} else {
		release_child(owner);
	}
}

ROW_EACH(M5, robust_mutex,
	 "the next process to lock a robust mutex learns that its owner died, and repairs it",
	 deaths)
{
	struct guarded *guarded = make_mutex(deaths[_i].protocol, PTHREAD_MUTEX_ROBUST);
	struct peer owner, other;

	start_owner(&owner);
	ck_assert_int_eq(pthread_mutex_trylock(&guarded->mutex), EBUSY);
	end_owner(&owner, deaths[_i].killed);

	ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), EOWNERDEAD);
	ck_assert_uint_eq(guarded->count, 1);
	ck_assert_int_eq(pthread_mutex_consistent(&guarded->mutex), 0);
	ck_assert_int_eq(pthread_mutex_unlock(&guarded->mutex), 0);
	if (fork_child(&other)) {
		guarded = map_page();
		ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), 0);
		ck_assert_int_eq(pthread_mutex_unlock(&guarded->mutex), 0);
		child_done();
	}
	await_exit(&other);
}

ROW_EACH(M5, robust_mutex_wakes,
	 "a process that waits for a robust mutex is woken when its owner dies", deaths)
{
	struct guarded *guarded = make_mutex(deaths[_i].protocol, PTHREAD_MUTEX_ROBUST);
	struct peer owner, waiter;

	start_owner(&owner);
	if (fork_child(&waiter)) {
		guarded = map_page();
		pass_turn(&waiter);
		ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), EOWNERDEAD);
		child_done();
	}
	await_turn(&waiter);
	/* A process that is about to sleep first marks the lock word, for its owner. */
	while (!(*(volatile uint32_t *)&guarded->mutex & FUTEX_WAITERS))
		sched_yield();
	end_owner(&owner, deaths[_i].killed);
	await_exit(&waiter);
}

ROW(M5, robust_mutex_not_repaired, "a robust mutex unlocked unrepaired is lost: ENOTRECOVERABLE")
{
	struct guarded *guarded = make_mutex(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
	struct peer owner;

	start_owner(&owner);
	end_owner(&owner, true);
	ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), EOWNERDEAD);
	ck_assert_int_eq(pthread_mutex_unlock(&guarded->mutex), 0);
	ck_assert_int_eq(pthread_mutex_lock(&guarded->mutex), ENOTRECOVERABLE);
}

struct table {
	sem_t ping, pong;
	uint64_t ball;
};

ROW(M5, semaphore, "two processes take turns with semaphores")
{
	struct table *table = map_page();
	struct peer other;

	ck_assert_int_eq(sem_init(&table->ping, 1, 0), 0);
	ck_assert_int_eq(sem_init(&table->pong, 1, 0), 0);
	table->ball = 0;
	if (fork_child(&other)) {
		table = map_page();
		for (int round = 0; round < ROUNDS; round++) {
			ck_assert_int_eq(sem_wait(&table->ping), 0);
			ck_assert_uint_eq(table->ball++, 2 * round);
			ck_assert_int_eq(sem_post(&table->pong), 0);
		}
		child_done();
	}
	for (int round = 0; round < ROUNDS; round++) {
		ck_assert_int_eq(sem_post(&table->ping), 0);
		ck_assert_int_eq(sem_wait(&table->pong), 0);
		ck_assert_uint_eq(table->ball++, 2 * round + 1);
	}
	await_exit(&other);
}

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int waiting, open, through;
};

ROW(M5, condition, "a broadcast on a condition variable wakes all processes that wait")
{
	struct gate *gate = map_page();
	struct peer others[WORKERS];
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	pthread_mutexattr_init(&mutex);
	pthread_condattr_init(&cond);
	ck_assert_int_eq(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED), 0);
	ck_assert_int_eq(pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED), 0);
	memset(gate, 0, sizeof(*gate));
	ck_assert_int_eq(pthread_mutex_init(&gate->mutex, &mutex), 0);
	ck_assert_int_eq(pthread_cond_init(&gate->changed, &cond), 0);

	for (int i = 0; i < WORKERS; i++) {
		if (!fork_child(&others[i]))
			continue;
		gate = map_page();
		ck_assert_int_eq(pthread_mutex_lock(&gate->mutex), 0);
		gate->waiting++;
		ck_assert_int_eq(pthread_cond_broadcast(&gate->changed), 0);
		while (!gate->open)
			ck_assert_int_eq(pthread_cond_wait(&gate->changed, &gate->mutex), 0);
		gate->through++;
		ck_assert_int_eq(pthread_mutex_unlock(&gate->mutex), 0);
		child_done();
	}
	ck_assert_int_eq(pthread_mutex_lock(&gate->mutex), 0);
	while (gate->waiting < WORKERS)
		ck_assert_int_eq(pthread_cond_wait(&gate->changed, &gate->mutex), 0);
	gate->open = 1;
	ck_assert_int_eq(gate->through, 0);
	ck_assert_int_eq(pthread_cond_broadcast(&gate->changed), 0);
	ck_assert_int_eq(pthread_mutex_unlock(&gate->mutex), 0);
	for (int i = 0; i < WORKERS; i++)
		await_exit(&others[i]);
	ck_assert_int_eq(gate->through, WORKERS);
}

struct race {
	pthread_barrier_t barrier;
	int laps[WORKERS];
};

ROW(M5, barrier, "a barrier holds each process until all have arrived")
{
	struct race *race = map_page();
	struct peer others[WORKERS];
	pthread_barrierattr_t attr;

	pthread_barrierattr_init(&attr);
	ck_assert_int_eq(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	ck_assert_int_eq(pthread_barrier_init(&race->barrier, &attr, WORKERS), 0);
	memset(race->laps, 0, sizeof(race->laps));

	for (int i = 0; i < WORKERS; i++) {
		if (!fork_child(&others[i]))
			continue;
		race = map_page();
		for (int lap = 1; lap <= 20; lap++) {
			race->laps[i] = lap;
			pthread_barrier_wait(&race->barrier);
			for (int j = 0; j < WORKERS; j++)
				ck_assert_int_ge(race->laps[j], lap);
			pthread_barrier_wait(&race->barrier);
			ck_assert_int_eq(race->laps[i], lap);
		}
		child_done();
	}
	for (int i = 0; i < WORKERS; i++)
		await_exit(&others[i]);
}

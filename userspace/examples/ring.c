// SPDX-License-Identifier: GPL-2.0-only
/* Two processes pass numbers through a ring in a shared page, and sleep on futexes there. */
#include "lesson.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { SLOTS = 8, NUMBERS = 1000 };

/*
 * `head` and `tail` only increase, and each is written by one side only. A number
 * is stored in its slot before `head` moves, and read before `tail` moves: _Atomic
 * keeps compiler and processor from reordering that.
 */
struct ring {
	_Atomic uint32_t head, tail;
	uint32_t slots[SLOTS];
};

static struct ring *ring;

/*
 * Sleeps unless *word differs from `seen`. The kernel compares again before the
 * process sleeps, so that no wake-up is lost. Without FUTEX_PRIVATE_FLAG the key is
 * the file's page, because each process has its own address.
 */
static void sleep_on(_Atomic uint32_t *word, uint32_t seen)
{
	const struct timespec patience = {.tv_sec = 30}; /* the other may have died */

	if (syscall(SYS_futex, word, FUTEX_WAIT, seen, &patience, NULL, 0) && errno != EAGAIN &&
	    errno != EINTR)
		stop(1, "FUTEX_WAIT: %s", strerror(errno));
}

static void move_on(_Atomic uint32_t *word, uint32_t value)
{
	*word = value;
	if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
		stop(1, "FUTEX_WAKE: %s", strerror(errno));
}

static void put(uint32_t number)
{
	uint32_t head = ring->head, tail;

	while (head - (tail = ring->tail) == SLOTS)
		sleep_on(&ring->tail, tail); /* full */
	ring->slots[head % SLOTS] = number;
	move_on(&ring->head, head + 1);
}

static uint32_t get(void)
{
	uint32_t tail = ring->tail, head, number;

	while ((head = ring->head) == tail)
		sleep_on(&ring->head, head); /* empty */
	number = ring->slots[tail % SLOTS];
	move_on(&ring->tail, tail + 1);
	return number;
}

/* A second mapping beside the inherited one, at another address. */
static int producer(void)
{
	int fd;

	DO(fd = open(path, O_RDWR));
	DO(ring = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	for (uint32_t i = 0; i < NUMBERS; i++)
		put(i);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t number, sum = 0, in_order = 0;
	pid_t child;
	int fd;

	lesson(argc, argv, 1, "a ring in a shared page, with futexes in it, joins two processes");
	DO(fd = open(path, O_RDWR));
	DO(ring = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	DO(memset(ring, 0, sizeof(*ring)));
	DO(child = fork());
	if (child == 0)
		return producer();
	step("for (i = 0; i < NUMBERS; i++) number = get();");
	for (uint32_t i = 0; i < NUMBERS; i++) {
		number = get();
		in_order += number == i;
		sum += number;
	}
	join(child);
	expect_count(in_order, NUMBERS, "each number came once, and in order");
	expect_count(sum, NUMBERS * (NUMBERS - 1) / 2,
		     "the sum of the numbers received is that of those sent");
	return held();
}

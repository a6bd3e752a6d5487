/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_NOTIFY_H
#define MMAPDEMO_NOTIFY_H

#include <linux/mmapdemo.h>
#include <linux/poll.h>

#include "buffer.h"
#include "events.h"

struct mmapdemo_wait;

/* How many tasks a waiter can remember between their refused read and their next poll. */
#define MMAPDEMO_REFUSED	8

/**
 * struct mmapdemo_waiter - events that a file description has reported
 * @lock: protects all members: the description may be shared
 * @seen: how often each event had happened when it was last reported
 * @refused: tasks whose asynchronous read got -EAGAIN, and that have not polled yet; only
 *	compared, never followed
 * @refusals: how many reads were refused
 * @crowded: more tasks than fit in @refused: poll reports EPOLLIN to all tasks
 * @data: the driver's; never changed
 * @listener: its eventfd, if it has one
 */
struct mmapdemo_waiter {
	spinlock_t lock; /* protects the members below */
	s64 seen[MMAPDEMO_EVENTS];
	const struct task_struct *refused[MMAPDEMO_REFUSED];
	unsigned int refusals;
	bool crowded;
	void *data;
	struct mmapdemo_listener listener;
};

#ifdef MMAPDEMO_WITHOUT_NOTIFY
static inline void mmapdemo_notify_init(struct mmapdemo_buffer *buffer)
{
}

static inline s64 mmapdemo_notify_event(struct mmapdemo_buffer *buffer, enum mmapdemo_event event)
{
	return 0;
}

static inline void mmapdemo_notify_begin(struct mmapdemo_buffer *buffer,
					 struct mmapdemo_waiter *waiter)
{
}

static inline void mmapdemo_notify_end(struct file *file)
{
}

static inline void mmapdemo_notify_refused(struct file *file)
{
}

static inline void mmapdemo_notify_revoked(struct mmapdemo_buffer *buffer, bool first)
{
}
#else
void mmapdemo_notify_init(struct mmapdemo_buffer *buffer);
s64 mmapdemo_notify_event(struct mmapdemo_buffer *buffer, enum mmapdemo_event event);
void mmapdemo_notify_begin(struct mmapdemo_buffer *buffer, struct mmapdemo_waiter *waiter);
void mmapdemo_notify_end(struct file *file);
void mmapdemo_notify_refused(struct file *file);
void mmapdemo_notify_revoked(struct mmapdemo_buffer *buffer, bool first);
#endif

int mmapdemo_notify_wait(struct file *file, unsigned int *events);
int mmapdemo_notify_wait_for(struct file *file, struct mmapdemo_wait *wait);
int mmapdemo_notify_eventfd(struct file *file, const struct mmapdemo_eventfd *set);

#endif

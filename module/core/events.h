/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_EVENTS_H
#define MMAPDEMO_EVENTS_H

#include <linux/mmapdemo.h>

#include "buffer.h"

struct eventfd_ctx;
struct mmapdemo_eventfd;

/**
 * struct mmapdemo_listener - the eventfd of a file description
 * @list: place in the buffer's list, whose lock protects all members
 * @eventfd: what is signalled; NULL for none, and then the listener is in no list
 * @events: MMAPDEMO_EVENT_ bits of the events that signal it
 */
struct mmapdemo_listener {
	struct list_head list;
	struct eventfd_ctx *eventfd;
	unsigned int events;
};

void mmapdemo_events_init(struct mmapdemo_buffer *buffer);
void mmapdemo_events_signal(struct mmapdemo_buffer *buffer, unsigned int event, int band);
void mmapdemo_events_revoked(struct mmapdemo_buffer *buffer);
int mmapdemo_events_set(struct mmapdemo_buffer *buffer, struct mmapdemo_listener *listener,
			const struct mmapdemo_eventfd *set);
void mmapdemo_events_end(struct mmapdemo_buffer *buffer, struct mmapdemo_listener *listener);

#endif

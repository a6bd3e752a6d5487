// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events for programs that call neither WAIT nor poll(2): SIGIO, and an eventfd, for which a
 * virtual machine, io_uring or the poll of another descriptor waits.
 */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/mmapdemo.h>
#include <uapi/linux/mmapdemo.h>

#include "events.h"

void mmapdemo_events_init(struct mmapdemo_buffer *buffer)
{
	INIT_LIST_HEAD(&buffer->listeners);
	spin_lock_init(&buffer->listeners_lock);
}

/* Signals the eventfds that want one of these events. Any context but NMI. */
static void mmapdemo_events_signal_all(struct mmapdemo_buffer *buffer, unsigned int events)
{
	struct mmapdemo_listener *listener;
	unsigned long flags;

	spin_lock_irqsave(&buffer->listeners_lock, flags);
	list_for_each_entry(listener, &buffer->listeners, list)
		if (listener->events & events)
			mmapdemo_eventfd_signal(listener->eventfd);
	spin_unlock_irqrestore(&buffer->listeners_lock, flags);
}

/**
 * mmapdemo_events_signal - tell eventfds and the owners of files with O_ASYNC
 * @buffer: the buffer
 * @event: MMAPDEMO_EVENT_ bit of the event, which was counted with a full barrier
 * @band: POLL_IN or POLL_PRI, which si_code has for a program that used F_SETSIG
 *
 * Context: Any but NMI.
 */
void mmapdemo_events_signal(struct mmapdemo_buffer *buffer, unsigned int event, int band)
{
	/* The barrier pairs with that of mmapdemo_events_replace(). */
	if (!list_empty_careful(&buffer->listeners))
		mmapdemo_events_signal_all(buffer, event);
	kill_fasync(&buffer->fasync, SIGIO, band);
}

/* The buffer has been revoked: signals all eventfds, whatever their events, and all owners. */
void mmapdemo_events_revoked(struct mmapdemo_buffer *buffer)
{
	mmapdemo_events_signal_all(buffer, ~0U);
	kill_fasync(&buffer->fasync, SIGIO, POLL_HUP);
}

/* Replaces the listener's eventfd; NULL for none. */
static int mmapdemo_events_replace(struct mmapdemo_buffer *buffer,
				   struct mmapdemo_listener *listener,
				   struct eventfd_ctx *eventfd, unsigned int events)
{
	struct eventfd_ctx *old;
	int err = 0;

	spin_lock_irq(&buffer->listeners_lock);
	old = listener->eventfd;
	if (eventfd && buffer->revoked) {
		/* mmapdemo_events_revoked() may have run, and does not run again. */
		old = eventfd;
		err = -ENODEV;
	} else {
		/* A listener with an eventfd stays in the list, where events find it. */
		if (old && !eventfd)
			list_del(&listener->list);
		listener->eventfd = eventfd;
		listener->events = events;
		if (eventfd && !old)
			list_add(&listener->list, &buffer->listeners);
	}
	spin_unlock_irq(&buffer->listeners_lock);
	/* A later read of the counts sees the events so far; the following ones are signalled. */
	smp_mb();
	if (old)
		eventfd_ctx_put(old);
	return err;
}

/* MMAPDEMO_IOCTL_EVENTFD, with the struct in kernel memory. */
int mmapdemo_events_set(struct mmapdemo_buffer *buffer, struct mmapdemo_listener *listener,
			const struct mmapdemo_eventfd *set)
{
	struct eventfd_ctx *eventfd = NULL;

	if (set->events & ~(BIT(MMAPDEMO_EVENTS) - 1))
		return -EOPNOTSUPP;
	if (set->fd < -1 || !set->events != (set->fd == -1))
		return -EINVAL;
	if (set->events) {
		eventfd = eventfd_ctx_fdget(set->fd);
		if (IS_ERR(eventfd))
			return PTR_ERR(eventfd);
	}
	return mmapdemo_events_replace(buffer, listener, eventfd, set->events);
}

/* The file is being released. */
void mmapdemo_events_end(struct mmapdemo_buffer *buffer, struct mmapdemo_listener *listener)
{
	mmapdemo_events_replace(buffer, listener, NULL, 0);
}

/**
 * mmapdemo_events_fasync - a struct file_operations' fasync
 * @fd: as the kernel has it
 * @file: an attached file
 * @on: whether O_ASYNC is set or cleared
 *
 * Each event is a SIGIO, or what fcntl(F_SETSIG) says, to the file's owner.
 *
 * Context: Process context, may sleep.
 *
 * Return: as fasync_helper().
 */
int mmapdemo_events_fasync(int fd, struct file *file, int on)
{
	return fasync_helper(fd, file, on, &mmapdemo_buffer_of(file)->fasync);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_events_fasync);

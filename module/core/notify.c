// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that programs wait for, with poll(2) or the command WAIT. The buffer counts each
 * event, and each file description remembers the last count that it reported, so that a
 * program misses no event between two calls.
 */
#include <linux/fs.h>
#include <linux/mmapdemo.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <uapi/linux/mmapdemo.h>

#include "notify.h"
#include "tracing.h"

static_assert(BIT(MMAPDEMO_KICKED) == MMAPDEMO_EVENT_KICK);
static_assert(BIT(MMAPDEMO_LAST_CLOSED) == MMAPDEMO_EVENT_LAST_CLOSE);
static_assert(BIT(MMAPDEMO_RESIZED) == MMAPDEMO_EVENT_RESIZE);
static_assert(BIT(MMAPDEMO_WIPED) == MMAPDEMO_EVENT_WIPE);

static __poll_t mmapdemo_notify_mask(unsigned int events)
{
	__poll_t mask = 0;

	if (events & MMAPDEMO_EVENT_KICK)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (events & ~MMAPDEMO_EVENT_KICK)
		mask |= EPOLLPRI;
	return mask;
}

/*
 * Return: what poll may report of the event. The kernel wakes those alone that poll for a part of
 * it. The inode of a created buffer can be opened, and the poll of that file reports each event by
 * EPOLLPRI.
 */
static __poll_t mmapdemo_notify_key(struct mmapdemo_buffer *buffer, enum mmapdemo_event event)
{
	__poll_t key = mmapdemo_notify_mask(BIT(event));

	return buffer->inode->i_fop->poll ? key | EPOLLPRI : key;
}

/* Return: how often the event has happened, this time included. */
s64 mmapdemo_notify_event(struct mmapdemo_buffer *buffer, enum mmapdemo_event event)
{
	s64 count = atomic64_inc_return(&buffer->events[event]);

	wake_up_interruptible_poll(&buffer->wait, mmapdemo_notify_key(buffer, event));
	mmapdemo_events_signal(buffer, BIT(event), event == MMAPDEMO_KICKED ? POLL_IN : POLL_PRI);
	trace_notify(buffer->name, BIT(event), count);
	return count;
}

/**
 * mmapdemo_notify - wake programs: there is something to read
 * @buffer: the buffer
 *
 * Programs see MMAPDEMO_EVENT_KICK. After mmapdemo_revoke() it does nothing.
 *
 * Context: As wake_up(): also hard interrupts, but not an NMI. The caller holds no lock that a
 * wake-up, eventfd_signal() or kill_fasync() takes, such as the scheduler's.
 */
void mmapdemo_notify(struct mmapdemo_buffer *buffer)
{
	if (!READ_ONCE(buffer->revoked))
		mmapdemo_notify_event(buffer, MMAPDEMO_KICKED);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_notify);

/* A new file description does not report earlier events. */
void mmapdemo_notify_begin(struct mmapdemo_buffer *buffer, struct mmapdemo_waiter *waiter)
{
	int i;

	spin_lock_init(&waiter->lock);
	for (i = 0; i < MMAPDEMO_EVENTS; i++)
		waiter->seen[i] = atomic64_read(&buffer->events[i]);
}

/* Returns which of @events are new to a file description; with @tell, they are reported now. */
static unsigned int mmapdemo_notify_news(struct file *file, unsigned int events, bool tell)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	struct mmapdemo_waiter *waiter = file->private_data;
	unsigned int news = 0;
	int i;

	spin_lock(&waiter->lock);
	for (i = 0; i < MMAPDEMO_EVENTS; i++) {
		s64 count = atomic64_read(&buffer->events[i]);

		if (!(events & BIT(i)) || count == waiter->seen[i])
			continue;
		news |= BIT(i);
		if (tell)
			waiter->seen[i] = count;
	}
	spin_unlock(&waiter->lock);
	return news;
}

/**
 * mmapdemo_notify_wait - wait for events that are new to a file description
 * @file: the description
 * @events: in: MMAPDEMO_EVENT_ bits to wait for; out: those that are new
 *
 * Return: 0, -EAGAIN where it must not wait, -ERESTARTSYS after a signal, -ENODEV once the
 * buffer is revoked.
 */
int mmapdemo_notify_wait(struct file *file, unsigned int *events)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	unsigned int news = mmapdemo_notify_news(file, *events, true);
	int err;

	if (!news) {
		if (file->f_flags & O_NONBLOCK)
			return READ_ONCE(buffer->revoked) ? -ENODEV : -EAGAIN;
		err = wait_event_interruptible(buffer->wait,
					       (news = mmapdemo_notify_news(file, *events, true)) ||
					       READ_ONCE(buffer->revoked));
		if (err)
			return err;
	}
	*events = news;
	return news ? 0 : -ENODEV;
}

/**
 * mmapdemo_wait - wait for mmapdemo_notify(); one wait takes all calls since the last wait
 * @file: an attached file; with O_NONBLOCK it does not wait
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -EAGAIN, -ERESTARTSYS after a signal, -ENODEV after mmapdemo_revoke() where no
 * event came before.
 */
int mmapdemo_wait(struct file *file)
{
	unsigned int events = MMAPDEMO_EVENT_KICK;

	return mmapdemo_notify_wait(file, &events);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_wait);

/* MMAPDEMO_IOCTL_WAIT, with the struct in kernel memory. */
int mmapdemo_notify_wait_for(struct file *file, struct mmapdemo_wait *wait)
{
	int err;

	if (wait->reserved || wait->events & ~(BIT(MMAPDEMO_EVENTS) - 1))
		return -EOPNOTSUPP;
	if (!wait->events)
		return -EINVAL;
	err = mmapdemo_notify_wait(file, &wait->events);
	wait->generation = atomic64_read(&mmapdemo_buffer_of(file)->events[MMAPDEMO_KICKED]);
	return err;
}

union mmapdemo_notify_argument {
	struct {
		u32 size;
		u32 flags;
	};
	struct mmapdemo_wait wait;
	struct mmapdemo_eventfd eventfd;
};

/* @known is the size of the core's struct. A later version, which a program has, is longer. */
static int mmapdemo_notify_get(union mmapdemo_notify_argument *arg, void __user *user,
			       size_t first_version, size_t known)
{
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < first_version || size > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(arg, known, user, size);
	if (err)
		return err;
	arg->size = size;
	return arg->flags ? -EOPNOTSUPP : 0;
}

static int mmapdemo_notify_ioctl_wait(struct file *file, void __user *user)
{
	union mmapdemo_notify_argument arg;
	size_t size;
	int err = mmapdemo_notify_get(&arg, user, MMAPDEMO_WAIT_SIZE_VER1, sizeof(arg.wait));

	if (err)
		return err;
	size = min_t(size_t, arg.size, sizeof(arg.wait));
	/* If the answer cannot be written, the event stays new. */
	if (copy_to_user(user, &arg.wait, size))
		return -EFAULT;
	err = mmapdemo_notify_wait_for(file, &arg.wait);
	if (!err && copy_to_user(user, &arg.wait, size))
		err = -EFAULT;
	return err;
}

/* MMAPDEMO_IOCTL_EVENTFD, with the struct in kernel memory. */
int mmapdemo_notify_eventfd(struct file *file, const struct mmapdemo_eventfd *set)
{
	struct mmapdemo_waiter *waiter = file->private_data;

	return mmapdemo_events_set(mmapdemo_buffer_of(file), &waiter->listener, set);
}

/* The file is being released. */
void mmapdemo_notify_end(struct file *file)
{
	struct mmapdemo_waiter *waiter = file->private_data;

	mmapdemo_events_end(mmapdemo_buffer_of(file), &waiter->listener);
}

static int mmapdemo_notify_ioctl_eventfd(struct file *file, void __user *user)
{
	union mmapdemo_notify_argument arg;
	int err = mmapdemo_notify_get(&arg, user, MMAPDEMO_EVENTFD_SIZE_VER1, sizeof(arg.eventfd));

	return err ?: mmapdemo_notify_eventfd(file, &arg.eventfd);
}

/**
 * mmapdemo_notify_ioctl - for struct file_operations: unlocked_ioctl
 * @file: an attached file
 * @cmd: the command
 * @arg: a pointer to user memory
 *
 * Serves MMAPDEMO_IOCTL_WAIT and MMAPDEMO_IOCTL_EVENTFD of the uapi header. After poll(2) has
 * reported POLLIN, a program takes the event with WAIT, or with a read() of the driver's that
 * calls mmapdemo_wait(). Otherwise POLLIN stays set. A driver with commands of its own calls this
 * function for all other commands.
 *
 * Context: Process context, may sleep. Accesses user memory.
 *
 * Return: 0, -ENOTTY for any other command, or an errno as the command; -ENODEV from WAIT once
 * the buffer is revoked and nothing is new.
 */
long mmapdemo_notify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	/* The size inside the number may be that of a later struct. */
	switch (cmd & ~IOCSIZE_MASK) {
	case MMAPDEMO_IOCTL_WAIT & ~IOCSIZE_MASK:
		return mmapdemo_notify_ioctl_wait(file, user);
	case MMAPDEMO_IOCTL_EVENTFD & ~IOCSIZE_MASK:
		return mmapdemo_notify_ioctl_eventfd(file, user);
	default:
		return -ENOTTY;
	}
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_notify_ioctl);

/**
 * mmapdemo_notify_refused - an asynchronous read would have to wait
 * @file: its file description
 *
 * After -EAGAIN, io_uring waits until poll reports EPOLLIN, which here means that a
 * program called KICK. So the task's next poll, which is io_uring's own, reports
 * EPOLLIN. io_uring tries again, some times, and then has a worker wait.
 */
void mmapdemo_notify_refused(struct file *file)
{
	struct mmapdemo_waiter *waiter = file->private_data;

	spin_lock(&waiter->lock);
	waiter->crowded |= !!waiter->refused[waiter->refusals % MMAPDEMO_REFUSED];
	waiter->refused[waiter->refusals % MMAPDEMO_REFUSED] = current;
	WRITE_ONCE(waiter->refusals, waiter->refusals + 1);
	spin_unlock(&waiter->lock);
}

static bool mmapdemo_notify_retries(struct mmapdemo_waiter *waiter)
{
	bool retries;
	int i;

	if (likely(!READ_ONCE(waiter->refusals)))
		return false;
	spin_lock(&waiter->lock);
	retries = waiter->crowded;
	for (i = 0; i < MMAPDEMO_REFUSED; i++) {
		if (waiter->refused[i] == current) {
			waiter->refused[i] = NULL;
			retries = true;
		}
	}
	spin_unlock(&waiter->lock);
	return retries;
}

/**
 * mmapdemo_notify_poll - for struct file_operations: poll
 * @file: an attached file
 * @wait: as poll() has it
 *
 * Context: Process context, may sleep.
 *
 * Return: EPOLLIN after mmapdemo_notify(), until mmapdemo_wait() or MMAPDEMO_IOCTL_WAIT has
 * reported it for the file; EPOLLPRI for other events of the ABI; EPOLLHUP and EPOLLERR once the
 * buffer is revoked.
 */
__poll_t mmapdemo_notify_poll(struct file *file, poll_table *wait)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	__poll_t mask;

	poll_wait(file, &buffer->wait, wait);
	if (READ_ONCE(buffer->revoked))
		return EPOLLHUP | EPOLLERR;
	mask = mmapdemo_notify_mask(mmapdemo_notify_news(file, ~0U, false));
	if (unlikely(mmapdemo_notify_retries(file->private_data)))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask | EPOLLOUT | EPOLLWRNORM;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_notify_poll);

/* Wakes all waiters, as no event will come. The @first revoke signals eventfds and owners, too. */
void mmapdemo_notify_revoked(struct mmapdemo_buffer *buffer, bool first)
{
	wake_up_all(&buffer->wait);
	if (first)
		mmapdemo_events_revoked(buffer);
}

void mmapdemo_notify_init(struct mmapdemo_buffer *buffer)
{
	init_waitqueue_head(&buffer->wait);
	mmapdemo_events_init(buffer);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of include/uapi/linux/mmapdemo.h: a table of them, and functions that
 * copy their structs from and to user memory.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/mmapdemo.h>

#include "control.h"
#include "core/buffer.h"
#include "core/count.h"
#include "core/folios.h"
#include "core/notify.h"
#include "core/strategy.h"
#include "create.h"
#include "file.h"
#include "lab/attach.h"
#include "lab/content.h"
#include "lab/rules.h"
#include "lab/wipe.h"
#include "seal.h"

union mmapdemo_argument {
	struct {
		__u32 size;
		__u32 flags;
	};
	struct mmapdemo_info info;
	struct mmapdemo_resize resize;
	struct mmapdemo_punch punch;
	struct mmapdemo_fill fill;
	struct mmapdemo_sum sum;
	struct mmapdemo_injection injection;
	struct mmapdemo_inject_list inject_list;
	struct mmapdemo_kick kick;
	struct mmapdemo_wait wait;
	struct mmapdemo_wipe wipe;
	struct mmapdemo_create create;
	struct mmapdemo_seal seal;
	struct mmapdemo_export export;
	struct mmapdemo_eventfd eventfd;
	struct mmapdemo_collapse collapse;
};

/*
 * The first versions are published: these sizes never change. A new field comes after
 * the one that is named here.
 */
#define MMAPDEMO_FIRST_VERSION(type, TYPE, last)				\
	static_assert(offsetofend(struct mmapdemo_##type, last) == MMAPDEMO_##TYPE##_SIZE_VER1)

MMAPDEMO_FIRST_VERSION(info, INFO, strategy);
MMAPDEMO_FIRST_VERSION(resize, RESIZE, bytes);
MMAPDEMO_FIRST_VERSION(punch, PUNCH, length);
MMAPDEMO_FIRST_VERSION(fill, FILL, seed);
MMAPDEMO_FIRST_VERSION(sum, SUM, reserved);
MMAPDEMO_FIRST_VERSION(injection, INJECT, fired);
MMAPDEMO_FIRST_VERSION(inject_list, INJECT_LIST, rules);
MMAPDEMO_FIRST_VERSION(kick, KICK, generation);
MMAPDEMO_FIRST_VERSION(wait, WAIT, generation);
MMAPDEMO_FIRST_VERSION(wipe, WIPE, reserved);
MMAPDEMO_FIRST_VERSION(create, CREATE, name);
MMAPDEMO_FIRST_VERSION(seal, SEAL, reserved);
MMAPDEMO_FIRST_VERSION(export, EXPORT, length);
MMAPDEMO_FIRST_VERSION(eventfd, EVENTFD, fd);
MMAPDEMO_FIRST_VERSION(collapse, COLLAPSE, length);

static __u32 mmapdemo_control_features(const struct mmapdemo_buffer *buffer)
{
	const struct mmapdemo_strategy *strategy = buffer->strategy;

	return (buffer->huge ? MMAPDEMO_FEATURE_HUGE : 0) |
	       (strategy->resize ? MMAPDEMO_FEATURE_RESIZE : 0) |
	       (strategy->settle ? MMAPDEMO_FEATURE_INJECT : 0) |
	       (strategy->piece ? MMAPDEMO_FEATURE_CONTENTS : 0);
}

static int mmapdemo_control_info(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	arg->info = (struct mmapdemo_info) {
		.size		= arg->size,
		.bytes		= mmapdemo_buffer_bytes(buffer),
		.resident	= buffer->strategy->resident(buffer),
		.page_size	= PAGE_SIZE,
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
		.huge_size	= HPAGE_PMD_SIZE,
#endif
		.huge_folios	= mmapdemo_folios_huge(buffer),
		.features	= mmapdemo_control_features(buffer),
		.wipe_policy	= mmapdemo_wipe_policy(buffer),
		.opens		= atomic_read(&buffer->opens),
		.vmas		= atomic_read(&buffer->vmas),
		.vmas_peak	= atomic_read(&buffer->vmas_peak),
		.rules		= min_t(unsigned long, mmapdemo_rules_parts(buffer), U32_MAX),
		.last_closes	= atomic64_read(&buffer->events[MMAPDEMO_LAST_CLOSED]),
		.faults_read	= mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_READ),
		.faults_write	= mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_WRITE),
		.faults_cow	= mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_COW),
		.faults_huge	= mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_HUGE),
		.generation	= atomic64_read(&buffer->events[MMAPDEMO_KICKED]),
	};
	strscpy(arg->info.strategy, buffer->strategy->name, sizeof(arg->info.strategy));
	return 0;
}

static int mmapdemo_control_resize(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (!buffer->strategy->resize)
		return -EOPNOTSUPP;
	return buffer->strategy->resize(buffer, arg->resize.bytes);
}

static int mmapdemo_control_punch(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (!buffer->strategy->punch)
		return -EOPNOTSUPP;
	return buffer->strategy->punch(buffer, arg->punch.offset, arg->punch.length);
}

static int mmapdemo_control_fill(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (!buffer->strategy->piece)
		return -EOPNOTSUPP;
	return mmapdemo_content_fill(buffer, arg->fill.offset, arg->fill.length, arg->fill.seed);
}

static int mmapdemo_control_sum(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (arg->sum.reserved || !buffer->strategy->piece)
		return -EOPNOTSUPP;
	return mmapdemo_content_sum(buffer, arg->sum.offset, arg->sum.length, &arg->sum.crc32c);
}

static int mmapdemo_control_check_when(const struct mmapdemo_injection *injection)
{
	bool fails = injection->action > MMAPDEMO_INJECT_COUNT;

	switch (injection->when) {
	case MMAPDEMO_INJECT_ALWAYS:
		return injection->n || injection->seed ? -EINVAL : 0;
	case MMAPDEMO_INJECT_ONCE:
		return !fails || injection->n || injection->seed ? -EINVAL : 0;
	case MMAPDEMO_INJECT_NTH:
		return !fails || !injection->n || injection->seed ? -EINVAL : 0;
	case MMAPDEMO_INJECT_RANDOM:
		return !fails ? -EINVAL : 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int mmapdemo_control_inject_set(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	const struct mmapdemo_injection *injection = &arg->injection;
	int err;

	if (injection->action > MMAPDEMO_INJECT_ENOMEM || !buffer->strategy->settle)
		return -EOPNOTSUPP;
	err = mmapdemo_control_check_when(injection);
	if (err)
		return err;
	if (injection->hits || injection->fired || injection->delay > MMAPDEMO_INJECT_DELAY_MAX)
		return -EINVAL;
	if (injection->action == MMAPDEMO_INJECT_NONE && injection->delay)
		return -EINVAL;
	if (!PAGE_ALIGNED(injection->offset) || !PAGE_ALIGNED(injection->length) ||
	    !mmapdemo_buffer_range_end(injection->offset, injection->length))
		return -EINVAL;
	/* A buffer of CREATE gets its lab with the first rule. */
	return mmapdemo_attach_lab(buffer) ?: mmapdemo_rules_set(buffer, injection);
}

/* Copies elements of the program's size: shorter ones cut, longer ones padded with zeros. */
static int mmapdemo_control_put_injections(const struct mmapdemo_inject_list *list,
					   unsigned int done,
					   struct mmapdemo_injection *injections,
					   unsigned int count)
{
	u8 __user *to = u64_to_user_ptr(list->rules) + (u64)done * list->rule_size;
	size_t known = min_t(size_t, list->rule_size, sizeof(*injections));
	unsigned int i;

	for (i = 0; i < count; i++, to += list->rule_size) {
		injections[i].size = list->rule_size;
		if (copy_to_user(to, &injections[i], known) ||
		    clear_user(to + known, list->rule_size - known))
			return -EFAULT;
	}
	return 0;
}

/*
 * There may be more rules than INJECT_SET makes, as MMAPDEMO_INJECT_NONE cuts them. A list
 * of more than MMAPDEMO_INJECT_RULES_MAX is taken in several steps, so that it needs memory
 * for that many only. Rules may change in between.
 */
static int mmapdemo_control_list_all(struct mmapdemo_buffer *buffer,
				     const struct mmapdemo_inject_list *list,
				     struct mmapdemo_injection *injections, __u32 *total)
{
	struct mmapdemo_rules_cursor cursor = { .parts = mmapdemo_rules_parts(buffer) };
	unsigned int done = 0, room, count;
	int err;

	while (done < list->count) {
		if (fatal_signal_pending(current))
			return -EINTR;
		room = min(list->count - done, MMAPDEMO_INJECT_RULES_MAX);
		count = mmapdemo_rules_list(buffer, &cursor, injections, room);
		err = mmapdemo_control_put_injections(list, done, injections, count);
		if (err)
			return err;
		done += count;
		if (count < room)
			break;
		cond_resched();
	}
	*total = clamp_t(unsigned long, cursor.parts, done, U32_MAX);
	return 0;
}

static int mmapdemo_control_inject_list(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_inject_list *list = &arg->inject_list;
	struct mmapdemo_injection *injections;
	int err;

	if (list->rule_size < MMAPDEMO_INJECT_SIZE_VER1 || list->rule_size > PAGE_SIZE)
		return -EINVAL;
	injections = kvcalloc(min(list->count, MMAPDEMO_INJECT_RULES_MAX), sizeof(*injections),
			      GFP_KERNEL_ACCOUNT);
	if (!injections)
		return -ENOMEM;
	err = mmapdemo_control_list_all(mmapdemo_buffer_of(file), list, injections, &list->count);
	kvfree(injections);
	return err;
}

static int mmapdemo_control_kick(struct file *file, union mmapdemo_argument *arg)
{
	arg->kick.generation = mmapdemo_notify_event(mmapdemo_buffer_of(file), MMAPDEMO_KICKED);
	return 0;
}

static int mmapdemo_control_wait(struct file *file, union mmapdemo_argument *arg)
{
	return mmapdemo_notify_wait_for(file, &arg->wait);
}

static int mmapdemo_control_wipe(struct file *file, union mmapdemo_argument *arg)
{
	const unsigned int policies = MMAPDEMO_WIPE_ON_LAST_UNMAP | MMAPDEMO_WIPE_ON_LAST_CLOSE;
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (arg->wipe.reserved || arg->wipe.policy & ~policies || !buffer->strategy->wipe)
		return -EOPNOTSUPP;
	if (!arg->flags || (arg->wipe.policy && !(arg->flags & MMAPDEMO_WIPE_SET_POLICY)))
		return -EINVAL;
	/* A created buffer is freed with its last user, so a policy has no use. */
	if (arg->flags & MMAPDEMO_WIPE_SET_POLICY && mmapdemo_file_is(buffer))
		return -EOPNOTSUPP;
	if (arg->flags & MMAPDEMO_WIPE_NOW) {
		int err = mmapdemo_wipe_now(buffer);

		if (err)
			return err;
	}
	if (arg->flags & MMAPDEMO_WIPE_SET_POLICY)
		mmapdemo_wipe_set_policy(buffer, arg->wipe.policy);
	return 0;
}

static int mmapdemo_control_create(struct file *file, union mmapdemo_argument *arg)
{
	return mmapdemo_create_fd(file, &arg->create);
}

static int mmapdemo_control_seal(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	int err = 0;

	if (arg->seal.reserved || !mmapdemo_file_is(buffer))
		return -EOPNOTSUPP;
	if (arg->seal.seals)
		err = file->f_mode & FMODE_WRITE ? mmapdemo_seal_add(buffer, arg->seal.seals) :
						   -EBADF;
	arg->seal.seals = READ_ONCE(buffer->seals);
	return err;
}

static int mmapdemo_control_export(struct file *file, union mmapdemo_argument *arg)
{
	struct dma_buf *dmabuf;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	dmabuf = mmapdemo_export(mmapdemo_buffer_of(file), arg->export.offset, arg->export.length);
	if (IS_ERR(dmabuf)) {
		put_unused_fd(fd);
		return PTR_ERR(dmabuf);
	}
	fd_install(fd, dmabuf->file);
	return fd;
}

static int mmapdemo_control_eventfd(struct file *file, union mmapdemo_argument *arg)
{
	return mmapdemo_notify_eventfd(file, &arg->eventfd);
}

static int mmapdemo_control_collapse(struct file *file, union mmapdemo_argument *arg)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	if (!buffer->strategy->collapse)
		return -EOPNOTSUPP;
	return buffer->strategy->collapse(buffer, arg->collapse.offset, arg->collapse.length);
}

struct mmapdemo_command {
	int (*call)(struct file *file, union mmapdemo_argument *arg); /* >= 0: ioctl(2)'s result */
	size_t min_size; /* of the struct's first version; a program's is no shorter */
	size_t size; /* of the struct as the module knows it */
	fmode_t mode; /* that the descriptor must have */
	__u32 flags; /* that are known */
	bool answers; /* it writes the struct back */
};

#define MMAPDEMO_COMMAND(nr, name, STRUCT, needs, known, ...)			\
	[_IOC_NR(MMAPDEMO_IOCTL_##nr)] = {					\
		.call		= mmapdemo_control_##name,			\
		.min_size	= MMAPDEMO_##STRUCT##_SIZE_VER1,		\
		.size		= _IOC_SIZE(MMAPDEMO_IOCTL_##nr),		\
		.mode		= needs,					\
		.flags		= known,					\
		__VA_ARGS__							\
	}

static const struct mmapdemo_command mmapdemo_commands[] = {
	MMAPDEMO_COMMAND(INFO, info, INFO, 0, 0, .answers = true),
	MMAPDEMO_COMMAND(RESIZE, resize, RESIZE, FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(PUNCH, punch, PUNCH, FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(FILL, fill, FILL, FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(SUM, sum, SUM, FMODE_READ, 0, .answers = true),
	MMAPDEMO_COMMAND(INJECT_SET, inject_set, INJECT, FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(INJECT_LIST, inject_list, INJECT_LIST, 0, 0, .answers = true),
	MMAPDEMO_COMMAND(KICK, kick, KICK, FMODE_WRITE, 0, .answers = true),
	MMAPDEMO_COMMAND(WAIT, wait, WAIT, 0, 0, .answers = true),
	MMAPDEMO_COMMAND(WIPE, wipe, WIPE, FMODE_WRITE,
			 MMAPDEMO_WIPE_NOW | MMAPDEMO_WIPE_SET_POLICY),
	MMAPDEMO_COMMAND(CREATE, create, CREATE, FMODE_READ | FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(SEAL, seal, SEAL, 0, 0, .answers = true),
	MMAPDEMO_COMMAND(EXPORT, export, EXPORT, FMODE_READ | FMODE_WRITE, 0),
	MMAPDEMO_COMMAND(EVENTFD, eventfd, EVENTFD, 0, 0),
	MMAPDEMO_COMMAND(COLLAPSE, collapse, COLLAPSE, FMODE_WRITE, 0),
};

static const struct mmapdemo_command *mmapdemo_control_find(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (_IOC_TYPE(cmd) != MMAPDEMO_IOCTL_TYPE || _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    nr >= ARRAY_SIZE(mmapdemo_commands))
		return NULL;
	return &mmapdemo_commands[array_index_nospec(nr, ARRAY_SIZE(mmapdemo_commands))];
}

/*
 * Writes the answer over the program's struct. A program whose struct is shorter
 * gets the fields that it has. If its struct is longer, the rest is zero already, as
 * copy_struct_from_user() has checked.
 */
static int mmapdemo_control_put(const struct mmapdemo_command *command,
				const union mmapdemo_argument *arg, void __user *to)
{
	return copy_to_user(to, arg, min_t(size_t, arg->size, command->size)) ? -EFAULT : 0;
}

/* Reads the struct once, so that the command uses the values that are checked here. */
static int mmapdemo_control_get(const struct mmapdemo_command *command,
				union mmapdemo_argument *arg, void __user *from)
{
	__u32 size;
	int err;

	if (get_user(size, (__u32 __user *)from))
		return -EFAULT;
	if (size < command->min_size || size > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(arg, command->size, from, size);
	if (err)
		return err;
	arg->size = size;
	if (arg->flags & ~command->flags)
		return -EOPNOTSUPP;
	if (!command->answers)
		return 0;
	/* If the answer cannot be written, the command must not run. */
	return mmapdemo_control_put(command, arg, from);
}

long mmapdemo_control_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	const struct mmapdemo_command *command = mmapdemo_control_find(cmd);
	void __user *argument = (void __user *)user;
	union mmapdemo_argument arg = {};
	int err;

	if (!command)
		return -ENOTTY;
	if (READ_ONCE(mmapdemo_buffer_of(file)->revoked))
		return -ENODEV;
	if ((file->f_mode & command->mode) != command->mode)
		return -EBADF;
	err = mmapdemo_control_get(command, &arg, argument);
	if (!err)
		err = command->call(file, &arg);
	if (!err && command->answers)
		err = mmapdemo_control_put(command, &arg, argument);
	return err;
}

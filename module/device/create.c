// SPDX-License-Identifier: GPL-2.0-only
/* The command CREATE: makes a buffer, and a descriptor of it. */
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mmapdemo.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/mmapdemo.h>

#include "core/buffer.h"
#include "core/strategy.h"
#include "create.h"
#include "file.h"

/* Whether a name has no control characters: a line break would end the line of a trace. */
static bool mmapdemo_create_is_name(const char *name)
{
	for (; *name; name++)
		if (iscntrl(*name))
			return false;
	return true;
}

/* Return: the name that /proc/PID/fd shows; or ERR_PTR. */
static char *mmapdemo_create_name(u64 user)
{
	const char __user *from = u64_to_user_ptr(user);
	char *given = user ? strndup_user(from, MMAPDEMO_NAME_MAX + 1) : NULL;
	char *name;

	if (IS_ERR(given))
		return given;
	if (given && !mmapdemo_create_is_name(given))
		name = ERR_PTR(-EINVAL);
	else
		name = kasprintf(GFP_KERNEL, "mmapdemo:%s", given ?: "") ?: ERR_PTR(-ENOMEM);
	kfree(given);
	return name;
}

/**
 * mmapdemo_create_fd - MMAPDEMO_IOCTL_CREATE
 * @device: an open file of the node
 * @create: the struct, in kernel memory
 *
 * Context: Process context, may sleep.
 *
 * Return: a descriptor, or an errno as the uapi header has it.
 */
int mmapdemo_create_fd(struct file *device, const struct mmapdemo_create *create)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(device);
	const struct file_operations *fops = mmapdemo_io_data(device);
	struct file *file;
	char *name;
	int fd;

	if (!buffer->strategy->has_folios || !fops) /* NULL for a created file */
		return -EOPNOTSUPP;
	if (create->bytes > MAX_LFS_FILESIZE)
		return -EINVAL;
	name = mmapdemo_create_name(create->name);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto free;
	file = mmapdemo_file_new(buffer, name, create->bytes, fops);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto free;
	}
	fd_install(fd, file);
free:
	kfree(name);
	return fd;
}

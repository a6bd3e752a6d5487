// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: a command makes the buffer. Before it, there is nothing to map.
 * A program sees: EBADFD from mmap(), read() and write() until somebody has called the ioctl().
 * Source: ALSA (SNDRV_PCM_IOCTL_HW_PARAMS), V4L2 (VIDIOC_REQBUFS) and packet rings
 *         (PACKET_RX_RING) ask for a command first.
 */
#include "zoo.h"

#define IOCTL_FIRST_MAKE _IO('z', 1)

static bool ioctl_first_made;

static long ioctl_first_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	if (command != IOCTL_FIRST_MAKE)
		return -ENOTTY;
	WRITE_ONCE(ioctl_first_made, true);
	return 0;
}

static ssize_t ioctl_first_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return READ_ONCE(ioctl_first_made) ? zoo_read(file, to, count, pos) : -EBADFD;
}

static ssize_t ioctl_first_write(struct file *file, const char __user *from, size_t count,
				 loff_t *pos)
{
	return READ_ONCE(ioctl_first_made) ? zoo_write(file, from, count, pos) : -EBADFD;
}

static int ioctl_first_mmap(struct file *file, struct vm_area_struct *vma)
{
	return READ_ONCE(ioctl_first_made) ? zoo_mmap(file, vma) : -EBADFD;
}

static const struct file_operations ioctl_first_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.unlocked_ioctl = ioctl_first_ioctl,
	.read = ioctl_first_read,
	.write = ioctl_first_write,
	.fsync = noop_fsync,
	.mmap = ioctl_first_mmap,
};

ZOO_MODULE(ioctl_first_fops, "A driver that wants a command first");

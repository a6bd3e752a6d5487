/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IVSHMEM_DEVICE_H
#define IVSHMEM_DEVICE_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mmapdemo.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/wait.h>

/**
 * struct ivshmem - a device, and what is left of it while programs have files of it
 * @refs: one of each open file, and one of the driver while it is bound
 * @lock: protects @gone and @resetting. A task that holds it for reading, and finds that the
 *	device is neither, may map the memory.
 * @gone: ivshmem_remove() was called
 * @resetting: the device is being reset, and none of its memory may be mapped
 * @wait: page faults that wait for the end of a reset
 * @misc: the node
 * @pdev: the device on its bus
 * @frame: number of the first page frame of the memory, BAR 2
 * @frames: how many there are
 * @buffer: the page with the status; all files are of its inode
 * @mapping: through which programs have both mapped; NULL before the first open()
 * @resets: how often the device was reset
 */
struct ivshmem {
	struct kref refs;
	struct rw_semaphore lock;
	bool gone;
	bool resetting;
	wait_queue_head_t wait;
	struct miscdevice misc;
	struct pci_dev *pdev;
	unsigned long frame;
	unsigned long frames;
	struct mmapdemo_buffer *buffer;
	struct address_space *mapping;
	u64 resets;
};

/* memory.c */
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int ivshmem_mmap_prepare(struct vm_area_desc *desc);
#define IVSHMEM_FOPS_MMAP	.mmap_prepare = ivshmem_mmap_prepare
#else
int ivshmem_mmap(struct file *file, struct vm_area_struct *vma);
#define IVSHMEM_FOPS_MMAP	.mmap = ivshmem_mmap
#endif

#endif

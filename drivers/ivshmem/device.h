/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IVSHMEM_DEVICE_H
#define IVSHMEM_DEVICE_H

#include <linux/mmapdemo.h>
#include <linux/pci.h>
#include <linux/wait.h>

/**
 * struct ivshmem - a device; the struct outlives it while programs have its files open
 * @chardev: the node, the page with the status as its buffer, and whether it is gone
 * @frames: the page frames of the memory, BAR 2
 * @resetting: the device is being reset, and none of its memory may be mapped. @chardev.lock
 *	protects it.
 * @wait: page faults that wait for the end of a reset
 * @pdev: the device on its bus
 * @resets: how often the device was reset
 */
struct ivshmem {
	struct mmapdemo_chardev chardev;
	struct mmapdemo_frames frames;
	bool resetting;
	wait_queue_head_t wait;
	struct pci_dev *pdev;
	u64 resets;
};

/* memory.c: for programs' mappings of the memory */
extern const struct vm_operations_struct ivshmem_vm_ops;

#endif

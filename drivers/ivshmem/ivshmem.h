/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What programs do with /dev/ivshmem-ADDRESS, where ADDRESS is the device's on the PCI bus.
 *
 * mmap() from offset IVSHMEM_MEMORY on maps the device's memory, shared. Where the kernel can, a
 * page-table entry maps 2 MiB of it: map from a multiple of 2 MiB on. A child of fork(2) does not
 * inherit it, and maps it for itself.
 *
 * mmap() of one page from offset 0 on maps a struct ivshmem_status, for reading.
 *
 * While the device is reset through the kernel, as by `reset' in sysfs, a program that touches
 * its memory waits. poll() reports POLLIN
 * after a reset, until the program takes the event with MMAPDEMO_IOCTL_WAIT (linux/mmapdemo.h).
 *
 * When the device is unplugged, or its driver unbound, mappings are SIGBUS, poll() reports
 * POLLHUP, and all else is ENODEV, on files that are open already. The program closes them.
 */
#ifndef IVSHMEM_H
#define IVSHMEM_H

#include <linux/types.h>

#define IVSHMEM_MEMORY	0x10000000000ULL	/* offset of the memory, for mmap() */

/**
 * struct ivshmem_status - what programs may look at without a system call
 * @bytes: size of the device's memory
 * @resets: how often the device was reset
 */
struct ivshmem_status {
	__u64 bytes;
	__u64 resets;
};

#endif

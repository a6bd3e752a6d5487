/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/ivshmem-ADDRESS, where ADDRESS is the device's on the PCI bus.
 *
 * mmap() from offset IVSHMEM_MEMORY on maps the device's memory, shared. Where the kernel can, a
 * page-table entry maps 2 MiB of it: map from a multiple of 2 MiB on. A child of fork(2) does not
 * inherit the mapping, and makes its own.
 *
 * mmap() of one page from offset 0 on maps a struct ivshmem_status, for reading.
 *
 * While the kernel resets the device, as by `reset' in sysfs, a program that accesses its memory
 * waits. poll() reports POLLIN after a reset, until the program takes the event with
 * MMAPDEMO_IOCTL_WAIT (linux/mmapdemo.h).
 *
 * When the device is unplugged, or its driver unbound, then for open files mappings are SIGBUS,
 * poll() reports POLLHUP, and all other calls are ENODEV. The program closes them.
 */
#ifndef IVSHMEM_H
#define IVSHMEM_H

#include <linux/types.h>

#define IVSHMEM_MEMORY	0x10000000000ULL	/* offset of the memory, for mmap() */

/**
 * struct ivshmem_status - state that programs read without a system call
 * @bytes: size of the device's memory
 * @resets: how often the device was reset
 */
struct ivshmem_status {
	__u64 bytes;
	__u64 resets;
};

#endif

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/edu-ADDRESS, where ADDRESS is the device's on the PCI bus.
 *
 * mmap() from offset 0 on maps the buffer, which read() and write() access, too. mmap() from
 * offset EDU_REGISTERS on maps the device's registers, for reading only.
 *
 * EDU_IOCTL_DMA starts a transfer between the buffer and the device's own memory, and returns
 * at once. The bytes in the buffer belong to the device until the transfer ends: stores of
 * programs may get lost meanwhile. When it ends, poll() reports POLLIN until the program
 * takes the event with MMAPDEMO_IOCTL_WAIT (linux/mmapdemo.h).
 *
 * When the device is unplugged, or its driver unbound, then for open files mappings are SIGBUS,
 * poll() reports POLLHUP, and all other calls are ENODEV. The program closes them.
 */
#ifndef EDU_H
#define EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define EDU_REGISTERS	0x10000000000ULL	/* offset of the registers, for mmap() */
/*
 * Bytes of the device's own memory. It has one more byte, but QEMU 7.2 aborts when a
 * transfer reaches that one.
 */
#define EDU_MEMORY	4095U

/**
 * struct edu_dma - a transfer
 * @offset: first byte in the buffer; the range lies in one page
 * @at: first byte in the device's memory
 * @length: bytes, above 0
 * @flags: EDU_DMA_TO_BUFFER or 0
 * @reserved: 0
 */
struct edu_dma {
	__aligned_u64 offset;
	__u32 at;
	__u32 length;
	__u32 flags;
	__u32 reserved;
};

#define EDU_DMA_TO_BUFFER	1U	/* from the device's memory to the buffer */

/*
 * EBADF: the descriptor is not open for writing. EINVAL: a field. EBUSY: another transfer has
 * not ended. ENODEV: the device is gone.
 */
#define EDU_IOCTL_DMA	_IOW('E', 0x80, struct edu_dma)

#endif

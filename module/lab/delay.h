/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_DELAY_H
#define MMAPDEMO_DELAY_H

#include <linux/ktime.h>
#include <linux/mm_types.h>

struct mmapdemo_buffer;

ktime_t mmapdemo_delay_of(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_delay_access(struct mmapdemo_buffer *buffer, pgoff_t index);
bool mmapdemo_delay_is_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
vm_fault_t mmapdemo_delay_fault(struct vm_fault *vmf);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FAULT_H
#define MMAPDEMO_FAULT_H

#include <linux/fs.h>
#include <linux/mm_types.h>

vm_fault_t mmapdemo_fault_page(struct vm_fault *vmf);
vm_fault_t mmapdemo_fault_around(struct vm_fault *vmf, pgoff_t first, pgoff_t last);
#ifdef MMAPDEMO_HAS_HUGE_FAULT
vm_fault_t mmapdemo_fault_huge(struct vm_fault *vmf, unsigned int order);
#endif

/* For other strategies too. */
vm_fault_t mmapdemo_fault_errno(int err);

/* The invalidate lock, shared, whose holders may take long: 0, or VM_FAULT_SIGBUS when killed. */
static inline vm_fault_t mmapdemo_fault_lock(struct address_space *mapping)
{
	return down_read_killable(&mapping->invalidate_lock) ? VM_FAULT_SIGBUS : 0;
}

#endif

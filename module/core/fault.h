/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FAULT_H
#define MMAPDEMO_FAULT_H

#include <linux/fs.h>
#include <linux/mm_types.h>

vm_fault_t mmapdemo_fault_page(struct vm_fault *vmf);
vm_fault_t mmapdemo_fault_around(struct vm_fault *vmf, pgoff_t first, pgoff_t last);

/* For other strategies too. */
vm_fault_t mmapdemo_fault_errno(int err);

#endif

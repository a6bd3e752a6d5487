/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_MAPPING_H
#define MMAPDEMO_MAPPING_H

#include <linux/mmapdemo.h>
#include <linux/types.h>

#include "vma_desc.h"

struct file;
struct vm_area_struct;

int mmapdemo_mapping_mmap_prepare(struct mmapdemo_vma_desc *desc);
int mmapdemo_chardev_prepare(struct mmapdemo_vma_desc *desc);
int mmapdemo_mapping_mmap(struct file *file, struct vm_area_struct *vma);

/* For each strategy's vm_ops; .mapped goes with mmap_prepare. */
void mmapdemo_vma_open(struct vm_area_struct *vma);
void mmapdemo_vma_close(struct vm_area_struct *vma);
int mmapdemo_vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			const struct file *file, void **vm_private_data);

#endif

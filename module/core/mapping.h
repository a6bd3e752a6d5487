/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_MAPPING_H
#define MMAPDEMO_MAPPING_H

#include <linux/bits.h>
#include <linux/types.h>

#include "vma_desc.h"

struct file;
struct vm_area_struct;

/*
 * A VMA's vm_private_data has room for its own counts: in vm_ops->open, which
 * must not fail, a struct could not be had. Bit 0: it is counted as a live
 * mapping; from 7.1 on the core closes one whose mapping failed half-way, which is
 * not. Then its faults on small pages, and from the middle on huge pages mapped.
 */
#define MMAPDEMO_VMA_COUNTED		BIT(0)
#define MMAPDEMO_VMA_FAULTS_SHIFT	1
#define MMAPDEMO_VMA_HUGE_SHIFT		(BITS_PER_LONG / 2)

int mmapdemo_mapping_mmap_prepare(struct vm_area_desc *desc);
int mmapdemo_mapping_mmap(struct file *file, struct vm_area_struct *vma);

/* For each strategy's vm_ops; .mapped goes with mmap_prepare. */
void mmapdemo_vma_open(struct vm_area_struct *vma);
void mmapdemo_vma_close(struct vm_area_struct *vma);
int mmapdemo_vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			const struct file *file, void **vm_private_data);

#endif

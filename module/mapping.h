/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_MAPPING_H
#define MMAPDEMO_MAPPING_H

struct file;
struct vm_area_desc;
struct vm_area_struct;

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int mmapdemo_mapping_mmap_prepare(struct vm_area_desc *desc);
#else
int mmapdemo_mapping_mmap(struct file *file, struct vm_area_struct *vma);
#endif

#endif

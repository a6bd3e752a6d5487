// SPDX-License-Identifier: GPL-2.0-only
/* .mmap for kernels without .mmap_prepare, see vma_desc.h. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "vma_desc.h"

#ifndef MMAPDEMO_HAS_MMAP_PREPARE

/* Replaces the VMA's file by another, whose .mmap follows. The VMA owns its reference now. */
static int mmapdemo_vma_desc_map_file(struct vm_area_struct *vma, struct file *file)
{
	vma_set_file(vma, file);
	fput(file);
	return mmapdemo_vfs_mmap(file, vma);
}

static int mmapdemo_vma_desc_act(const struct mmapdemo_vma_desc *desc, struct vm_area_struct *vma)
{
	unsigned long pages = vma_pages(vma);

	/* If they fail half-way, mm/ unmaps all of the VMA. */
	if (desc->pages)
		return vm_insert_pages(vma, vma->vm_start, desc->pages, &pages);
	if (desc->remap)
		return remap_pfn_range(vma, vma->vm_start, desc->pfn,
				       vma->vm_end - vma->vm_start, vma->vm_page_prot);
	return 0;
}

/**
 * mmapdemo_vma_desc_mmap - do what mm/ of 7.1 and later does with .mmap_prepare
 * @file: the file
 * @vma: what is to be mapped
 * @prepare: as .mmap_prepare
 * @mapped: as vm_ops->mapped, which these kernels lack
 *
 * Return: as .mmap.
 */
int mmapdemo_vma_desc_mmap(struct file *file, struct vm_area_struct *vma,
			   mmapdemo_vma_desc_prepare_t *prepare,
			   mmapdemo_vma_desc_mapped_t *mapped)
{
	struct mmapdemo_vma_desc desc = {
		.file		= file,
		.start		= vma->vm_start,
		.end		= vma->vm_end,
		.pgoff		= vma->vm_pgoff,
		.vm_file	= file,
		.vm_flags	= vma->vm_flags,
		.page_prot	= vma->vm_page_prot,
		.vm_ops		= vma->vm_ops,
	};
	int err = prepare(&desc);

	if (err)
		return err;
	vma->vm_pgoff = desc.pgoff;
	vma->vm_page_prot = desc.page_prot;
	if (desc.vm_file != file)
		return mmapdemo_vma_desc_map_file(vma, desc.vm_file);

	vma->vm_ops = desc.vm_ops;
	mmapdemo_vm_flags_set(vma, desc.vm_flags);
	if (!(desc.vm_flags & VM_MAYWRITE))
		mmapdemo_vm_flags_clear(vma, VM_MAYWRITE);
	if (!vma->vm_ops)
		return 0;
	err = mmapdemo_vma_desc_act(&desc, vma);
	/* Last, as mm/ does not call .close after an error. */
	if (!err)
		err = mapped(vma->vm_start, vma->vm_end, vma->vm_pgoff, file,
			     &vma->vm_private_data);
	return err;
}
#endif

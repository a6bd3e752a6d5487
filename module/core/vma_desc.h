/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct mmapdemo_vma_desc is the struct vm_area_desc that Linux 7.1 and later give to
 * .mmap_prepare. For kernels that have .mmap only, this file defines the members that the
 * strategies use. There .mmap calls mmapdemo_vma_desc_mmap(), which makes such a struct, has it
 * filled in, and does what newer kernels do, with the functions of that kernel.
 */
#ifndef MMAPDEMO_VMA_DESC_H
#define MMAPDEMO_VMA_DESC_H

#include <linux/mm.h>

#ifndef MMAPDEMO_HAS_MMAP_PREPARE

struct mmapdemo_vma_desc {
	struct file *file;
	unsigned long start;
	unsigned long end;
	pgoff_t pgoff;
	struct file *vm_file;
	vm_flags_t vm_flags;
	pgprot_t page_prot;
	const struct vm_operations_struct *vm_ops;
	struct page **pages; /* the actions: map these pages, or the frames from @pfn on */
	unsigned long pfn;
	bool remap;
};

static inline unsigned long mmapdemo_vma_desc_pages(const struct mmapdemo_vma_desc *desc)
{
	return (desc->end - desc->start) >> PAGE_SHIFT;
}

static inline vm_flags_t mmapdemo_vma_desc_flags(const struct mmapdemo_vma_desc *desc)
{
	return desc->vm_flags;
}

static inline bool mmapdemo_vma_desc_is_cow_mapping(const struct mmapdemo_vma_desc *desc)
{
	return !(desc->vm_flags & VM_SHARED) && (desc->vm_flags & VM_MAYWRITE);
}

#define MMAPDEMO_VMA_DONTEXPAND		VM_DONTEXPAND
#define MMAPDEMO_VMA_DONTCOPY		VM_DONTCOPY

static inline void mmapdemo_vma_desc_forbid_write(struct mmapdemo_vma_desc *desc)
{
	desc->vm_flags &= ~VM_MAYWRITE;
}

static inline void mmapdemo_vma_desc_set_flags(struct mmapdemo_vma_desc *desc, vm_flags_t flags)
{
	desc->vm_flags |= flags;
}

static inline void mmapdemo_vma_desc_set_pfnmap(struct mmapdemo_vma_desc *desc)
{
	desc->vm_flags |= VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
}

static inline void mmapdemo_vma_desc_set_anonymous(struct mmapdemo_vma_desc *desc)
{
	desc->vm_ops = NULL;
}

static inline void
mmapdemo_action_map_kernel_pages_full(struct mmapdemo_vma_desc *desc, struct page **pages)
{
	desc->pages = pages;
}

static inline void mmapdemo_action_remap_full(struct mmapdemo_vma_desc *desc,
					      unsigned long pfn)
{
	desc->pfn = pfn;
	desc->remap = true;
}

/* The file's own .mmap follows, once there is a VMA. */
static inline int mmapdemo_vma_desc_set_file(struct mmapdemo_vma_desc *desc, struct file *file)
{
	desc->vm_file = file;
	return 0;
}

typedef int mmapdemo_vma_desc_prepare_t(struct mmapdemo_vma_desc *desc);
typedef int mmapdemo_vma_desc_mapped_t(unsigned long start, unsigned long end, pgoff_t pgoff,
				       const struct file *file, void **vm_private_data);

int mmapdemo_vma_desc_mmap(struct file *file, struct vm_area_struct *vma,
			   mmapdemo_vma_desc_prepare_t *prepare,
			   mmapdemo_vma_desc_mapped_t *mapped);

#else

#define mmapdemo_vma_desc		vm_area_desc
#define mmapdemo_vma_desc_pages		vma_desc_pages
#define mmapdemo_vma_desc_is_cow_mapping vma_desc_is_cow_mapping
#define mmapdemo_vma_desc_set_flags	vma_desc_set_flags
#define MMAPDEMO_VMA_DONTEXPAND		VMA_DONTEXPAND_BIT
#define MMAPDEMO_VMA_DONTCOPY		VMA_DONTCOPY_BIT
#define mmapdemo_vma_desc_set_anonymous	vma_desc_set_anonymous
#define mmapdemo_action_map_kernel_pages_full mmap_action_map_kernel_pages_full
#define mmapdemo_action_remap_full	mmap_action_remap_full

static inline vm_flags_t mmapdemo_vma_desc_flags(const struct vm_area_desc *desc)
{
	return vma_flags_to_legacy(desc->vma_flags);
}

static inline void mmapdemo_vma_desc_forbid_write(struct vm_area_desc *desc)
{
	vma_desc_clear_flags(desc, VMA_MAYWRITE_BIT);
}

static inline void mmapdemo_vma_desc_set_pfnmap(struct vm_area_desc *desc)
{
	vma_desc_set_flags(desc, VMA_PFNMAP_BIT, VMA_IO_BIT, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT);
}

/* Another file is mapped in place of the device's, with its own operations. */
static inline int mmapdemo_vma_desc_set_file(struct vm_area_desc *desc, struct file *file)
{
	struct vm_area_desc theirs = *desc;
	int err;

	theirs.file = file;
	theirs.vm_file = file;
	err = vfs_mmap_prepare(file, &theirs);
	theirs.file = desc->file;
	if (!err)
		*desc = theirs;
	return err;
}

#endif
#endif

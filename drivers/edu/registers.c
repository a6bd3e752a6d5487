// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of the driver's files: the buffer from offset 0 on, the registers from EDU_REGISTERS on.
 *
 * The registers are not memory: they have no struct page, and go with the device. So they are
 * mapped one page at a time, by a page fault that asks whether the device is still there.
 */
#include <linux/io.h>
#include <linux/mm.h>

#include "device.h"
#include "edu.h"

#define EDU_REGISTERS_PGOFF	((pgoff_t)(EDU_REGISTERS >> PAGE_SHIFT))

static vm_fault_t edu_registers_fault(struct vm_fault *vmf)
{
	struct edu *edu = mmapdemo_io_data(vmf->vma->vm_file);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* What edu_remove() has unmapped is not mapped again. */
	down_read(&edu->lock);
	if (!edu->gone && !mmapdemo_fault_is_marked(vmf))
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     edu->frame + vmf->pgoff - EDU_REGISTERS_PGOFF);
	up_read(&edu->lock);
	return ret;
}

static const struct vm_operations_struct edu_registers_vm_ops = {
	.fault	= edu_registers_fault,
};

/* Whether a program may map them. Both numbers are its choice. */
static int edu_registers_check(const struct edu *edu, pgoff_t pgoff, unsigned long count,
			       bool writable)
{
	pgoff_t first = pgoff - EDU_REGISTERS_PGOFF;

	/* A sum could overflow, this difference cannot. */
	if (first >= edu->frames || count > edu->frames - first)
		return -EINVAL;
	if (READ_ONCE(edu->gone))
		return -ENODEV;
	return writable ? -EACCES : 0;
}

/*
 * Both forms of mmap do the same. They clear VM_MAYWRITE, or mprotect() could make the mapping
 * writable later. Without it, a private mapping cannot be copied on write, which
 * vmf_insert_pfn() does not support.
 */
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int edu_mmap_prepare(struct vm_area_desc *desc)
{
	int err;

	if (desc->pgoff < EDU_REGISTERS_PGOFF)
		return mmapdemo_mapping_mmap_prepare(desc);
	err = edu_registers_check(mmapdemo_io_data(desc->file), desc->pgoff,
				  vma_desc_pages(desc), vma_desc_test(desc, VMA_WRITE_BIT));
	if (err)
		return err;
	vma_desc_set_flags(desc, VMA_PFNMAP_BIT, VMA_IO_BIT, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT);
	vma_desc_clear_flags(desc, VMA_MAYWRITE_BIT);
	desc->page_prot = pgprot_decrypted(pgprot_noncached(desc->page_prot));
	desc->vm_ops = &edu_registers_vm_ops;
	return 0;
}
#else
#ifndef MMAPDEMO_HAS_VM_FLAGS_SET /* Linux 6.3 has both */
static void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

int edu_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err;

	if (vma->vm_pgoff < EDU_REGISTERS_PGOFF)
		return mmapdemo_mapping_mmap_by_desc(file, vma);
	err = edu_registers_check(mmapdemo_io_data(file), vma->vm_pgoff, vma_pages(vma),
				  vma->vm_flags & VM_WRITE);
	if (err)
		return err;
	vm_flags_mod(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP, VM_MAYWRITE);
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vma->vm_ops = &edu_registers_vm_ops;
	return 0;
}
#endif

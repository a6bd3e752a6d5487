// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of the driver's files: the status from offset 0 on, the device's memory from
 * IVSHMEM_MEMORY on, in pages and, from Linux 6.12 on, in huge pages.
 *
 * Memory without a struct page cannot be pinned, so a page fault is all there is to serve. (VFIO
 * takes frames of such mappings for DMA all the same, and nothing here takes them back.) Before
 * Linux 6.12 the kernel could not tell a huge entry of such memory from one of pages
 * (pmd_special()), and would have looked for their struct page.
 */
#include <linux/file.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#ifndef MMAPDEMO_HAS_INSERT_FOLIO_PMD
#include <linux/pfn_t.h>
#endif

#include "device.h"
#include "ivshmem.h"

#define IVSHMEM_MEMORY_PGOFF	((pgoff_t)(IVSHMEM_MEMORY >> PAGE_SHIFT))

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
/*
 * Not as for writing: the function WARNs if it finds an entry of another kind then, which others
 * may have made meanwhile. VFIO does the same. A store to an entry that is read-only comes back
 * here, and the kernel then has the entry split.
 */
static vm_fault_t ivshmem_insert_huge(struct vm_fault *vmf, unsigned long frame)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & HPAGE_PMD_MASK;

	/* It must lie inside the VMA, and be aligned in memory as it is in the VMA. */
	frame -= (vmf->address - start) >> PAGE_SHIFT;
	if (start < vma->vm_start || vma->vm_end - start < HPAGE_PMD_SIZE ||
	    !IS_ALIGNED(frame, HPAGE_PMD_NR) || !pmd_none(READ_ONCE(*vmf->pmd)))
		return VM_FAULT_FALLBACK;
#ifdef MMAPDEMO_HAS_INSERT_FOLIO_PMD /* since then the function takes a number */
	return vmf_insert_pfn_pmd(vmf, frame, false);
#else
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(frame, PFN_DEV), false);
#endif
}
#endif

static vm_fault_t ivshmem_insert(struct vm_fault *vmf, unsigned long frame, unsigned int order)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == HPAGE_PMD_ORDER)
		return ivshmem_insert_huge(vmf, frame);
#endif
	if (order)
		return VM_FAULT_FALLBACK; /* the core asks for a smaller one */
	if (mmapdemo_fault_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	/* Another task may have mapped a huge one: the core looks again. */
	if (pmd_trans_huge(READ_ONCE(*vmf->pmd)))
		return VM_FAULT_NOPAGE;
	return vmf_insert_pfn(vmf->vma, vmf->address, frame);
}

/*
 * Waits for the end of a reset, without the lock of the mm or of the VMA where the page fault
 * may be tried again: the program's other threads can map and unmap meanwhile. The file is all
 * that is sure to be there then. (The last fput() of a kernel thread runs elsewhere, and would
 * not keep the module.)
 *
 * Return: 0 to look again, or what the page fault returns.
 */
static vm_fault_t ivshmem_await_reset(struct vm_fault *vmf, struct ivshmem *ivshmem)
{
	struct file *file = vmf->vma->vm_file;

	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	if (!fault_flag_allow_retry_first(vmf->flags) || current->flags & PF_KTHREAD)
		return wait_event_killable(ivshmem->wait, !READ_ONCE(ivshmem->resetting)) ?
		       VM_FAULT_SIGBUS : 0;
	get_file(file);
	mmapdemo_release_fault_lock(vmf);
	/* Killed or not: the core looks. */
	if (wait_event_killable(ivshmem->wait, !READ_ONCE(ivshmem->resetting)))
		cond_resched();
	fput(file);
	return VM_FAULT_RETRY;
}

static vm_fault_t ivshmem_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct ivshmem *ivshmem = mmapdemo_io_data(vmf->vma->vm_file);
	vm_fault_t ret;

	do {
		down_read(&ivshmem->lock);
		/* What remove() or a reset has unmapped is not mapped again. */
		if (ivshmem->gone)
			ret = VM_FAULT_SIGBUS;
		else if (ivshmem->resetting)
			ret = 0;
		else
			ret = ivshmem_insert(vmf, ivshmem->frame + vmf->pgoff -
					     IVSHMEM_MEMORY_PGOFF, order);
		up_read(&ivshmem->lock);
		if (!ret)
			ret = ivshmem_await_reset(vmf, ivshmem);
	} while (!ret);
	return ret;
}

static vm_fault_t ivshmem_fault(struct vm_fault *vmf)
{
	return ivshmem_huge_fault(vmf, 0);
}

static const struct vm_operations_struct ivshmem_memory_vm_ops = {
	.fault		= ivshmem_fault,
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	.huge_fault	= ivshmem_huge_fault,
#endif
};

/*
 * Whether a program may map it. Both numbers are its choice. A private mapping that may be
 * written would be copied on write, which neither kind of page supports here.
 */
static int ivshmem_memory_check(const struct ivshmem *ivshmem, pgoff_t pgoff,
				unsigned long count, bool cow)
{
	pgoff_t first = pgoff - IVSHMEM_MEMORY_PGOFF;

	/* A sum could overflow, this difference cannot. */
	if (first >= ivshmem->frames || count > ivshmem->frames - first || cow)
		return -EINVAL;
	return READ_ONCE(ivshmem->gone) ? -ENODEV : 0;
}

/* The page with the status, for reading, and no more. */
static int ivshmem_status_check(pgoff_t pgoff, unsigned long count, bool writable)
{
	if (pgoff || count > 1)
		return -EINVAL;
	return writable ? -EACCES : 0;
}

/*
 * Both forms of mmap do the same. Stores may be combined, as the device says by calling the BAR
 * prefetchable. x86 with PAT takes no notice of these bits: a page fault asks what main.c has
 * reserved (track_pfn_insert() in arch/x86/mm/pat/memtype.c of 6.1), so that no frame is mapped
 * in two ways at once.
 *
 * VM_DONTCOPY: fork() copies a huge entry without a look whether it was unmapped meanwhile
 * (copy_huge_pmd() in mm/huge_memory.c), and the child would have the memory beyond a reset or
 * remove(). A child maps it for itself.
 */
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int ivshmem_mmap_prepare(struct vm_area_desc *desc)
{
	bool cow = vma_desc_test(desc, VMA_MAYWRITE_BIT) && !vma_desc_test(desc, VMA_SHARED_BIT);
	int err;

	if (desc->pgoff < IVSHMEM_MEMORY_PGOFF) {
		err = ivshmem_status_check(desc->pgoff, vma_desc_pages(desc),
					   vma_desc_test(desc, VMA_WRITE_BIT));
		if (err)
			return err;
		vma_desc_set_flags(desc, VMA_DONTEXPAND_BIT);
		vma_desc_clear_flags(desc, VMA_MAYWRITE_BIT);
		return mmapdemo_mapping_mmap_prepare(desc);
	}
	err = ivshmem_memory_check(mmapdemo_io_data(desc->file), desc->pgoff,
				   vma_desc_pages(desc), cow);
	if (err)
		return err;
	vma_desc_set_flags(desc, VMA_PFNMAP_BIT, VMA_IO_BIT, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT,
			   VMA_DONTCOPY_BIT);
	desc->page_prot = pgprot_decrypted(pgprot_writecombine(desc->page_prot));
	desc->vm_ops = &ivshmem_memory_vm_ops;
	return 0;
}
#else
#ifndef MMAPDEMO_HAS_VM_FLAGS_SET /* Linux 6.3 has both */
static void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

int ivshmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	bool cow = (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
	int err;

	if (vma->vm_pgoff < IVSHMEM_MEMORY_PGOFF) {
		err = ivshmem_status_check(vma->vm_pgoff, vma_pages(vma), vma->vm_flags & VM_WRITE);
		if (err)
			return err;
		vm_flags_mod(vma, VM_DONTEXPAND, VM_MAYWRITE);
		return mmapdemo_mapping_mmap_by_desc(file, vma);
	}
	err = ivshmem_memory_check(mmapdemo_io_data(file), vma->vm_pgoff, vma_pages(vma), cow);
	if (err)
		return err;
	vm_flags_mod(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, 0);
	vma->vm_page_prot = pgprot_decrypted(pgprot_writecombine(vma->vm_page_prot));
	vma->vm_ops = &ivshmem_memory_vm_ops;
	return 0;
}
#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults on the device's memory, in pages and, from Linux 6.12 on, in huge pages.
 *
 * Memory without a struct page cannot be pinned, so page faults are its only users. (VFIO takes
 * frames of such mappings for DMA all the same, and this driver does not revoke them.) Before
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

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
/*
 * Does not insert for writing: the function would WARN if it found an entry of another kind, which
 * another task may have made meanwhile. VFIO does the same. A store to a read-only entry causes
 * another page fault here, and the kernel then splits the entry.
 */
static vm_fault_t ivshmem_insert_huge(struct vm_fault *vmf, unsigned long frame)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & HPAGE_PMD_MASK;

	/* The huge page must lie inside the VMA, and have the same alignment in memory and VMA. */
	frame -= (vmf->address - start) >> PAGE_SHIFT;
	if (start < vma->vm_start || vma->vm_end - start < HPAGE_PMD_SIZE ||
	    !IS_ALIGNED(frame, HPAGE_PMD_NR) || !pmd_none(READ_ONCE(*vmf->pmd)))
		return VM_FAULT_FALLBACK;
#ifdef MMAPDEMO_HAS_INSERT_FOLIO_PMD /* from there on the function takes a number */
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
		return VM_FAULT_FALLBACK; /* mm/ asks for a smaller one */
	if (mmapdemo_fault_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	/* Another task may have mapped a huge page: mm/ looks again. */
	if (pmd_trans_huge(READ_ONCE(*vmf->pmd)))
		return VM_FAULT_NOPAGE;
	return vmf_insert_pfn(vmf->vma, vmf->address, frame);
}

/*
 * Waits for the end of a reset. If the page fault may be retried, this drops the lock of the mm or
 * of the VMA meanwhile, so that other threads can map and unmap. Only the file is sure to exist
 * then. (A kernel thread keeps the lock, as its last fput() runs elsewhere, and would not keep the
 * module.)
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
	/* mm/ checks whether the task was killed. */
	if (wait_event_killable(ivshmem->wait, !READ_ONCE(ivshmem->resetting)))
		cond_resched();
	fput(file);
	return VM_FAULT_RETRY;
}

static vm_fault_t ivshmem_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct ivshmem *ivshmem =
		container_of(mmapdemo_io_data(vmf->vma->vm_file), struct ivshmem, chardev);
	unsigned long frame =
		ivshmem->frames.first + vmf->pgoff - (IVSHMEM_MEMORY >> PAGE_SHIFT);
	vm_fault_t ret;

	do {
		/* Memory that remove() or a reset has unmapped must not be mapped again. */
		if (!mmapdemo_chardev_enter(&ivshmem->chardev))
			return VM_FAULT_SIGBUS;
		ret = ivshmem->resetting ? 0 : ivshmem_insert(vmf, frame, order);
		mmapdemo_chardev_leave(&ivshmem->chardev);
		if (!ret)
			ret = ivshmem_await_reset(vmf, ivshmem);
	} while (!ret);
	return ret;
}

static vm_fault_t ivshmem_fault(struct vm_fault *vmf)
{
	return ivshmem_huge_fault(vmf, 0);
}

const struct vm_operations_struct ivshmem_vm_ops = {
	.fault		= ivshmem_fault,
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	.huge_fault	= ivshmem_huge_fault,
#endif
};

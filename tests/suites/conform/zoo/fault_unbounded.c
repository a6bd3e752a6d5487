// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: neither .mmap nor .fault looks where the buffer ends.
 * A program sees: memory past the end. Here the driver makes a page for each offset that is
 *         touched, so one program can use up the machine's memory.
 * Source: CVE-2008-0007 (page fault handlers of several drivers without a range check).
 */
#include <linux/xarray.h>
#include "zoo.h"

static DEFINE_XARRAY(fault_unbounded_more);

/* The page at @index past the buffer, made when it is first touched. */
static struct page *fault_unbounded_page(unsigned long index)
{
	struct page *page = xa_load(&fault_unbounded_more, index), *other;

	if (page)
		return page;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = xa_cmpxchg(&fault_unbounded_more, index, NULL, page, GFP_KERNEL);
	if (!other)
		return page;
	__free_page(page);
	return xa_is_err(other) ? NULL : other;
}

static vm_fault_t fault_unbounded_fault(struct vm_fault *vmf)
{
	struct page *page =
		vmf->pgoff < ZOO_PAGES ? zoo_page(vmf->pgoff) : fault_unbounded_page(vmf->pgoff);

	if (!page)
		return VM_FAULT_OOM;
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct fault_unbounded_vm_ops = {
	.fault = fault_unbounded_fault,
};

static int fault_unbounded_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &fault_unbounded_vm_ops;
	return 0;
}

static const struct file_operations fault_unbounded_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = fault_unbounded_mmap,
};

ZOO_MODULE(fault_unbounded_fops, "A driver whose page faults have no bound");

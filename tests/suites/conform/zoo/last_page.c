// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault compares with the last page instead of the number of pages: it is off by one.
 * A program sees: SIGBUS in the last page of the device, which mmap() and read() both offer.
 * Source: the reverse of CVE-2008-0007: a range check that is wrong by one page.
 */
#include "zoo.h"

static vm_fault_t last_page_fault(struct vm_fault *vmf)
{
	if (vmf->pgoff >= ZOO_PAGES - 1)
		return VM_FAULT_SIGBUS;
	return zoo_fault(vmf);
}

static const struct vm_operations_struct last_page_vm_ops = {
	.fault = last_page_fault,
};

static int last_page_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &last_page_vm_ops);
}

static const struct file_operations last_page_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = last_page_mmap,
};

ZOO_MODULE(last_page_fops, "A driver whose last page is out of reach");

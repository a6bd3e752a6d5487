// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault hands out a page and takes no reference, which munmap() drops.
 * A program sees: nothing at first. The page is freed under the driver, and the kernel says
 *         "Bad page state" when somebody else gets it.
 * Source: github.com/ikwzm/udmabuf/issues/22; CVE-2004-1057 (drivers whose pages are freed).
 */
#include "zoo.h"

static vm_fault_t no_get_page_fault(struct vm_fault *vmf)
{
	if (vmf->pgoff >= ZOO_PAGES)
		return VM_FAULT_SIGBUS;
	vmf->page = zoo_page(vmf->pgoff);
	return 0;
}

static const struct vm_operations_struct no_get_page_vm_ops = {
	.fault = no_get_page_fault,
};

static int no_get_page_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &no_get_page_vm_ops);
}

static const struct file_operations no_get_page_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = no_get_page_mmap,
};

ZOO_MODULE(no_get_page_fops, "A driver that forgets the reference of a page");

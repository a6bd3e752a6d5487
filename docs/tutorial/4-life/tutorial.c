// SPDX-License-Identifier: GPL-2.0-only
/* Step 4: the driver counts the mappings that exist. */
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#define TUTORIAL_PAGES	32UL

static struct page *tutorial_pages[TUTORIAL_PAGES];

/* Atomic: .open runs under the parent's lock, and .close under the lock of another process. */
static atomic_t tutorial_vmas;

/* Returns the page, and allocates it if it is missing. If two threads race, one page is kept. */
static struct page *tutorial_page(pgoff_t index)
{
	struct page *page = READ_ONCE(tutorial_pages[index]);
	struct page *other;

	if (page)
		return page;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = cmpxchg(&tutorial_pages[index], NULL, page);
	if (!other)
		return page;
	put_page(page);
	return other;
}

static vm_fault_t tutorial_fault(struct vm_fault *vmf)
{
	struct page *page;

	/* The only check of bounds: it holds for each page, however the VMA has grown. */
	if (vmf->pgoff >= TUTORIAL_PAGES)
		return VM_FAULT_SIGBUS;
	page = tutorial_page(vmf->pgoff);
	if (!page)
		return VM_FAULT_OOM;
	get_page(page); /* the page table's reference */
	vmf->page = page;
	return 0;
}

/* The kernel has made this VMA from another: by fork, a split or mremap(). Not by mmap(). */
static void tutorial_vma_open(struct vm_area_struct *vma)
{
	atomic_inc(&tutorial_vmas);
}

/* This VMA ends: it is unmapped or moved away, or its process ends. */
static void tutorial_vma_close(struct vm_area_struct *vma)
{
	atomic_dec(&tutorial_vmas);
}

static const struct vm_operations_struct tutorial_vm_ops = {
	.open	= tutorial_vma_open,
	.close	= tutorial_vma_close,
	.fault	= tutorial_fault,
};

static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &tutorial_vm_ops;
	/* Last: if .mmap returns an error, the kernel does not call .close. */
	tutorial_vma_open(vma);
	return 0;
}

static const struct file_operations tutorial_fops = {
	.owner	= THIS_MODULE,
	.mmap	= tutorial_mmap,
};

static ssize_t vmas_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&tutorial_vmas));
}
static DEVICE_ATTR_RO(vmas);

static struct attribute *tutorial_attrs[] = {
	&dev_attr_vmas.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tutorial);

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
	.groups	= tutorial_groups, /* /sys/class/misc/tutorial/vmas */
};

static int __init tutorial_init(void)
{
	return misc_register(&tutorial_device);
}
module_init(tutorial_init);

static void __exit tutorial_exit(void)
{
	int i;

	misc_deregister(&tutorial_device);
	for (i = 0; i < TUTORIAL_PAGES; i++)
		if (tutorial_pages[i])
			put_page(tutorial_pages[i]);
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 4: .open and .close");
MODULE_LICENSE("GPL");

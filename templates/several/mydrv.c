// SPDX-License-Identifier: GPL-2.0-only
/*
 * several: several devices of one driver, each with a buffer of its own.
 *
 * Choose: the driver has several equal devices or channels: /dev/mydrv0, /dev/mydrv1, ...
 * Holds:  what fault holds, for each of the devices: its pages are allocated and mapped as
 *         programs touch them, and its node shows only its own buffer.
 * Lacks:  what fault lacks. The devices exist as long as the module; one of pfn-fault can go.
 * Change: MYDRV_DEVICES and MYDRV_PAGES; struct mydrv, which is all that one device has. Only root
 *         may open the nodes, unless a rule of udev says otherwise.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

#define MYDRV_DEVICES	4
#define MYDRV_PAGES	64UL

struct mydrv {
	struct page *pages[MYDRV_PAGES];
};

static struct mydrv mydrv_devices[MYDRV_DEVICES];

static dev_t mydrv_first;
static struct cdev mydrv_cdev;

/* class_create() lost an argument in Linux 6.4; class_register() is the same before and after. */
static struct class mydrv_class = { .name = "mydrv" };

/* Returns the page, and allocates it if it is missing. If two threads race, one page is kept. */
static struct page *mydrv_page(struct page **slot)
{
	struct page *page = READ_ONCE(*slot);
	struct page *other;

	if (page)
		return page;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = cmpxchg(slot, NULL, page);
	if (!other)
		return page;
	put_page(page);
	return other;
}

static vm_fault_t mydrv_fault(struct vm_fault *vmf)
{
	struct mydrv *drv = vmf->vma->vm_file->private_data;
	struct page *page;

	/* This is the one check of bounds, for each page: mremap() makes mappings longer. */
	if (vmf->pgoff >= MYDRV_PAGES)
		return VM_FAULT_SIGBUS;
	page = mydrv_page(&drv->pages[vmf->pgoff]);
	if (!page)
		return VM_FAULT_OOM;
	get_page(page); /* for the page table entry */
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct mydrv_vm_ops = { .fault = mydrv_fault };

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* No file offset can name such a page. The kernel has checked the sum for overflow. */
	if (vma->vm_pgoff + vma_pages(vma) > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EOVERFLOW;
	vma->vm_ops = &mydrv_vm_ops;
	return 0;
}

static int mydrv_open(struct inode *inode, struct file *file)
{
	/* The kernel calls this only for the minors that cdev_add() was given. */
	file->private_data = &mydrv_devices[iminor(inode) - MINOR(mydrv_first)];
	return 0;
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, MYDRV_PAGES << PAGE_SHIFT);
}

static const struct file_operations mydrv_fops = {
	.owner	= THIS_MODULE, /* A mapping keeps its file, and the file keeps the module. */
	.open	= mydrv_open,
	.llseek	= mydrv_llseek,
	.mmap	= mydrv_mmap,
	.fsync	= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

static void mydrv_destroy_nodes(unsigned int count)
{
	while (count--)
		device_destroy(&mydrv_class, mydrv_first + count);
}

static int __init mydrv_init(void)
{
	unsigned int i;
	int err = alloc_chrdev_region(&mydrv_first, 0, MYDRV_DEVICES, "mydrv");

	if (err)
		return err;
	err = class_register(&mydrv_class);
	if (err)
		goto unregister_region;
	for (i = 0; i < MYDRV_DEVICES; i++) {
		struct device *dev = device_create(&mydrv_class, NULL, mydrv_first + i, NULL,
						   "mydrv%u", i);

		err = PTR_ERR_OR_ZERO(dev);
		if (err)
			goto destroy;
	}
	/*
	 * Nothing may fail after this: a program may have a device open. Before it, udev may see
	 * the nodes already, and open() is ENXIO.
	 */
	cdev_init(&mydrv_cdev, &mydrv_fops);
	mydrv_cdev.owner = THIS_MODULE;
	err = cdev_add(&mydrv_cdev, mydrv_first, MYDRV_DEVICES);
	if (!err)
		return 0;

destroy:
	mydrv_destroy_nodes(i);
	class_unregister(&mydrv_class);
unregister_region:
	unregister_chrdev_region(mydrv_first, MYDRV_DEVICES);
	return err;
}
module_init(mydrv_init);

static void __exit mydrv_exit(void)
{
	unsigned long i, j;

	cdev_del(&mydrv_cdev);
	mydrv_destroy_nodes(MYDRV_DEVICES);
	class_unregister(&mydrv_class);
	unregister_chrdev_region(mydrv_first, MYDRV_DEVICES);
	/* I/O in flight may keep a page for longer: this drops the driver's reference only. */
	for (i = 0; i < MYDRV_DEVICES; i++)
		for (j = 0; j < MYDRV_PAGES; j++)
			if (mydrv_devices[i].pages[j])
				put_page(mydrv_devices[i].pages[j]);
}
module_exit(mydrv_exit);

MODULE_DESCRIPTION("Maps a buffer for each of several minors");
MODULE_LICENSE("GPL");

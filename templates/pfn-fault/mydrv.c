// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfn-fault: frames of a device, mapped by page faults and unmapped when the device goes.
 *
 * Choose: what programs map has no struct page (a PCI BAR), or belongs to a device that can be
 *         unplugged, unbound or reset while programs have it mapped.
 * Holds:  shared mappings and fork (S7). mmap() is cheap, whatever its length. When the device
 *         goes, all mappings are unmapped, and later accesses are SIGBUS.
 * Lacks:  private mappings (EINVAL, S5 S6), O_DIRECT and io_uring (EFAULT, M6), core dumps
 *         (M7), futexes between processes (M5). An mmap() past the end is EINVAL.
 * Change: probe and remove become those of your bus, which finds the device: drop mydrv_pdev.
 *         A driver of several devices gives each node a name of its own:
 *         devm_kasprintf(dev, GFP_KERNEL, "mydrv-%s", dev_name(dev)).
 *         A PCI BAR begins at pci_resource_start() >> PAGE_SHIFT and has pci_resource_len() bytes.
 *         Refuse one that is shorter than a page: other registers are in the rest of that page.
 *         .mmap sets vm_page_prot to pgprot_noncached(). On x86, vmf_insert_pfn() uses the type
 *         that ioremap() reserved instead, so write-combining also needs ioremap_wc() of the BAR.
 *         generic_access_phys() as .access lets debuggers read a BAR.
 */
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#define MYDRV_PAGES	64UL

#ifndef MYDRV_HAS_VM_FLAGS_SET /* Linux 6.3 has it, see Kbuild */
#define vm_flags_set(vma, flags)	((vma)->vm_flags |= (flags))
#endif

struct mydrv {
	struct miscdevice misc;
	struct xarray files; /* the open ones; a mapping keeps its file open */
	unsigned long first; /* the number of the first frame */
	unsigned long pages;
};

/*
 * Protects private_data of open files: their device, or NULL once that is gone. Each file
 * operation holds it for as long as it uses the device.
 */
static DECLARE_RWSEM(mydrv_lock);

/* The size of the file's device in pages, or 0 once that is gone. */
static unsigned long mydrv_pages(struct file *file)
{
	unsigned long pages;
	struct mydrv *drv;

	down_read(&mydrv_lock);
	drv = file->private_data;
	pages = drv ? drv->pages : 0;
	up_read(&mydrv_lock);
	return pages;
}

static vm_fault_t mydrv_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = VM_FAULT_SIGBUS;
	struct mydrv *drv;

	/* mydrv_remove() unmaps with the lock held, and no page fault maps again after that. */
	down_read(&mydrv_lock);
	drv = vmf->vma->vm_file->private_data;
	/*
	 * vmf_insert_pfn() leaves an existing entry as it is, such as userfaultfd's marker
	 * (Linux 6.7 and later, UFFD_FEATURE_WP_ASYNC): the page fault would come again for ever.
	 */
	if (vmf->flags & FAULT_FLAG_ORIG_PTE_VALID && !pte_none(vmf->orig_pte))
		ret = VM_FAULT_SIGBUS;
	else if (drv && vmf->pgoff < drv->pages)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, drv->first + vmf->pgoff);
	up_read(&mydrv_lock);
	return ret;
}

static const struct vm_operations_struct mydrv_vm_ops = { .fault = mydrv_fault };

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long pages = mydrv_pages(file);

	if (!pages)
		return -ENODEV;
	/* The program chooses both. A sum could overflow; this difference cannot. */
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	/* Private ones: vmf_insert_pfn() has a BUG_ON(). Shared read-only ones lack VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	vm_flags_set(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &mydrv_vm_ops;
	/* mydrv_remove() would miss what .mmap itself maps: the VMA is not yet in f_mapping. */
	return 0;
}

static int mydrv_open(struct inode *inode, struct file *file)
{
	/* misc_open() set private_data. misc_deregister() waits for open(): the device is there. */
	struct mydrv *drv = container_of(file->private_data, struct mydrv, misc);

	file->private_data = drv;
	return xa_err(xa_store(&drv->files, (unsigned long)file, file, GFP_KERNEL));
}

static int mydrv_release(struct inode *inode, struct file *file)
{
	struct mydrv *drv;

	down_read(&mydrv_lock); /* mydrv_remove() uses the files that it finds */
	drv = file->private_data;
	if (drv)
		xa_erase(&drv->files, (unsigned long)file);
	up_read(&mydrv_lock);
	return 0;
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, (loff_t)mydrv_pages(file) << PAGE_SHIFT);
}

static const struct file_operations mydrv_fops = {
	.owner		= THIS_MODULE, /* It stops rmmod while a file is open, but not unbind. */
	.open		= mydrv_open,
	.release	= mydrv_release,
	.llseek		= mydrv_llseek,
	.mmap		= mydrv_mmap,
	.fsync		= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

/* Removes the device: it is unbound or unplugged, or its module is unloaded. */
static void mydrv_remove(void *data)
{
	struct mydrv *drv = data;
	unsigned long index;
	struct file *file;

	misc_deregister(&drv->misc);
	down_write(&mydrv_lock);
	xa_for_each(&drv->files, index, file) {
		file->private_data = NULL;
		unmap_mapping_range(file->f_mapping, 0, 0, 1);
	}
	up_write(&mydrv_lock);
	xa_destroy(&drv->files);
}

static int mydrv_probe(struct platform_device *pdev)
{
	struct mydrv *drv = devm_kzalloc(&pdev->dev, sizeof(*drv), GFP_KERNEL);
	unsigned long memory; /* in place of a BAR; devres frees it after mydrv_remove() */
	int err;

	memory = devm_get_free_pages(&pdev->dev, GFP_KERNEL | __GFP_ZERO,
				     get_order(MYDRV_PAGES << PAGE_SHIFT));
	if (!drv || !memory)
		return -ENOMEM;
	drv->first = virt_to_phys((void *)memory) >> PAGE_SHIFT;
	drv->pages = MYDRV_PAGES;
	xa_init(&drv->files);
	drv->misc.minor = MISC_DYNAMIC_MINOR;
	drv->misc.name = "mydrv";
	drv->misc.fops = &mydrv_fops;
	drv->misc.mode = 0600;
	drv->misc.parent = &pdev->dev;
	err = misc_register(&drv->misc);
	if (err)
		return err;
	/* A devres action takes the place of .remove, whose type changed in Linux 6.11. */
	return devm_add_action_or_reset(&pdev->dev, mydrv_remove, drv);
}

static struct platform_driver mydrv_driver = {
	.probe	= mydrv_probe,
	.driver	= { .name = "mydrv" },
};

static struct platform_device *mydrv_pdev;

static int __init mydrv_init(void)
{
	int err = platform_driver_register(&mydrv_driver);

	if (err)
		return err;
	/* Nothing may fail after this: a program may have the node open already. */
	mydrv_pdev = platform_device_register_simple("mydrv", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(mydrv_pdev))
		platform_driver_unregister(&mydrv_driver);
	return PTR_ERR_OR_ZERO(mydrv_pdev);
}
module_init(mydrv_init);

static void __exit mydrv_exit(void)
{
	platform_device_unregister(mydrv_pdev);
	platform_driver_unregister(&mydrv_driver);
}
module_exit(mydrv_exit);

MODULE_DESCRIPTION("Maps frames of a device that may go while they are mapped");
MODULE_LICENSE("GPL");

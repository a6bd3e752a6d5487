// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma: memory that a device and programs use at the same time.
 *
 * Choose: hardware reads and writes the memory by DMA while programs have it mapped, and neither
 *         side says when it is done: descriptor rings, frames of a camera.
 * Holds:  shared mappings and fork (S7), with the cache attributes that the platform needs.
 *         Removing the device waits until the last program has unmapped and closed it (a
 *         program that unbinds a device which it has open itself waits for ever).
 * Lacks:  private mappings (EINVAL, S5 S6), O_DIRECT and io_uring (EFAULT, M6), core dumps
 *         (M7), futexes between processes (M5), page faults (M2). An mmap() past the end is
 *         EINVAL. More than one block of the page allocator (4 MiB) needs CMA or an IOMMU.
 *         Behind an IOMMU the kernel may map pages with references, and O_DIRECT works there.
 * Change: probe and remove become those of your bus, which finds the device: drop mydrv_pdev.
 *         Give the device drv->address, and stop it in mydrv_remove(). If removal must not wait,
 *         see pfn-fault. A driver of several devices gives each node a name of its own:
 *         devm_kasprintf(dev, GFP_KERNEL, "mydrv-%s", dev_name(dev)). If there are several
 *         buffers, vm_pgoff chooses one: .mmap then sets it to the offset in that buffer, where
 *         dma_mmap_coherent() begins.
 */
#include <linux/dma-mapping.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define MYDRV_PAGES	64UL

struct mydrv {
	struct miscdevice misc;
	struct device *dev;
	void *memory; /* not for virt_to_page(): it may have none */
	dma_addr_t address;
	refcount_t users; /* one for the bound device, one for each open file */
	struct completion unused;
};

static struct mydrv *mydrv_of(struct file *file)
{
	return container_of(file->private_data, struct mydrv, misc); /* misc_open() set it */
}

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mydrv *drv = mydrv_of(file);

	/* The program chooses both. A sum could overflow; this difference cannot. */
	if (vma->vm_pgoff >= MYDRV_PAGES || vma_pages(vma) > MYDRV_PAGES - vma->vm_pgoff)
		return -EINVAL;
	/* Copy-on-write of frames would show their numbers in /proc/PID/maps, as vm_pgoff. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	/*
	 * This sets the cache attributes. Where it calls remap_pfn_range(), that sets VM_IO,
	 * VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP.
	 */
	return dma_mmap_coherent(drv->dev, vma, drv->memory, drv->address,
				 MYDRV_PAGES << PAGE_SHIFT);
}

static int mydrv_open(struct inode *inode, struct file *file)
{
	refcount_inc(&mydrv_of(file)->users); /* misc_deregister() waits for open() */
	return 0;
}

/* A mapping keeps its file: this is called after the last unmap. */
static int mydrv_release(struct inode *inode, struct file *file)
{
	struct mydrv *drv = mydrv_of(file);

	if (refcount_dec_and_test(&drv->users))
		complete(&drv->unused);
	return 0;
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, MYDRV_PAGES << PAGE_SHIFT);
}

static const struct file_operations mydrv_fops = {
	.owner		= THIS_MODULE, /* It stops rmmod while a file is open, but not unbind. */
	.open		= mydrv_open,
	.release	= mydrv_release,
	.llseek		= mydrv_llseek,
	.mmap		= mydrv_mmap,
	.fsync		= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

/* Removes the device. Its memory cannot outlive it, so this waits; devres frees the rest. */
static void mydrv_remove(void *data)
{
	struct mydrv *drv = data;

	misc_deregister(&drv->misc);
	if (refcount_dec_and_test(&drv->users))
		return;
	while (!wait_for_completion_timeout(&drv->unused, 30 * HZ))
		dev_warn(drv->dev, "removal waits for programs that have it open or mapped\n");
}

static int mydrv_probe(struct platform_device *pdev)
{
	struct mydrv *drv = devm_kzalloc(&pdev->dev, sizeof(*drv), GFP_KERNEL);
	int err;

	if (!drv)
		return -ENOMEM;
	drv->dev = &pdev->dev;
	err = dma_set_mask_and_coherent(drv->dev, DMA_BIT_MASK(32)); /* the hardware's limit */
	if (err)
		return err;
	/* This zeroes the memory, so that programs do not see data of an earlier owner. */
	drv->memory = dmam_alloc_coherent(drv->dev, MYDRV_PAGES << PAGE_SHIFT, &drv->address,
					  GFP_KERNEL);
	if (!drv->memory)
		return -ENOMEM;
	refcount_set(&drv->users, 1);
	init_completion(&drv->unused);
	drv->misc.minor = MISC_DYNAMIC_MINOR;
	drv->misc.name = "mydrv";
	drv->misc.fops = &mydrv_fops;
	drv->misc.mode = 0600;
	drv->misc.parent = drv->dev;
	err = misc_register(&drv->misc);
	if (err)
		return err;
	/* A devres action takes the place of .remove, whose type changed in Linux 6.11. */
	return devm_add_action_or_reset(drv->dev, mydrv_remove, drv);
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

MODULE_DESCRIPTION("Maps memory that a device does DMA to");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu: a driver for QEMU's PCI device `edu', as a second lesson in <linux/mmapdemo.h>.
 *
 *	main.c		the device comes and goes; programs open files of it
 *	registers.c	programs map the device's registers, to read them
 *	dma.c		the device reads and writes memory that programs have mapped
 *
 * The device may go at any time: it is unplugged, or its driver is unbound through sysfs.
 * `.owner' prevents neither. So struct edu outlives the device for as long as a file is open,
 * and its lock keeps file operations and page faults away from a device that is gone.
 *
 * QEMU's docs/specs/edu.rst describes the device, which `-device edu' adds to a VM.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "edu.h"

static unsigned int dma_bits = 28;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits, "address bits of the devices, as QEMU's dma_mask= has them (default 28)");

static void edu_free(struct kref *refs)
{
	kfree(container_of(refs, struct edu, refs));
}

static int edu_open(struct inode *inode, struct file *file)
{
	/* misc_deregister() waits for open(): struct edu is there. */
	struct edu *edu = container_of(file->private_data, struct edu, misc);
	int err = mmapdemo_io_attach(file, edu->buffer, edu);

	if (!err)
		kref_get(&edu->refs);
	return err;
}

static int edu_release(struct inode *inode, struct file *file)
{
	struct edu *edu = mmapdemo_io_data(file);

	mmapdemo_io_detach(file);
	kref_put(&edu->refs, edu_free);
	return 0;
}

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct edu *edu = mmapdemo_io_data(file);
	struct edu_dma dma;
	int err;

	if (cmd != EDU_IOCTL_DMA)
		return mmapdemo_notify_ioctl(file, cmd, arg);
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	/* Not with the lock held, which a page fault on the program's memory may take. */
	if (copy_from_user(&dma, (void __user *)arg, sizeof(dma)))
		return -EFAULT;
	down_read(&edu->lock);
	err = edu->gone ? -ENODEV : edu_dma_start(edu, &dma);
	up_read(&edu->lock);
	return err;
}

static const struct file_operations edu_fops = {
	.owner			= THIS_MODULE, /* rmmod is EBUSY while a file or a mapping lives */
	.open			= edu_open,
	.release		= edu_release,
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_io_write_iter,
	.llseek			= mmapdemo_io_llseek,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= edu_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	EDU_FOPS_MMAP,
};

/*
 * Whether the device reaches the buffer's pages, which lie anywhere in memory. Otherwise the
 * kernel bounces transfers, if an IOMMU does not map the pages to other addresses. Its bounce
 * buffers are below 4 GiB, and it WARNs of a device that does not reach those either.
 */
static bool edu_reaches_memory(struct device *dev)
{
	if (!dma_addressing_limited(dev) || device_iommu_mapped(dev))
		return true;
	return dma_bits >= 32 && dma_max_mapping_size(dev) != SIZE_MAX;
}

/* What the pcim_ functions do, the kernel undoes once the driver is unbound. */
static int edu_init_device(struct edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err = pcim_enable_device(pdev);

	if (!err)
		err = pcim_iomap_regions(pdev, BIT(0), "edu");
	if (err)
		return err;
	edu->registers = pcim_iomap_table(pdev)[0];
	edu->frame = pci_resource_start(pdev, 0) >> PAGE_SHIFT;
	edu->frames = pci_resource_len(pdev, 0) >> PAGE_SHIFT;
	if (dma_set_mask(&pdev->dev, DMA_BIT_MASK(dma_bits)) || !edu_reaches_memory(&pdev->dev)) {
		dev_err(&pdev->dev, "%u address bits do not reach all memory\n", dma_bits);
		return -EIO;
	}
	return 0;
}

static int edu_register(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;

	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = devm_kasprintf(dev, GFP_KERNEL, "edu-%s", dev_name(dev));
	edu->misc.fops = &edu_fops;
	edu->misc.mode = 0600; /* registers show DMA addresses */
	edu->misc.parent = dev;
	return edu->misc.name ? misc_register(&edu->misc) : -ENOMEM;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	int err;

	if (!edu)
		return -ENOMEM;
	kref_init(&edu->refs);
	init_rwsem(&edu->lock);
	edu->pdev = pdev;
	pci_set_drvdata(pdev, edu);
	err = edu_init_device(edu);
	if (err)
		goto put;
	err = edu_dma_init(edu);
	if (err)
		goto put;
	/* Last, as a program can open the node at once, and nothing may fail after that. */
	err = edu_register(edu);
	if (!err)
		return 0;

	edu_dma_exit(edu);
put:
	kref_put(&edu->refs, edu_free);
	return err;
}

/*
 * Programs may have it open and mapped, and be in a page fault, an ioctl or a transfer. Other
 * drivers wait for them (vfio_unregister_group_dev()), or leave registers mapped
 * (uio_unregister_device()). This one takes all of it away, as uacce_remove() does.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	/* No more files are opened. */
	misc_deregister(&edu->misc);
	/* No more registers are mapped, and no more transfers started. */
	down_write(&edu->lock);
	WRITE_ONCE(edu->gone, true);
	up_write(&edu->lock);
	/* Buffer and registers, both mapped through the same files, are unmapped. */
	mmapdemo_revoke(edu->buffer);
	/* A transfer and the interrupt end, and the driver gives up the buffer. */
	edu_dma_exit(edu);
	/* struct edu is freed now, or with the last file. */
	kref_put(&edu->refs, edu_free);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name		= "edu",
	.id_table	= edu_ids,
	.probe		= edu_probe,
	.remove		= edu_remove,
};

static int __init edu_init(void)
{
	int err;

	/* The registers of addresses are written with 32 bits. */
	if (!dma_bits || dma_bits > 32)
		return -EINVAL;
	err = mmapdemo_core_init();
	if (err)
		return err;
	err = pci_register_driver(&edu_driver);
	if (err)
		mmapdemo_core_exit();
	return err;
}

/* No file is open: files pin the module. */
static void __exit edu_exit(void)
{
	pci_unregister_driver(&edu_driver);
	mmapdemo_core_exit();
}

module_init(edu_init);
module_exit(edu_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("QEMU's device edu, whose registers and DMA buffer programs map");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

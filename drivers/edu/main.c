// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu: a driver for QEMU's PCI device `edu', as a second lesson in <linux/mmapdemo.h>.
 *
 *	main.c		probe and remove; programs open the node and map the registers
 *	dma.c		the device reads and writes memory that programs have mapped
 *
 * The device may go at any time: it is unplugged, or its driver is unbound through sysfs.
 * `.owner' prevents neither. So struct edu has a struct mmapdemo_chardev, with which it outlives
 * the device for as long as a file is open. Page faults and ioctls enter the latter before they use
 * the device, and learn whether it is gone.
 *
 * QEMU's docs/specs/edu.rst describes the device, which `-device edu' adds to a VM.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "device.h"

static unsigned int dma_bits = 28;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits, "address bits of the devices, as QEMU's dma_mask= has them (default 28)");

/*
 * The registers are not memory: they have no struct page, and go with the device. So they are
 * mapped one page at a time, by a page fault that checks whether the device is still there.
 */
static vm_fault_t edu_fault(struct vm_fault *vmf)
{
	struct edu *edu = edu_of(vmf->vma->vm_file);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* Registers that edu_remove() has unmapped must not be mapped again. */
	if (mmapdemo_fault_is_marked(vmf) || !mmapdemo_chardev_enter(&edu->chardev))
		return ret;
	ret = vmf_insert_pfn(vmf->vma, vmf->address,
			     edu->frames.first + vmf->pgoff - (EDU_REGISTERS >> PAGE_SHIFT));
	mmapdemo_chardev_leave(&edu->chardev);
	return ret;
}

static const struct vm_operations_struct edu_vm_ops = {
	.fault	= edu_fault,
};

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct edu *edu = edu_of(file);
	struct edu_dma dma;
	int err;

	if (cmd != EDU_IOCTL_DMA)
		return mmapdemo_notify_ioctl(file, cmd, arg);
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	/* Copied before the driver enters, as a page fault on user memory may enter, too. */
	if (copy_from_user(&dma, (void __user *)arg, sizeof(dma)))
		return -EFAULT;
	if (!mmapdemo_chardev_enter(&edu->chardev))
		return -ENODEV;
	err = edu_dma_start(edu, &dma);
	mmapdemo_chardev_leave(&edu->chardev);
	return err;
}

static const struct file_operations edu_fops = {
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_io_write_iter,
	.llseek			= mmapdemo_io_llseek,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= edu_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fsync			= noop_fsync,
	MMAPDEMO_FOPS_CHARDEV, /* with the owner: rmmod is EBUSY while a file or a mapping exists */
};

/*
 * Whether the device can address the buffer's pages, which lie anywhere in memory. Otherwise the
 * kernel bounces transfers, unless an IOMMU maps the pages to other addresses. Its bounce buffers
 * are below 4 GiB, and it WARNs if the device cannot address those either.
 */
static bool edu_reaches_memory(struct device *dev)
{
	if (!dma_addressing_limited(dev) || device_iommu_mapped(dev))
		return true;
	return dma_bits >= 32 && dma_max_mapping_size(dev) != SIZE_MAX;
}

/* The kernel undoes what the pcim_ functions do once the driver is unbound. */
static int edu_init_device(struct edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err = pcim_enable_device(pdev);

	if (!err)
		err = pcim_iomap_regions(pdev, BIT(0), "edu");
	if (err)
		return err;
	edu->registers = pcim_iomap_table(pdev)[0];
	edu->frames = (struct mmapdemo_frames) {
		.offset		= EDU_REGISTERS,
		.first		= pci_resource_start(pdev, 0) >> PAGE_SHIFT,
		.count		= pci_resource_len(pdev, 0) >> PAGE_SHIFT,
		.vm_ops		= &edu_vm_ops,
		.read_only	= true,
	};
	edu->chardev.frames = &edu->frames;
	if (dma_set_mask(&pdev->dev, DMA_BIT_MASK(dma_bits)) || !edu_reaches_memory(&pdev->dev)) {
		dev_err(&pdev->dev, "%u address bits do not reach all memory\n", dma_bits);
		return -EIO;
	}
	return 0;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu = mmapdemo_chardev_alloc(struct edu, chardev);
	int err;

	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	pci_set_drvdata(pdev, edu);
	err = edu_init_device(edu);
	if (err)
		goto put;
	err = edu_dma_init(edu);
	if (err)
		goto put;
	/* Last, as a program can open the node at once, and nothing may fail after that. */
	err = mmapdemo_chardev_register(&edu->chardev, &pdev->dev, &edu_fops);
	if (!err)
		return 0;

	edu_dma_exit(edu);
put:
	mmapdemo_chardev_put(&edu->chardev);
	return err;
}

/*
 * Programs may have the node open and mapped, and be in a page fault, an ioctl or a transfer. Other
 * drivers wait for them (vfio_unregister_group_dev()), or leave registers mapped
 * (uio_unregister_device()). This one unmaps everything, as uacce_remove() does.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	/* Afterwards no program can access buffer or registers, or start a transfer. */
	mmapdemo_chardev_unregister(&edu->chardev);
	/* Ends a transfer and the interrupt, and drops the buffer. */
	edu_dma_exit(edu);
	/* struct edu is freed now, or with the last file. */
	mmapdemo_chardev_put(&edu->chardev);
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

static int __init edu_register(struct pci_driver *driver)
{
	/* The driver writes address registers with 32 bits. */
	return dma_bits && dma_bits <= 32 ? pci_register_driver(driver) : -EINVAL;
}

/* Each open file keeps the module, so none is open when it exits. */
mmapdemo_module_driver(edu_driver, edu_register, pci_unregister_driver);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("QEMU's device edu, whose registers and DMA buffer programs map");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

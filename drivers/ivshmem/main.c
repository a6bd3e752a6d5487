// SPDX-License-Identifier: GPL-2.0-only
/*
 * ivshmem: a driver for QEMU's PCI device `ivshmem-plain', as a third lesson in
 * <linux/mmapdemo.h>. The device is memory that VMs share: its BAR 2.
 *
 *	main.c		probe, reset and remove; programs open the node
 *	memory.c	programs map its memory, in huge pages
 *
 * drivers/edu says why struct ivshmem outlives the device, in its struct mmapdemo_chardev. New
 * here: a reset unmaps the memory from programs, and page faults map it again afterwards.
 *
 * QEMU's docs/specs/ivshmem-spec.rst describes the device.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "device.h"
#include "ivshmem.h"

#define IVSHMEM_BAR	2

static const struct file_operations ivshmem_fops = {
	.read_iter		= mmapdemo_io_read_iter, /* of the status */
	.llseek			= mmapdemo_io_llseek,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= mmapdemo_notify_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.get_unmapped_area	= thp_get_unmapped_area, /* huge pages are aligned */
	MMAPDEMO_FOPS_CHARDEV, /* with the owner: rmmod is EBUSY while a file or a mapping exists */
};

static int ivshmem_tell(struct ivshmem *ivshmem)
{
	const struct ivshmem_status status = {
		.bytes	= (u64)ivshmem->frames.count << PAGE_SHIFT,
		.resets	= ivshmem->resets,
	};

	return mmapdemo_copy_in(ivshmem->chardev.buffer, 0, &status, sizeof(status));
}

/* The kernel undoes what the devm_ and pcim_ functions do once the driver is unbound. */
static int ivshmem_init_device(struct ivshmem *ivshmem)
{
	struct pci_dev *pdev = ivshmem->pdev;
	resource_size_t start = pci_resource_start(pdev, IVSHMEM_BAR);
	resource_size_t bytes = pci_resource_len(pdev, IVSHMEM_BAR);
	int err = pcim_enable_device(pdev);

	if (err)
		return err;
	if (!(pci_resource_flags(pdev, IVSHMEM_BAR) & IORESOURCE_MEM) || bytes < PAGE_SIZE)
		return -ENODEV;
	err = devm_request_mem_region(&pdev->dev, start, bytes, "ivshmem") ?
	      devm_arch_io_reserve_memtype_wc(&pdev->dev, start, bytes) : -EBUSY;
	ivshmem->frames = (struct mmapdemo_frames) {
		.offset		= IVSHMEM_MEMORY,
		.first		= start >> PAGE_SHIFT,
		.count		= bytes >> PAGE_SHIFT,
		.vm_ops		= &ivshmem_vm_ops,
		.no_fork	= true,
		.combine	= true,
	};
	ivshmem->chardev.frames = &ivshmem->frames;
	return err;
}

static int ivshmem_init_buffer(struct ivshmem *ivshmem)
{
	struct mmapdemo_buffer *buffer;
	int err;

	buffer = mmapdemo_create(dev_name(&ivshmem->pdev->dev), PAGE_SIZE, NUMA_NO_NODE, 0);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	ivshmem->chardev.buffer = buffer;
	ivshmem->chardev.read_only = true;
	err = ivshmem_tell(ivshmem);
	if (err)
		mmapdemo_put(buffer);
	return err;
}

static int ivshmem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ivshmem *ivshmem = mmapdemo_chardev_alloc(struct ivshmem, chardev);
	int err;

	if (!ivshmem)
		return -ENOMEM;
	init_waitqueue_head(&ivshmem->wait);
	ivshmem->pdev = pdev;
	pci_set_drvdata(pdev, ivshmem);
	err = ivshmem_init_device(ivshmem);
	if (err)
		goto put;
	err = ivshmem_init_buffer(ivshmem);
	if (err)
		goto put;
	/* Last, as a program can open the node at once, and nothing may fail after that. */
	err = mmapdemo_chardev_register(&ivshmem->chardev, &pdev->dev, &ivshmem_fops);
	if (!err)
		return 0;

	mmapdemo_put(ivshmem->chardev.buffer);
put:
	mmapdemo_chardev_put(&ivshmem->chardev);
	return err;
}

static void ivshmem_remove(struct pci_dev *pdev)
{
	struct ivshmem *ivshmem = pci_get_drvdata(pdev);

	/* Unmaps status and memory, which the same files map, for good. */
	mmapdemo_chardev_unregister(&ivshmem->chardev);
	mmapdemo_put(ivshmem->chardev.buffer);
	mmapdemo_chardev_put(&ivshmem->chardev);
}

static void ivshmem_set_resetting(struct ivshmem *ivshmem, bool resetting)
{
	down_write(&ivshmem->chardev.lock);
	WRITE_ONCE(ivshmem->resetting, resetting);
	up_write(&ivshmem->chardev.lock);
}

/*
 * A reset, as by `echo 1 >/sys/bus/pci/devices/ADDRESS/reset': the PCI core calls reset_prepare()
 * before it and reset_done() after it. In between the BAR decodes no addresses, so no program may
 * map it. A program that accesses it waits in its page fault, which then maps the memory again. No
 * lock is held in between: the PCI core may reset several devices at once, and prepares all of them
 * before it ends the reset of one.
 */
static void ivshmem_reset_prepare(struct pci_dev *pdev)
{
	struct ivshmem *ivshmem = pci_get_drvdata(pdev);

	ivshmem_set_resetting(ivshmem, true);
	mmapdemo_chardev_zap(&ivshmem->chardev);
}

static void ivshmem_reset_done(struct pci_dev *pdev)
{
	struct ivshmem *ivshmem = pci_get_drvdata(pdev);

	/* First, so that a program that has the memory mapped again sees the new count. */
	ivshmem->resets++;
	/* The page of the status exists since probe(), so only a memory error makes this fail. */
	if (ivshmem_tell(ivshmem))
		pci_warn(pdev, "programs are not told of a reset\n");
	ivshmem_set_resetting(ivshmem, false);
	wake_up_all(&ivshmem->wait);
	mmapdemo_notify(ivshmem->chardev.buffer);
}

static const struct pci_error_handlers ivshmem_error_handlers = {
	.reset_prepare	= ivshmem_reset_prepare,
	.reset_done	= ivshmem_reset_done,
};

static const struct pci_device_id ivshmem_ids[] = {
	{ PCI_DEVICE(0x1af4, 0x1110) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ivshmem_ids);

static struct pci_driver ivshmem_driver = {
	.name		= "ivshmem",
	.id_table	= ivshmem_ids,
	.probe		= ivshmem_probe,
	.remove		= ivshmem_remove,
	.err_handler	= &ivshmem_error_handlers,
};

/* Each open file keeps the module, so none is open when it exits. */
mmapdemo_module_driver(ivshmem_driver, pci_register_driver, pci_unregister_driver);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("QEMU's device ivshmem-plain, whose memory programs map in huge pages");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

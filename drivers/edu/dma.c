// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers between the buffer, which programs have mapped, and the device's own memory.
 *
 * The buffer has one DMA mapping, of all its pages, for as long as the driver is bound. A sync
 * before and after each transfer passes a range of it to the device and back. The range is that of
 * the transfer only: if a page is beyond the device's address bits, the syncs copy to and from a
 * bounce buffer, which would undo stores of programs to other bytes meanwhile.
 */
#include <linux/bitops.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/mm.h>

#include "device.h"

#define EDU_PAGES		16U

/* Registers. Those of the DMA engine have 64 bits; the upper 32 are 0 for this device. */
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_TARGET		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98

#define EDU_STATUS_DMA		BIT(8)	/* in EDU_IRQ_STATUS: a transfer has ended */
#define EDU_DMA_RUN		BIT(0)	/* in EDU_DMA_COMMAND: set until a transfer ends */
#define EDU_DMA_FROM_DEVICE	BIT(1)
#define EDU_DMA_IRQ		BIT(2)

#define EDU_MEMORY_ADDRESS	0x40000U /* of the device's own memory, for its DMA engine */

static dma_addr_t edu_dma_address(struct edu *edu, u64 offset)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&edu->sgt, sg, i) {
		if (offset < sg_dma_len(sg))
			break;
		offset -= sg_dma_len(sg);
	}
	return sg_dma_address(sg) + offset;
}

/* A program chose each field. */
static bool edu_dma_is_valid(const struct edu_dma *dma)
{
	return !(dma->flags & ~EDU_DMA_TO_BUFFER) && !dma->reserved &&
	       dma->offset < EDU_PAGES << PAGE_SHIFT && dma->length &&
	       dma->length <= PAGE_SIZE - offset_in_page(dma->offset) &&
	       dma->at < EDU_MEMORY && dma->length <= EDU_MEMORY - dma->at;
}

/* The caller has entered edu->chardev. */
int edu_dma_start(struct edu *edu, const struct edu_dma *dma)
{
	u32 memory = EDU_MEMORY_ADDRESS + dma->at;
	u32 command = EDU_DMA_RUN | EDU_DMA_IRQ;
	bool to_buffer = dma->flags & EDU_DMA_TO_BUFFER;

	if (!edu_dma_is_valid(dma))
		return -EINVAL;
	if (test_and_set_bit_lock(0, &edu->busy))
		return -EBUSY;
	edu->dma = *dma;
	edu->address = edu_dma_address(edu, dma->offset);
	if (to_buffer)
		command |= EDU_DMA_FROM_DEVICE;
	/* The device then sees stores of programs, and no cache line overwrites its own stores. */
	dma_sync_single_for_device(&edu->pdev->dev, edu->address, dma->length, DMA_BIDIRECTIONAL);
	writel(to_buffer ? memory : edu->address, edu->registers + EDU_DMA_SOURCE);
	writel(to_buffer ? edu->address : memory, edu->registers + EDU_DMA_TARGET);
	writel(dma->length, edu->registers + EDU_DMA_COUNT);
	writel(command, edu->registers + EDU_DMA_COMMAND);
	return 0;
}

static irqreturn_t edu_dma_interrupt(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->registers + EDU_IRQ_STATUS);

	/* Another device may share the line. All bits are set if this one is unplugged. */
	if (!(status & EDU_STATUS_DMA) || PCI_POSSIBLE_ERROR(status))
		return IRQ_NONE;
	writel(status, edu->registers + EDU_IRQ_ACK);
	/* Programs must see the device's stores before the event. */
	if (edu->dma.flags & EDU_DMA_TO_BUFFER)
		dma_sync_single_for_cpu(&edu->pdev->dev, edu->address, edu->dma.length,
					DMA_BIDIRECTIONAL);
	clear_bit_unlock(0, &edu->busy);
	mmapdemo_notify(edu->chardev.buffer);
	return IRQ_HANDLED;
}

/* Waits for a running transfer, and makes the device lower its interrupt. */
static int edu_dma_settle(struct edu *edu)
{
	u32 command;
	int err = readl_poll_timeout(edu->registers + EDU_DMA_COMMAND, command,
				     !(command & EDU_DMA_RUN) || PCI_POSSIBLE_ERROR(command),
				     1000, USEC_PER_SEC);

	writel(EDU_STATUS_DMA, edu->registers + EDU_IRQ_ACK);
	return err;
}

static int edu_dma_init_interrupt(struct edu *edu)
{
	int err = edu_dma_settle(edu); /* for a transfer of an earlier kernel, before kexec */

	if (err)
		return err;
	pci_set_master(edu->pdev);
	err = pci_alloc_irq_vectors(edu->pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		return err;
	err = pci_request_irq(edu->pdev, 0, edu_dma_interrupt, NULL, edu, "edu");
	if (err)
		pci_free_irq_vectors(edu->pdev);
	return err;
}

int edu_dma_init(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	int err;

	edu->chardev.buffer = mmapdemo_create("edu", EDU_PAGES << PAGE_SHIFT, dev_to_node(dev), 0);
	if (IS_ERR(edu->chardev.buffer))
		return PTR_ERR(edu->chardev.buffer);
	edu->hold = mmapdemo_hold(edu->chardev.buffer, 0, EDU_PAGES << PAGE_SHIFT);
	err = PTR_ERR_OR_ZERO(edu->hold);
	if (err)
		goto put;
	err = mmapdemo_hold_dma_map(edu->hold, dev, DMA_BIDIRECTIONAL, &edu->sgt);
	if (err)
		goto end_hold;
	err = edu_dma_init_interrupt(edu);
	if (!err)
		return 0;

	pci_clear_master(edu->pdev);
	mmapdemo_hold_dma_unmap(dev, DMA_BIDIRECTIONAL, &edu->sgt);
end_hold:
	mmapdemo_hold_end(edu->hold);
put:
	mmapdemo_put(edu->chardev.buffer);
	return err;
}

/* No program maps the buffer, so none sees what unmapping copies from a bounce buffer. */
void edu_dma_exit(struct edu *edu)
{
	/* From here on the device cannot write to memory, even if a transfer goes on. */
	pci_clear_master(edu->pdev);
	edu_dma_settle(edu);
	pci_free_irq(edu->pdev, 0, edu); /* waits for edu_dma_interrupt() */
	pci_free_irq_vectors(edu->pdev);
	mmapdemo_hold_dma_unmap(&edu->pdev->dev, DMA_BIDIRECTIONAL, &edu->sgt);
	mmapdemo_hold_end(edu->hold);
	mmapdemo_put(edu->chardev.buffer);
}

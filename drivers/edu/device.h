/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDU_DEVICE_H
#define EDU_DEVICE_H

#include <linux/mmapdemo.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "edu.h"

/**
 * struct edu - a device; the struct outlives it while programs have its files open
 * @chardev: the node, the buffer that programs map from offset 0 on, and whether it is gone
 * @frames: the page frames of BAR 0, which programs map from EDU_REGISTERS on
 * @pdev: the device on its bus
 * @registers: kernel address of BAR 0
 * @hold: keeps all pages of the buffer in place
 * @sgt: DMA addresses of these pages
 * @busy: bit 0: a transfer runs
 * @dma: the transfer
 * @address: DMA address of its range in the buffer
 */
struct edu {
	struct mmapdemo_chardev chardev;
	struct mmapdemo_frames frames;
	struct pci_dev *pdev;
	void __iomem *registers;

	struct mmapdemo_hold *hold;
	struct sg_table sgt;

	unsigned long busy;
	struct edu_dma dma;
	dma_addr_t address;
};

static inline struct edu *edu_of(const struct file *file)
{
	return container_of(mmapdemo_io_data(file), struct edu, chardev);
}

/* dma.c */
int edu_dma_init(struct edu *edu);
void edu_dma_exit(struct edu *edu);
int edu_dma_start(struct edu *edu, const struct edu_dma *dma);

#endif

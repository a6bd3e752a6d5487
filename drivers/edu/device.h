/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDU_DEVICE_H
#define EDU_DEVICE_H

#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mmapdemo.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/scatterlist.h>

/**
 * struct edu - a device, and what is left of it while programs have files of it
 * @refs: one of each open file, and one of the driver while it is bound
 * @lock: protects @gone. A task that holds it for reading, and finds that the device is not
 *	gone, may use the device.
 * @gone: edu_remove() was called
 * @misc: the node
 * @pdev: the device on its bus
 * @registers: kernel address of BAR 0
 * @frame: number of its first page frame
 * @frames: how many there are
 * @buffer: what programs map from offset 0 on
 * @hold: has all pages of @buffer stay
 * @sgt: DMA addresses of these pages
 * @busy: bit 0: a transfer runs
 * @address: DMA address of its range in the buffer
 * @length: its bytes
 * @to_buffer: its direction
 */
struct edu {
	struct kref refs;
	struct rw_semaphore lock;
	bool gone;
	struct miscdevice misc;
	struct pci_dev *pdev;
	void __iomem *registers;
	unsigned long frame;
	unsigned long frames;

	struct mmapdemo_buffer *buffer;
	struct mmapdemo_hold *hold;
	struct sg_table sgt;

	unsigned long busy;
	dma_addr_t address;
	u32 length;
	bool to_buffer;
};

struct edu_dma;

/* dma.c */
int edu_dma_init(struct edu *edu);
void edu_dma_exit(struct edu *edu);
int edu_dma_start(struct edu *edu, const struct edu_dma *dma);

/* registers.c */
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int edu_mmap_prepare(struct vm_area_desc *desc);
#define EDU_FOPS_MMAP	.mmap_prepare = edu_mmap_prepare
#else
int edu_mmap(struct file *file, struct vm_area_struct *vma);
#define EDU_FOPS_MMAP	.mmap = edu_mmap
#endif

#endif

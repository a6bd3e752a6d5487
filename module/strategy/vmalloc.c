// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc: pages in one piece of kernel address space.
 *
 * When:    the kernel itself reads and writes a large buffer as one array (a log,
 *          tables) that need not be physically contiguous, and programs map it.
 * Gives:   one pointer to all of it; otherwise what `insert' gives, by fewer lines.
 * Denies:  what `insert' denies, and core dumps, as mm/ sets VM_DONTDUMP.
 * Errors:  as `insert'.
 * Carried: vmalloc_user(), which zeroes it and marks it for mapping by programs;
 *          remap_vmalloc_range(), which is vm_insert_page() for each page. There
 *          is no mmap_prepare action for it yet, so it has .mmap on all kernels.
 * In tree: kernel/bpf/ringbuf.c and arraymap.c, net/xdp/xsk.c,
 *          drivers/infiniband/sw/rxe/rxe_mmap.c, drivers/media/common/videobuf2/
 *          videobuf2-vmalloc.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/numa.h>
#include <linux/vmalloc.h>

#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "fixed.h"
#include "list.h"

static int mmapdemo_vmalloc_init(struct mmapdemo_buffer *buffer)
{
	loff_t size = i_size_read(buffer->inode);
	int err = mmapdemo_fixed_room(buffer);

	if (err)
		return err;
	/* vmalloc_node() takes a node, but programs may not map its memory. */
	if (buffer->node != NUMA_NO_NODE)
		pr_info("%s: node=%d is not obeyed: vmalloc_user() takes no node\n", buffer->name,
			buffer->node);
	buffer->area = vmalloc_user(size);
	if (!buffer->area) {
		pr_err("%s: no memory, or no kernel addresses, for size=%lld\n", buffer->name,
		       size);
		return -ENOMEM;
	}
	buffer->held = size;
	return 0;
}

static void mmapdemo_vmalloc_exit(struct mmapdemo_buffer *buffer)
{
	vfree(buffer->area);
}

static const struct vm_operations_struct mmapdemo_vmalloc_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
};

/*
 * remap_vmalloc_range() checks the offset and length again, and sets VM_DONTEXPAND and
 * VM_DONTDUMP. If it fails half-way, the caller unmaps the VMA.
 */
static int mmapdemo_vmalloc_mmap(struct mmapdemo_buffer *buffer, struct vm_area_struct *vma)
{
	int err = mmapdemo_fixed_mappable(buffer, vma->vm_pgoff, vma_pages(vma));

	if (err)
		return err;
	vma->vm_ops = &mmapdemo_vmalloc_vm_ops;
	return remap_vmalloc_range(vma, buffer->area, vma->vm_pgoff);
}

const struct mmapdemo_strategy mmapdemo_strategy_vmalloc = {
	.name		= "vmalloc",
	.node		= "mmapdemo-vmalloc",
	.init		= mmapdemo_vmalloc_init,
	.exit		= mmapdemo_vmalloc_exit,
	.resident	= mmapdemo_fixed_resident,
	.mmap		= mmapdemo_vmalloc_mmap,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
};

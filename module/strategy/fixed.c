// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that exists as long as its buffer, and never moves. Strategies share this file
 * that have pages of their own (buffer->pages), an area in one piece of kernel address
 * space (buffer->area), or blocks of DMA memory (buffer->dma).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "core/buffer.h"
#include "core/count.h"
#include "core/fault.h"
#include "core/hooks.h"
#include "core/strategy.h"
#include "blocks.h"
#include "cache.h"
#include "fixed.h"
#include "trace.h"

/* Allocates from the buffer's node only, or by the task's policy if there is none. */
struct page *mmapdemo_fixed_alloc(struct mmapdemo_buffer *buffer, gfp_t gfp, unsigned int order)
{
	gfp |= GFP_KERNEL | __GFP_ZERO | __GFP_RETRY_MAYFAIL;
	if (buffer->node == NUMA_NO_NODE)
		return alloc_pages(gfp, order);
	return alloc_pages_node(buffer->node, gfp | __GFP_THISNODE, order);
}

/*
 * The caller checks this before it allocates anything, so that the size is not truncated,
 * and no process is killed for this memory. Return: 0, or -EOVERFLOW or -ENOMEM and a line
 * in the log.
 */
int mmapdemo_fixed_room(struct mmapdemo_buffer *buffer)
{
	loff_t size = i_size_read(buffer->inode);
	long available = si_mem_available();

	if ((u64)size > SIZE_MAX) {
		pr_err("%s: size=%lld: this kernel can address less than %llu of fixed memory\n",
		       buffer->name, size, (u64)SIZE_MAX + 1);
		return -EOVERFLOW;
	}
	if (size >> PAGE_SHIFT <= available)
		return 0;
	pr_err("%s: not enough memory for size=%lld: %lld bytes are available: free some, or take a smaller size\n",
	       buffer->name, size, (s64)available << PAGE_SHIFT);
	return -ENOMEM;
}

/* Allocates single pages, zeroed, that the kernel always has mapped. */
int mmapdemo_fixed_alloc_pages(struct mmapdemo_buffer *buffer)
{
	pgoff_t count = mmapdemo_buffer_pages(buffer);
	int err = mmapdemo_fixed_room(buffer);
	pgoff_t i;

	if (err)
		return err;
	buffer->pages = kvcalloc(count, sizeof(*buffer->pages), GFP_KERNEL);
	if (!buffer->pages)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		buffer->pages[i] = mmapdemo_fixed_alloc(buffer, __GFP_NOWARN, 0);
		if (!buffer->pages[i])
			goto free;
		buffer->held += PAGE_SIZE;
		cond_resched();
	}
	return 0;

free:
	pr_err("%s: not enough memory for size=%lld\n", buffer->name, i_size_read(buffer->inode));
	mmapdemo_fixed_free_pages(buffer);
	return -ENOMEM;
}

void mmapdemo_fixed_free_pages(struct mmapdemo_buffer *buffer)
{
	pgoff_t i;

	for (i = 0; i < buffer->held >> PAGE_SHIFT; i++) {
		put_page(buffer->pages[i]);
		cond_resched();
	}
	kvfree(buffer->pages);
}

/*
 * The page allocator has contiguous blocks of a power of two of pages, up to a limit, which
 * this makes the buffer's largest size. Return: the order to allocate.
 */
unsigned int mmapdemo_fixed_shrink_to_block(struct mmapdemo_buffer *buffer)
{
	loff_t size = i_size_read(buffer->inode);
	loff_t most = (loff_t)PAGE_SIZE << MMAPDEMO_MAX_PAGE_ORDER;

	if (size > most) {
		pr_info("%s: size=%lld: %lld is the most that is physically contiguous\n",
			buffer->name, size, most);
		size = most;
		i_size_write(buffer->inode, size);
		buffer->end = size >> PAGE_SHIFT;
	}
	return get_order(size);
}

/*
 * Allocates a physically contiguous block, zeroed, as single pages. The allocator (6.1 to 7.3)
 * retires a broken page only if it is freed as a single page (free_pages_prepare()). Freed with a
 * larger block, it may be allocated again.
 */
int mmapdemo_fixed_alloc_block(struct mmapdemo_buffer *buffer)
{
	unsigned int order = mmapdemo_fixed_shrink_to_block(buffer);
	int err = mmapdemo_fixed_room(buffer);
	struct page *page;

	if (err)
		return err;
	page = mmapdemo_fixed_alloc(buffer, __GFP_NOWARN, order);
	if (!page) {
		pr_err("%s: no contiguous memory for size=%lld: load it sooner after boot, or take a smaller size\n",
		       buffer->name, i_size_read(buffer->inode));
		return -ENOMEM;
	}
	split_page(page, order);
	buffer->area = page_address(page);
	buffer->held = PAGE_SIZE << order;
	err = mmapdemo_cache_set(buffer);
	if (err)
		mmapdemo_fixed_free_block(buffer);
	return err;
}

void mmapdemo_fixed_free_block(struct mmapdemo_buffer *buffer)
{
	if (!mmapdemo_cache_restore(buffer))
		free_pages_exact(buffer->area, buffer->held);
}

/* The number of the frame of page @index of a block. */
unsigned long mmapdemo_fixed_frame(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return page_to_pfn(virt_to_page(buffer->area)) + index;
}

/* The kernel's address of the byte at @pos. */
static void *mmapdemo_fixed_at(struct mmapdemo_buffer *buffer, loff_t pos)
{
	if (buffer->pages)
		return page_address(buffer->pages[pos >> PAGE_SHIFT]) + offset_in_page(pos);
	return buffer->dma ? mmapdemo_dma_at(buffer->dma, pos) : buffer->area + pos;
}

/* The page to flush. DMA memory need not be flushed, and may have no struct page. */
static struct page *mmapdemo_fixed_page(struct mmapdemo_buffer *buffer, loff_t pos)
{
	void *at = mmapdemo_fixed_at(buffer, pos);

	if (buffer->dma)
		return NULL;
	return is_vmalloc_addr(at) ? vmalloc_to_page(at) : virt_to_page(at);
}

/*
 * Whether the kernel knows of an uncorrected memory error in the page at @pos.
 * memory_failure() can neither replace nor unmap pages that are not on the LRU: it
 * sets PageHWPoison and leaves the rest to their owner. DMA memory is checked only if it
 * lies in the kernel's own mapping, as other DMA memory may have no struct page.
 */
bool mmapdemo_fixed_broken(struct mmapdemo_buffer *buffer, loff_t pos)
{
	struct page *page = mmapdemo_fixed_page(buffer, pos);
	void *at = mmapdemo_fixed_at(buffer, pos);

	if (!page && virt_addr_valid(at))
		page = virt_to_page(at);
	return page && PageHWPoison(page);
}

/**
 * mmapdemo_fixed_mappable - whether pages can be mapped all at once
 * @buffer: the buffer
 * @first: number of the first page
 * @pages: how many there are
 *
 * A broken page must not be mapped, and the strategies that map all pages by mmap()
 * have no page fault that could fail later.
 *
 * Return: 0, or -EHWPOISON, the error of MADV_POPULATE_READ.
 */
int mmapdemo_fixed_mappable(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t pages)
{
	pgoff_t i;

	for (i = 0; i < pages; i++)
		if (mmapdemo_fixed_broken(buffer, (loff_t)(first + i) << PAGE_SHIFT))
			return -EHWPOISON;
	return 0;
}

static vm_fault_t mmapdemo_fixed_serve(struct mmapdemo_buffer *buffer, struct vm_fault *vmf,
				       mmapdemo_fixed_give_t *give)
{
	vm_fault_t ret;
	int err;

	/* The VMA is inside the buffer; a wrong pgoff must not reach beyond it (CVE-2008-0007). */
	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer))
		return VM_FAULT_SIGBUS;
	err = mmapdemo_hooks_check(buffer, vmf->pgoff);
	if (err)
		return mmapdemo_fault_errno(err);
	ret = give(buffer, vmf);
	if (!(ret & VM_FAULT_ERROR))
		mmapdemo_count_fault(vmf);
	return ret;
}

/*
 * vm_ops->fault of strategies that map pages one by one. @give maps the page, or returns it for
 * mm/ to map. It is called with the invalidate lock (shared), for a page within the buffer.
 */
vm_fault_t mmapdemo_fixed_fault(struct vm_fault *vmf, mmapdemo_fixed_give_t *give)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = mmapdemo_hooks_delay(buffer, vmf);

	if (!ret)
		ret = mmapdemo_buffer_lock_mapping(mapping);
	if (ret)
		return ret;
	ret = mmapdemo_fixed_serve(buffer, vmf, give);
	filemap_invalidate_unlock_shared(mapping);
	trace_fault(buffer->name, vmf, ret);
	return ret;
}

int mmapdemo_fixed_piece(struct mmapdemo_buffer *buffer, loff_t pos, bool write,
			 struct mmapdemo_piece *piece)
{
	if (mmapdemo_fixed_broken(buffer, pos))
		return -EIO;
	piece->bytes = min(piece->bytes, PAGE_SIZE - offset_in_page(pos));
	piece->at = mmapdemo_fixed_at(buffer, pos);
	piece->folio = NULL;
	piece->page = write ? mmapdemo_fixed_page(buffer, pos) : NULL;
	return 0;
}

/* Skips broken pages: a store to one may stop the machine, and no program can read it. */
int mmapdemo_fixed_wipe(struct mmapdemo_buffer *buffer, bool killable)
{
	struct mmapdemo_piece piece;
	loff_t size = i_size_read(buffer->inode);
	int err = 0;
	loff_t pos;

	for (pos = 0; pos < size; pos += piece.bytes) {
		piece.bytes = min_t(loff_t, size - pos, PAGE_SIZE);
		if (mmapdemo_fixed_piece(buffer, pos, true, &piece)) {
			err = -EIO;
			continue;
		}
		memset(piece.at, 0, piece.bytes);
		mmapdemo_piece_put(&piece, true);
		cond_resched();
		if (killable && fatal_signal_pending(current))
			return -EINTR;
	}
	return err;
}

u64 mmapdemo_fixed_resident(struct mmapdemo_buffer *buffer)
{
	return buffer->held;
}

/*
 * vm_ops->access, for mappings whose pages cannot be pinned (VM_PFNMAP): ptrace(2) and
 * /proc/PID/mem call it. generic_access_phys() is for devices: x86 refuses to ioremap()
 * memory, with a warning. @len may reach past the VMA. mm/ calls it again for the rest, so
 * one page is enough. No page fault precedes it, so a rule for the page acts here.
 */
int mmapdemo_fixed_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
			  int write)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vma->vm_file);
	loff_t pos = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
	size_t bytes = min_t(size_t, len, PAGE_SIZE - offset_in_page(addr));
	void *at;
	int err;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	err = mmapdemo_hooks_access(buffer, pos, &bytes, false);
	if (!err && mmapdemo_fixed_broken(buffer, pos))
		err = -EIO;
	if (err)
		return err;
	at = mmapdemo_fixed_at(buffer, pos);
	if (write)
		memcpy(at, buf, bytes);
	else
		memcpy(buf, at, bytes);
	return bytes;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * anon: no memory of its own, as /dev/zero.
 *
 * When:    each program wants memory of its own, and the driver only decides which
 *          programs may have some. Two mmap() calls never share memory.
 * Gives:   a private mapping is anonymous memory. A shared one is a file on tmpfs that
 *          only this mapping and its copies over fork map. Both support all that the
 *          kernel has for them, also swap and transparent huge pages.
 * Denies:  a buffer: the memory of each mmap() is new and zeroed, read() shows zeros,
 *          nothing is kept, and the kernel has no access of its own. The driver's
 *          VMA operations are not used: it learns of no fork, page fault or unmap.
 * Errors:  as for any memory of programs: pages can move, soft offline keeps the
 *          contents, and a memory error is SIGBUS (BUS_MCEERR_AR).
 * Carried: vma_set_anonymous(); shmem_file_setup() and the VMA's file replaced,
 *          desc->vm_file from 7.1 on, vma_set_file() before.
 * In tree: drivers/char/mem.c (/dev/zero); the shared half also drivers/gpu/drm/
 *          drm_gem_shmem_helper.c.
 */
#include <linux/shmem_fs.h>

#include "core/buffer.h"
#include "core/strategy.h"
#include "fixed.h"
#include "list.h"

static int mmapdemo_anon_init(struct mmapdemo_buffer *buffer)
{
	return 0;
}

static void mmapdemo_anon_exit(struct mmapdemo_buffer *buffer)
{
}

/*
 * Maps a file without a name, as large as the mapping. The mapping begins at the start
 * of the file, whatever offset in the device the program gave.
 */
static int mmapdemo_anon_mmap_shared(struct mmapdemo_buffer *buffer, struct mmapdemo_vma_desc *desc)
{
	vm_flags_t flags = mmapdemo_vma_desc_flags(desc);
	struct file *file = mmapdemo_shmem_file_setup(buffer->name, desc->end - desc->start, flags);
	int err;

	if (IS_ERR(file)) /* ENOSPC: there was no memory for an inode */
		return PTR_ERR(file) == -ENOSPC ? -ENOMEM : PTR_ERR(file);
	desc->pgoff = 0;
	err = mmapdemo_vma_desc_set_file(desc, file);
	if (err)
		fput(file);
	return err;
}

/* No VM_ flag is set: what is mapped is ordinary memory. */
static int mmapdemo_anon_mmap_prepare(struct mmapdemo_buffer *buffer,
				      struct mmapdemo_vma_desc *desc)
{
	if (mmapdemo_vma_desc_flags(desc) & VM_MAYSHARE)
		return mmapdemo_anon_mmap_shared(buffer, desc);
	/* The VMA has no operations: the module learns of no page fault, open or close. */
	mmapdemo_vma_desc_set_anonymous(desc);
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_anon = {
	.name		= "anon",
	.node		= "mmapdemo-anon",
	.init		= mmapdemo_anon_init,
	.exit		= mmapdemo_anon_exit,
	.resident	= mmapdemo_fixed_resident,
	.mmap_prepare	= mmapdemo_anon_mmap_prepare,
};

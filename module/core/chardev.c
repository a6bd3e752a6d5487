// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node in /dev that may go while programs have it open and mapped: its device is unplugged, or
 * its driver is unbound. `.owner' prevents neither. So struct mmapdemo_chardev, and the driver's
 * struct around it, outlive the device for as long as a file is open. Its lock keeps file
 * operations and page faults away from a device that is gone.
 */
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/slab.h>

#include "buffer.h"
#include "mapping.h"
#include "strategy.h"
#include "vma_desc.h"

/* mmapdemo_chardev_alloc() expands to this: @offset is the member's in @size bytes. */
void *mmapdemo_chardev_new(size_t size, size_t offset)
{
	void *container = kzalloc(size, GFP_KERNEL);
	struct mmapdemo_chardev *chardev;

	if (!container)
		return NULL;
	chardev = container + offset;
	chardev->container = container;
	kref_init(&chardev->refs);
	init_rwsem(&chardev->lock);
	return container;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_new);

static void mmapdemo_chardev_free(struct kref *refs)
{
	struct mmapdemo_chardev *chardev = container_of(refs, struct mmapdemo_chardev, refs);

	kfree(chardev->misc.name);
	kfree(chardev->container);
}

/**
 * mmapdemo_chardev_put - drop the driver's reference
 * @chardev: of mmapdemo_chardev_alloc()
 *
 * The driver's struct is freed with the last open file, or now. Nothing calls the driver then.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_chardev_put(struct mmapdemo_chardev *chardev)
{
	kref_put(&chardev->refs, mmapdemo_chardev_free);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_put);

static int mmapdemo_chardev_validate(const struct mmapdemo_chardev *chardev)
{
	const struct mmapdemo_frames *frames = chardev->frames;

	/* A buffer that cannot be revoked would stay mapped when the device goes. */
	if (!mmapdemo_strategy_may_revoke(chardev->buffer))
		return -EOPNOTSUPP;
	if (frames && (!frames->vm_ops || !PAGE_ALIGNED(frames->offset) ||
		       frames->offset < mmapdemo_bytes(chardev->buffer)))
		return -EINVAL;
	return 0;
}

/**
 * mmapdemo_chardev_register - make the node /dev/DRIVER-DEVICE, with the names of a device
 * @chardev: of mmapdemo_chardev_alloc(). The driver has set @buffer, and @frames if it has some.
 * @parent: the device
 * @fops: with MMAPDEMO_FOPS_CHARDEV. misc_open() takes a reference to their owner.
 *
 * A program can open the node at once, so probe() calls this last. Only root can open it, unless
 * udev says otherwise.
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -ENOMEM, or as misc_register(); -EOPNOTSUPP where the buffer is not of
 * mmapdemo_create(), as no other can be revoked; -EINVAL where the frames have no vm_ops, or an
 * offset that is no multiple of the page size or lies inside the buffer.
 */
int mmapdemo_chardev_register(struct mmapdemo_chardev *chardev, struct device *parent,
			      const struct file_operations *fops)
{
	struct miscdevice *misc = &chardev->misc;
	int err = mmapdemo_chardev_validate(chardev);

	if (err)
		return err;
	misc->minor = MISC_DYNAMIC_MINOR;
	misc->name = kasprintf(GFP_KERNEL, "%s-%s", dev_driver_string(parent), dev_name(parent));
	misc->fops = fops;
	misc->mode = 0600;
	misc->parent = parent;
	return misc->name ? misc_register(misc) : -ENOMEM;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_register);

/**
 * mmapdemo_chardev_unregister - remove the node, and unmap buffer and frames from all programs
 * @chardev: of mmapdemo_chardev_register()
 *
 * For remove(). Afterwards open() fails, mmapdemo_chardev_enter() is false, nothing
 * is mapped, and the buffer is revoked: mmapdemo_revoke() says what programs see. The driver then
 * stops its device, drops the buffer, and calls mmapdemo_chardev_put().
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_chardev_unregister(struct mmapdemo_chardev *chardev)
{
	misc_deregister(&chardev->misc); /* waits for open() */
	down_write(&chardev->lock);
	WRITE_ONCE(chardev->gone, true);
	up_write(&chardev->lock);
	WARN_ON(mmapdemo_revoke(chardev->buffer)); /* mmapdemo_chardev_register() has checked */
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_unregister);

/**
 * mmapdemo_chardev_enter - begin to use the device
 * @chardev: whose device it is
 *
 * Context: Process context, may sleep. The caller touches no user memory before
 * mmapdemo_chardev_leave(): a page fault on it may enter, too.
 *
 * Return: true, and the device stays until mmapdemo_chardev_leave(); false if it is gone.
 */
bool mmapdemo_chardev_enter(struct mmapdemo_chardev *chardev)
{
	down_read(&chardev->lock);
	if (!chardev->gone)
		return true;
	up_read(&chardev->lock);
	return false;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_enter);

/**
 * mmapdemo_chardev_leave - end the use of the device
 * @chardev: whose device it is
 *
 * Context: Process context.
 */
void mmapdemo_chardev_leave(struct mmapdemo_chardev *chardev)
{
	up_read(&chardev->lock);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_leave);

/**
 * mmapdemo_chardev_zap - unmap the frames from all programs
 * @chardev: of mmapdemo_chardev_register()
 *
 * For a device that stays, as over a reset. Before the call the driver sets a flag that its .fault
 * checks, with the lock of struct mmapdemo_chardev held for writing, so that .fault maps no frame
 * again until the driver clears the flag. Without frames, nothing is done.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_chardev_zap(struct mmapdemo_chardev *chardev)
{
	if (chardev->frames)
		unmap_mapping_range(chardev->buffer->inode->i_mapping, chardev->frames->offset, 0,
				    1);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_zap);

/**
 * mmapdemo_chardev_open - for struct file_operations: attach a file to the buffer
 * @inode: the node's
 * @file: the file, which has a reference to the struct mmapdemo_chardev from now on
 *
 * Context: Process context, may sleep. A driver's own open() may call it, and calls
 * mmapdemo_chardev_release() if it fails after that.
 *
 * Return: as mmapdemo_io_attach(), to which the struct mmapdemo_chardev is given as data.
 */
int mmapdemo_chardev_open(struct inode *inode, struct file *file)
{
	/* misc_deregister() waits for open(), so the struct is there. */
	struct mmapdemo_chardev *chardev =
		container_of(file->private_data, struct mmapdemo_chardev, misc);
	int err = mmapdemo_io_attach(file, chardev->buffer, chardev);

	if (!err)
		kref_get(&chardev->refs);
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_open);

/**
 * mmapdemo_chardev_release - for struct file_operations: detach a file from the buffer
 * @inode: the node's
 * @file: the file
 *
 * Context: Process context, may sleep.
 *
 * Return: 0.
 */
int mmapdemo_chardev_release(struct inode *inode, struct file *file)
{
	struct mmapdemo_chardev *chardev = mmapdemo_io_data(file);

	mmapdemo_io_detach(file);
	mmapdemo_chardev_put(chardev);
	return 0;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_release);

static bool mmapdemo_chardev_in_frames(const struct mmapdemo_chardev *chardev, pgoff_t pgoff)
{
	return chardev->frames && pgoff >= chardev->frames->offset >> PAGE_SHIFT;
}

/* Whether a range is not inside these pages. A program chose it, so a sum could overflow. */
static bool mmapdemo_chardev_is_outside(pgoff_t first, unsigned long count, unsigned long pages)
{
	return first >= pages || count > pages - first;
}

/* Whether a program may map a range of the frames. */
static int mmapdemo_chardev_check(const struct mmapdemo_chardev *chardev, pgoff_t pgoff,
				  unsigned long count, bool writes, bool copies)
{
	const struct mmapdemo_frames *frames = chardev->frames;
	pgoff_t first = pgoff - (frames->offset >> PAGE_SHIFT);

	if (mmapdemo_chardev_is_outside(first, count, frames->count))
		return -EINVAL;
	if (READ_ONCE(chardev->gone))
		return -ENODEV;
	if (frames->read_only)
		return writes ? -EACCES : 0;
	/* vmf_insert_pfn() supports no copy-on-write. */
	return copies ? -EINVAL : 0;
}

static int mmapdemo_chardev_prepare_frames(struct mmapdemo_chardev *chardev,
					   struct mmapdemo_vma_desc *desc)
{
	const struct mmapdemo_frames *frames = chardev->frames;
	int err = mmapdemo_chardev_check(chardev, desc->pgoff, mmapdemo_vma_desc_pages(desc),
					 mmapdemo_vma_desc_flags(desc) & VM_WRITE,
					 mmapdemo_vma_desc_is_cow_mapping(desc));

	if (err)
		return err;
	mmapdemo_vma_desc_set_pfnmap(desc);
	/* Otherwise mprotect() could make it writable, and then a private one would be copied. */
	if (frames->read_only)
		mmapdemo_vma_desc_forbid_write(desc);
	if (frames->no_fork)
		mmapdemo_vma_desc_set_flags(desc, MMAPDEMO_VMA_DONTCOPY);
	desc->page_prot = frames->combine ? pgprot_writecombine(desc->page_prot) :
					    pgprot_noncached(desc->page_prot);
	desc->page_prot = pgprot_decrypted(desc->page_prot);
	desc->vm_ops = frames->vm_ops;
	return 0;
}

/* The frames lie behind the buffer. */
int mmapdemo_chardev_prepare(struct mmapdemo_vma_desc *desc)
{
	struct mmapdemo_chardev *chardev = mmapdemo_io_data(desc->file);

	if (mmapdemo_chardev_in_frames(chardev, desc->pgoff))
		return mmapdemo_chardev_prepare_frames(chardev, desc);
	if (chardev->read_only) {
		pgoff_t pages = mmapdemo_buffer_pages(chardev->buffer);

		if (mmapdemo_chardev_is_outside(desc->pgoff, mmapdemo_vma_desc_pages(desc), pages))
			return mmapdemo_buffer_past_end(chardev->buffer);
		if (mmapdemo_vma_desc_flags(desc) & VM_WRITE)
			return -EACCES;
		mmapdemo_vma_desc_set_flags(desc, MMAPDEMO_VMA_DONTEXPAND);
		mmapdemo_vma_desc_forbid_write(desc);
	}
	return mmapdemo_mapping_mmap_prepare(desc);
}

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_prepare);
#else
/* As vm_ops->mapped, which only mappings of the buffer have. */
static int mmapdemo_chardev_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
				   const struct file *file, void **vm_private_data)
{
	if (mmapdemo_chardev_in_frames(mmapdemo_io_data(file), pgoff))
		return 0;
	return mmapdemo_vma_mapped(start, end, pgoff, file, vm_private_data);
}

int mmapdemo_chardev_mmap(struct file *file, struct vm_area_struct *vma)
{
	return mmapdemo_vma_desc_mmap(file, vma, mmapdemo_chardev_prepare,
				      mmapdemo_chardev_mapped);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_chardev_mmap);
#endif

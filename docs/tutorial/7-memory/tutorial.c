// SPDX-License-Identifier: GPL-2.0-only
/* Step 7: the kernel moves pages, and removes those whose memory breaks. */
#include <linux/device.h>
#include <linux/highmem.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/splice.h>
#include <linux/sysfs.h>
#include <linux/uio.h>
#include <linux/xarray.h>

#ifndef TUTORIAL_HAS_ERROR_REMOVE_FOLIO /* until 6.7, it takes the same as a page */
#define error_remove_folio		error_remove_page
#define generic_error_remove_folio	generic_error_remove_page
#define broken_folio			page
#else
#define broken_folio			folio
#endif

#ifndef TUTORIAL_HAS_COPY_SPLICE_READ /* until 6.4 */
#define copy_splice_read generic_file_splice_read
#endif

#define TUTORIAL_PAGES	32UL
#define TUTORIAL_SIZE	((loff_t)(TUTORIAL_PAGES * PAGE_SIZE))
#define TUTORIAL_MAGIC	0x7475746f	/* "tuto" */

static struct vfsmount *tutorial_mount;
static struct inode *tutorial_inode; /* its i_mapping holds the pages */

/* Atomic: .open runs under the parent's lock, and .close under the lock of another process. */
static atomic_t tutorial_vmas;

/* The indexes of pages that a memory error has taken: each access to them fails. */
static DEFINE_XARRAY(tutorial_broken);

/* The kernel takes a clean folio for a copy of something on a disk, which it may drop. */
static int tutorial_fill(struct folio *folio)
{
	if (xa_load(&tutorial_broken, folio->index) || PageHWPoison(folio_page(folio, 0)))
		return -EIO;
	if (!folio_test_uptodate(folio)) {
		folio_zero_range(folio, 0, PAGE_SIZE);
		folio_mark_uptodate(folio);
		folio_mark_dirty(folio);
	}
	return 0;
}

/* The kernel itself reads a folio, for example to find a build id. */
static int tutorial_read_folio(struct file *file, struct folio *folio)
{
	int err = tutorial_fill(folio);

	folio_unlock(folio);
	return err;
}

/* Remembers the page first: a reader that finds it dropped would get zeros. */
static int tutorial_error_remove(struct address_space *mapping, struct broken_folio *folio)
{
	int err = xa_err(xa_store(&tutorial_broken, folio->index, xa_mk_value(1), GFP_KERNEL));

	return err ? err : generic_error_remove_folio(mapping, folio);
}

static const struct address_space_operations tutorial_aops = {
	.dirty_folio	= noop_dirty_folio, /* sets a flag: there is no disk to write it to */
	.migrate_folio	= filemap_migrate_folio, /* compaction may move it */
	.read_folio	= tutorial_read_folio,
	.error_remove_folio = tutorial_error_remove,
};

/*
 * Returns the folio locked and with a reference, and allocates it if it is missing. Its
 * contents change under this lock only, which page migration takes before it copies.
 */
static struct folio *tutorial_folio(pgoff_t index)
{
	struct address_space *mapping = tutorial_inode->i_mapping;
	struct folio *folio;
	int err;

	if (index >= TUTORIAL_PAGES)
		return ERR_PTR(-ENXIO);
	folio = __filemap_get_folio(mapping, index, FGP_LOCK | FGP_CREAT,
				    mapping_gfp_mask(mapping));
	if (IS_ERR_OR_NULL(folio)) /* NULL: until 6.3 */
		return folio ? folio : ERR_PTR(-ENOMEM);
	err = tutorial_fill(folio);
	if (!err)
		return folio;
	folio_unlock(folio);
	folio_put(folio);
	return ERR_PTR(err);
}

static vm_fault_t tutorial_fault(struct vm_fault *vmf)
{
	struct folio *folio = tutorial_folio(vmf->pgoff);

	if (folio == ERR_PTR(-EIO))
		return VM_FAULT_HWPOISON; /* SIGBUS with BUS_MCEERR_AR */
	if (IS_ERR(folio))
		return vmf_error(PTR_ERR(folio)); /* OOM, or SIGBUS past the end */
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

/* The kernel has made this VMA from another: by fork, a split or mremap(). Not by mmap(). */
static void tutorial_vma_open(struct vm_area_struct *vma)
{
	atomic_inc(&tutorial_vmas);
}

/* This VMA ends: it is unmapped or moved away, or its process ends. */
static void tutorial_vma_close(struct vm_area_struct *vma)
{
	atomic_dec(&tutorial_vmas);
}

static const struct vm_operations_struct tutorial_vm_ops = {
	.open	= tutorial_vma_open,
	.close	= tutorial_vma_close,
	.fault	= tutorial_fault,
	.map_pages = filemap_map_pages, /* maps present neighbours by the same page fault */
};

static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &tutorial_vm_ops;
	/* Last: if .mmap returns an error, the kernel does not call .close. */
	tutorial_vma_open(vma);
	return 0;
}

/* From here on the kernel treats this file as one of the private inode. */
static int tutorial_open(struct inode *inode, struct file *file)
{
	file->f_mapping = tutorial_inode->i_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	return 0;
}

static loff_t tutorial_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, TUTORIAL_SIZE, TUTORIAL_SIZE);
}

/* Returns how many of the requested bytes are in the page of the request's position. */
static size_t tutorial_piece(struct kiocb *iocb, struct iov_iter *iter)
{
	return min_t(size_t, iov_iter_count(iter), PAGE_SIZE - offset_in_page(iocb->ki_pos));
}

static ssize_t tutorial_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t done = 0;

	while (iov_iter_count(to) && iocb->ki_pos < TUTORIAL_SIZE) {
		struct folio *folio = tutorial_folio(iocb->ki_pos >> PAGE_SHIFT);
		size_t bytes = tutorial_piece(iocb, to);
		size_t copied;

		if (IS_ERR(folio))
			return done ? done : PTR_ERR(folio);
		/*
		 * No lock is held: the program's buffer may be a mapping of this device. A
		 * folio that has a reference is not moved.
		 */
		folio_unlock(folio);
		copied = copy_page_to_iter(folio_page(folio, 0), offset_in_page(iocb->ki_pos),
					   bytes, to);
		folio_put(folio);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < bytes)
			return done ? done : -EFAULT;
	}
	return done;
}

static ssize_t tutorial_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done = 0;

	if (iov_iter_count(from) && iocb->ki_pos >= TUTORIAL_SIZE)
		return -ENOSPC;
	while (iov_iter_count(from) && iocb->ki_pos < TUTORIAL_SIZE) {
		size_t bytes = tutorial_piece(iocb, from);
		struct folio *folio;
		size_t copied;

		/* A page fault on the buffer may need the folio's lock, so it comes first. */
		if (fault_in_iov_iter_readable(from, bytes) == bytes)
			return done ? done : -EFAULT;
		folio = tutorial_folio(iocb->ki_pos >> PAGE_SHIFT);
		if (IS_ERR(folio))
			return done ? done : PTR_ERR(folio);
		pagefault_disable();
		copied = copy_page_from_iter(folio_page(folio, 0), offset_in_page(iocb->ki_pos),
					     bytes, from);
		pagefault_enable();
		folio_unlock(folio);
		folio_put(folio);
		/* If the buffer's page has gone again, the next round copies the rest. */
		iocb->ki_pos += copied;
		done += copied;
	}
	return done;
}

static const struct file_operations tutorial_fops = {
	.owner		= THIS_MODULE,
	.open		= tutorial_open,
	.llseek		= tutorial_llseek,
	.read_iter	= tutorial_read_iter,
	.write_iter	= tutorial_write_iter,
	.splice_read	= copy_splice_read,
	.splice_write	= iter_file_splice_write,
	.fsync		= noop_fsync, /* without it, msync(MS_SYNC) fails with EINVAL */
	.mmap		= tutorial_mmap,
};

static ssize_t vmas_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&tutorial_vmas));
}
static DEVICE_ATTR_RO(vmas);

static struct attribute *tutorial_attrs[] = {
	&dev_attr_vmas.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tutorial);

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
	.groups	= tutorial_groups, /* /sys/class/misc/tutorial/vmas */
};

static int tutorial_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, TUTORIAL_MAGIC) ? 0 : -ENOMEM;
}

/* Has inodes, and cannot be mounted. With an .owner, the module could never be unloaded. */
static struct file_system_type tutorial_fs = {
	.name			= "tutorial",
	.init_fs_context	= tutorial_init_fs_context,
	.kill_sb		= kill_anon_super,
};

static int __init tutorial_init_inode(void)
{
	struct address_space *mapping;

	tutorial_inode = alloc_anon_inode(tutorial_mount->mnt_sb);
	if (IS_ERR(tutorial_inode))
		return PTR_ERR(tutorial_inode);
	tutorial_inode->i_mode |= S_IFREG; /* generic_error_remove_folio() asks for it */
	i_size_write(tutorial_inode, TUTORIAL_SIZE);
	mapping = tutorial_inode->i_mapping;
	mapping->a_ops = &tutorial_aops;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER_MOVABLE);
	/* Reclaim could not write them anywhere, and need not look at them. */
	mapping_set_unevictable(mapping);
	return 0;
}

static int __init tutorial_init(void)
{
	int err;

	tutorial_mount = kern_mount(&tutorial_fs);
	if (IS_ERR(tutorial_mount))
		return PTR_ERR(tutorial_mount);
	err = tutorial_init_inode();
	if (err)
		goto unmount;
	err = misc_register(&tutorial_device);
	if (err)
		goto put_inode;
	return 0;

put_inode:
	iput(tutorial_inode);
unmount:
	kern_unmount(tutorial_mount);
	return err;
}
module_init(tutorial_init);

static void __exit tutorial_exit(void)
{
	misc_deregister(&tutorial_device);
	iput(tutorial_inode); /* frees the folios too */
	xa_destroy(&tutorial_broken);
	kern_unmount(tutorial_mount);
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 7: page migration and memory errors");
MODULE_LICENSE("GPL");

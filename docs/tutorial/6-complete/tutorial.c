// SPDX-License-Identifier: GPL-2.0-only
/* Step 6: another size while it is mapped, and .mmap_prepare where the kernel has it. */
#include <linux/device.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/splice.h>
#include <linux/sysfs.h>
#include <linux/uio.h>

#ifndef TUTORIAL_HAS_COPY_SPLICE_READ /* until 6.4 */
#define copy_splice_read generic_file_splice_read
#endif

#define TUTORIAL_PAGES	32UL
#define TUTORIAL_MOST	(16 << 20)	/* bytes; who may write to sysfs decides up to here */
#define TUTORIAL_MAGIC	0x7475746f	/* "tuto" */

static struct vfsmount *tutorial_mount;
static struct inode *tutorial_inode; /* its i_size is our size, its i_mapping has our pages */
static atomic_t tutorial_vmas;

/* Never dirty: there is no place to write it back to, and nobody to do so. */
static bool tutorial_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return false;
}

static const struct address_space_operations tutorial_aops = {
	.dirty_folio	= tutorial_dirty_folio,
	.migrate_folio	= filemap_migrate_folio, /* compaction may move them */
};

static struct folio *tutorial_folio_new(pgoff_t index)
{
	struct address_space *mapping = tutorial_inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	struct folio *folio = folio_alloc(gfp | __GFP_ZERO, 0);
	int err;

	if (!folio)
		return ERR_PTR(-ENOMEM);
	/* Before anybody can find it, which is from filemap_add_folio() on. */
	__folio_mark_uptodate(folio);
	err = filemap_add_folio(mapping, folio, index, gfp);
	if (err) {
		folio_put(folio);
		return ERR_PTR(err);
	}
	folio_unlock(folio);
	return folio;
}

/*
 * The folio with a reference, made where there is none. The caller holds the
 * invalidate lock, or the size could change between the look at it and the adding.
 */
static struct folio *tutorial_folio(pgoff_t index)
{
	struct folio *folio;

	lockdep_assert_held(&tutorial_inode->i_mapping->invalidate_lock);
	if (index >= i_size_read(tutorial_inode) >> PAGE_SHIFT)
		return ERR_PTR(-ENXIO);
	do {
		folio = filemap_get_folio(tutorial_inode->i_mapping, index);
		if (!IS_ERR_OR_NULL(folio)) /* NULL: until 6.3 */
			return folio;
		folio = tutorial_folio_new(index);
	} while (folio == ERR_PTR(-EEXIST));
	return folio;
}

/* For who does not map it. Cut off meanwhile, it is nobody's any more, but there. */
static struct folio *tutorial_folio_use(loff_t pos)
{
	struct address_space *mapping = tutorial_inode->i_mapping;
	struct folio *folio;

	filemap_invalidate_lock_shared(mapping);
	folio = tutorial_folio(pos >> PAGE_SHIFT);
	filemap_invalidate_unlock_shared(mapping);
	return folio;
}

/*
 * The invalidate lock is held until the folio's own is: who cuts it off waits for
 * that, and finds it mapped.
 */
static vm_fault_t tutorial_fault(struct vm_fault *vmf)
{
	struct address_space *mapping = tutorial_inode->i_mapping;
	struct folio *folio;

	filemap_invalidate_lock_shared(mapping);
	folio = tutorial_folio(vmf->pgoff);
	if (!IS_ERR(folio))
		folio_lock(folio);
	filemap_invalidate_unlock_shared(mapping);
	if (IS_ERR(folio))
		return vmf_error(PTR_ERR(folio)); /* OOM, or SIGBUS past the end */
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

static void tutorial_vma_open(struct vm_area_struct *vma)
{
	atomic_inc(&tutorial_vmas);
}

static void tutorial_vma_close(struct vm_area_struct *vma)
{
	atomic_dec(&tutorial_vmas);
}

#ifdef TUTORIAL_HAS_MMAP_PREPARE
/* A new mapping is there, and stays. */
static int tutorial_vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			       const struct file *file, void **vm_private_data)
{
	atomic_inc(&tutorial_vmas);
	return 0;
}
#endif

static const struct vm_operations_struct tutorial_vm_ops = {
#ifdef TUTORIAL_HAS_MMAP_PREPARE
	.mapped		= tutorial_vma_mapped,
#endif
	.open		= tutorial_vma_open,
	.close		= tutorial_vma_close,
	.fault		= tutorial_fault,
	.map_pages	= filemap_map_pages, /* neighbours that are there, by the same fault */
};

/* A file offset must be able to name each byte; the core asks regular files only. */
static int tutorial_check(pgoff_t pgoff, unsigned long pages)
{
	pgoff_t end;

	if (check_add_overflow(pgoff, pages, &end) || end > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EOVERFLOW;
	return 0;
}

#ifdef TUTORIAL_HAS_MMAP_PREPARE
/* There is no VMA yet, and maybe there never is one: nothing is counted here. */
static int tutorial_mmap_prepare(struct vm_area_desc *desc)
{
	desc->vm_ops = &tutorial_vm_ops;
	return tutorial_check(desc->pgoff, vma_desc_pages(desc));
}
#else
static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = tutorial_check(vma->vm_pgoff, vma_pages(vma));

	if (err)
		return err;
	vma->vm_ops = &tutorial_vm_ops;
	tutorial_vma_open(vma);
	return 0;
}
#endif

/* From here on it is a file of our inode, for all that the kernel does with it. */
static int tutorial_open(struct inode *inode, struct file *file)
{
	file->f_mapping = tutorial_inode->i_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	return 0;
}

static size_t tutorial_piece(struct kiocb *iocb, struct iov_iter *iter)
{
	return min_t(size_t, iov_iter_count(iter), PAGE_SIZE - offset_in_page(iocb->ki_pos));
}

static ssize_t tutorial_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t done = 0;

	while (iov_iter_count(to) && iocb->ki_pos < i_size_read(tutorial_inode)) {
		struct folio *folio = tutorial_folio_use(iocb->ki_pos);
		size_t bytes = tutorial_piece(iocb, to);
		size_t copied;

		/* It may have shrunk since the look at its size: that is the end, then. */
		if (folio == ERR_PTR(-ENXIO))
			break;
		if (IS_ERR(folio))
			return done ? done : PTR_ERR(folio);
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

	if (iov_iter_count(from) && iocb->ki_pos >= i_size_read(tutorial_inode))
		return -ENOSPC;
	while (iov_iter_count(from) && iocb->ki_pos < i_size_read(tutorial_inode)) {
		struct folio *folio = tutorial_folio_use(iocb->ki_pos);
		size_t bytes = tutorial_piece(iocb, from);
		size_t copied;

		if (folio == ERR_PTR(-ENXIO))
			return done ? done : -ENOSPC;
		if (IS_ERR(folio))
			return done ? done : PTR_ERR(folio);
		/* Not locked: the user's memory may be a mapping of this very folio. */
		copied = copy_page_from_iter(folio_page(folio, 0), offset_in_page(iocb->ki_pos),
					     bytes, from);
		folio_put(folio);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < bytes)
			return done ? done : -EFAULT;
	}
	return done;
}

static const struct file_operations tutorial_fops = {
	.owner		= THIS_MODULE,
	.open		= tutorial_open,
	.llseek		= generic_file_llseek,
	.read_iter	= tutorial_read_iter,
	.write_iter	= tutorial_write_iter,
	.splice_read	= copy_splice_read,
	.splice_write	= iter_file_splice_write,
	.fsync		= noop_fsync, /* without it msync(MS_SYNC) were EINVAL */
#ifdef TUTORIAL_HAS_MMAP_PREPARE
	.mmap_prepare	= tutorial_mmap_prepare,
#else
	.mmap		= tutorial_mmap,
#endif
};

static ssize_t vmas_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&tutorial_vmas));
}
static DEVICE_ATTR_RO(vmas);

static ssize_t size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", i_size_read(tutorial_inode));
}

/* One at a time, and no fault meanwhile: the lock order is as written. */
static void tutorial_resize(loff_t bytes)
{
	struct address_space *mapping = tutorial_inode->i_mapping;

	inode_lock(tutorial_inode);
	filemap_invalidate_lock(mapping);
	truncate_setsize(tutorial_inode, bytes); /* unmaps what it cuts off, in all processes */
	filemap_invalidate_unlock(mapping);
	inode_unlock(tutorial_inode);
}

static ssize_t size_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	u64 bytes;
	int err = kstrtou64(buf, 0, &bytes);

	if (err)
		return err;
	if (!bytes || !PAGE_ALIGNED(bytes) || bytes > TUTORIAL_MOST)
		return -EINVAL;
	tutorial_resize(bytes);
	return count;
}
static DEVICE_ATTR_RW(size);

static struct attribute *tutorial_attrs[] = {
	&dev_attr_vmas.attr,
	&dev_attr_size.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tutorial);

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
	.groups	= tutorial_groups,
};

static int tutorial_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, TUTORIAL_MAGIC) ? 0 : -ENOMEM;
}

/* For inodes only, nobody can mount it. No .owner: it would keep the module for ever. */
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
	i_size_write(tutorial_inode, TUTORIAL_PAGES * PAGE_SIZE);
	mapping = tutorial_inode->i_mapping;
	mapping->a_ops = &tutorial_aops;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER_MOVABLE);
	/* They are clean, and nothing is behind them: reclaim must not take them. */
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
	iput(tutorial_inode); /* the folios go with it */
	kern_unmount(tutorial_mount);
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 6: resize, .mmap_prepare");
MODULE_LICENSE("GPL");

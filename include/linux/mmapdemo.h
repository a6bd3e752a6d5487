/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that programs map like a file, for drivers.
 *
 * A buffer is memory with a reference count. A driver attaches it to the files that its
 * open() is given, and names the functions below in its struct file_operations. Programs
 * that map such a file share the buffer's pages. The driver uses the same pages in the
 * kernel, piece by piece or through a hold.
 *
 * A driver either depends on mmapdemo.ko, which exports these functions in the namespace
 * MMAPDEMO, or has the folder module/core/ built in: docs/drivers.md says how. In both
 * cases its source has a line `MMAPDEMO_IMPORT;', calls mmapdemo_core_init() before all
 * else, and mmapdemo_core_exit() last.
 *
 * Positions and lengths are in bytes, unless they are called pages. Functions may sleep,
 * and are called in process context, unless they say otherwise. The caller holds no lock
 * that a page fault, a read or a write of the buffer takes.
 */
#ifndef _LINUX_MMAPDEMO_H
#define _LINUX_MMAPDEMO_H

#include <linux/dma-direction.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rwsem.h>

struct device;
struct dma_buf;
struct folio;
struct iov_iter;
struct mmapdemo_buffer;
struct mmapdemo_hold;
struct page;
struct sg_table;
struct vm_area_desc;
struct vm_area_struct;

#ifdef MMAPDEMO_CORE_ALONE
#define MMAPDEMO_IMPORT	MODULE_INFO(mmapdemo, "built in")
int mmapdemo_core_init(void);
void mmapdemo_core_exit(void);
#else
/* As MODULE_IMPORT_NS(), whose argument became a string in 6.13. */
#define MMAPDEMO_IMPORT	MODULE_INFO(import_ns, "MMAPDEMO")
static inline int mmapdemo_core_init(void)
{
	return 0;
}

static inline void mmapdemo_core_exit(void)
{
}
#endif

/* Flags of mmapdemo_create(). */
#define MMAPDEMO_CREATE_PREALLOC	0x1U	/* allocate all memory now, or fail */
#define MMAPDEMO_CREATE_SMALL		0x2U	/* single pages only */
#define MMAPDEMO_CREATE_MOVABLE		0x4U	/* may use ZONE_MOVABLE and CMA */

struct mmapdemo_buffer *mmapdemo_create(const char *name, u64 bytes, int node, unsigned int flags);
struct mmapdemo_buffer *mmapdemo_get(struct mmapdemo_buffer *buffer);
void mmapdemo_put(struct mmapdemo_buffer *buffer);
u64 mmapdemo_bytes(const struct mmapdemo_buffer *buffer);
int mmapdemo_resize(struct mmapdemo_buffer *buffer, u64 bytes);
int mmapdemo_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
int mmapdemo_revoke(struct mmapdemo_buffer *buffer);

/* Files: attach in open(), detach in release(). */
int mmapdemo_io_attach(struct file *file, struct mmapdemo_buffer *buffer, void *data);
void mmapdemo_io_detach(struct file *file);
void *mmapdemo_io_data(const struct file *file);
struct mmapdemo_buffer *mmapdemo_from_file(const struct file *file);
struct mmapdemo_buffer *mmapdemo_from_fd(int fd, fmode_t mode);
struct file *mmapdemo_file(struct mmapdemo_buffer *buffer, const char *name, int flags);

/*
 * For struct file_operations. get_unmapped_area is thp_get_unmapped_area(); fsync, noop_fsync();
 * compat_ioctl, compat_ptr_ioctl().
 */
loff_t mmapdemo_io_llseek(struct file *file, loff_t offset, int whence);
ssize_t mmapdemo_io_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t mmapdemo_io_write_iter(struct kiocb *iocb, struct iov_iter *from);
__poll_t mmapdemo_notify_poll(struct file *file, poll_table *wait);
int mmapdemo_events_fasync(int fd, struct file *file, int on);
long mmapdemo_notify_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
#ifdef MMAPDEMO_HAS_MMAP_PREPARE /* core.mk looks for it */
int mmapdemo_mapping_mmap_prepare(struct vm_area_desc *desc);
#define MMAPDEMO_FOPS_MMAP	.mmap_prepare = mmapdemo_mapping_mmap_prepare
#else
int mmapdemo_mapping_mmap_by_desc(struct file *file, struct vm_area_struct *vma);
#define MMAPDEMO_FOPS_MMAP	.mmap = mmapdemo_mapping_mmap_by_desc
#endif

/* Events, which poll(2) reports as readable. */
void mmapdemo_notify(struct mmapdemo_buffer *buffer);
int mmapdemo_wait(struct file *file);

/**
 * struct mmapdemo_piece - some of a buffer's contents, in kernel memory for a moment
 * @at: kernel address of the contents; NULL for a hole, which reads as zeros
 * @bytes: in: how many are wanted; out: how many are there, from the byte that was asked for
 * @nowait: in: fail with -EAGAIN rather than sleep
 * @folio: has a reference where the strategy can free memory, and is locked for writing
 * @page: without a @folio, the page to flush after a write; NULL if there is none
 */
struct mmapdemo_piece {
	void *at;
	size_t bytes;
	bool nowait;
	struct folio *folio;
	struct page *page;
};

int mmapdemo_piece_get(struct mmapdemo_buffer *buffer, u64 pos, bool write,
		       struct mmapdemo_piece *piece);
void mmapdemo_piece_put(const struct mmapdemo_piece *piece, bool written);
int mmapdemo_copy_in(struct mmapdemo_buffer *buffer, u64 pos, const void *from, size_t bytes);
int mmapdemo_copy_out(struct mmapdemo_buffer *buffer, u64 pos, void *to, size_t bytes);

/**
 * mmapdemo_fault_is_marked - whether vmf_insert_pfn() would insert nothing
 * @vmf: of a driver's page fault
 *
 * From Linux 6.7 on, userfaultfd can write-protect the mapping of any driver
 * (UFFD_FEATURE_WP_ASYNC), until vma_can_userfault() of a later kernel refuses VM_PFNMAP. A page
 * that is not mapped then has a marker as its page table entry, and vmf_insert_pfn() leaves it
 * there and returns VM_FAULT_NOPAGE (insert_pfn() in mm/memory.c). The page fault would come again
 * for ever.
 *
 * Return: true if so. A driver then returns VM_FAULT_SIGBUS.
 */
static inline bool mmapdemo_fault_is_marked(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ORIG_PTE_VALID && !pte_none(vmf->orig_pte);
}

/* Pages that stay where they are: for a kernel address, and for DMA. */
struct mmapdemo_hold *mmapdemo_hold(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes);
void mmapdemo_hold_end(struct mmapdemo_hold *hold);
void *mmapdemo_hold_vmap(struct mmapdemo_hold *hold);
int mmapdemo_hold_dma_map(struct mmapdemo_hold *hold, struct device *dev,
			  enum dma_data_direction dir, struct sg_table *sgt);
void mmapdemo_hold_dma_unmap(struct device *dev, enum dma_data_direction dir,
			     struct sg_table *sgt);

/**
 * struct mmapdemo_frames - page frames of a device, without a struct page, as those of a BAR
 * @offset: where in the file programs map them, in bytes: a multiple of the page size, and never
 *	inside the buffer
 * @first: number of the first frame
 * @count: how many there are
 * @vm_ops: with the driver's .fault, which maps the frames
 * @read_only: no program can have them writable. Otherwise private mappings that could be
 *	written are refused.
 * @no_fork: a child of fork(2) does not inherit mappings
 * @combine: mappings are write-combining; otherwise they are uncached
 */
struct mmapdemo_frames {
	u64 offset;
	unsigned long first;
	unsigned long count;
	const struct vm_operations_struct *vm_ops;
	bool read_only;
	bool no_fork;
	bool combine;
};

/**
 * struct mmapdemo_chardev - a node in /dev that may go while programs have it open and mapped
 * @buffer: of mmapdemo_create(), mapped from offset 0 on. The driver sets it.
 * @read_only: no program can map the buffer writable. The driver sets it.
 * @frames: page frames that programs can map, too; or NULL. The driver sets it.
 * @lock: protects @gone, and members of the driver's that their comments name
 * @gone: mmapdemo_chardev_unregister() was called
 * @refs: references: one for each open file, and one for the driver
 * @misc: the node
 * @container: the driver's struct, which contains this one
 */
struct mmapdemo_chardev {
	struct mmapdemo_buffer *buffer;
	bool read_only;
	const struct mmapdemo_frames *frames;
	struct rw_semaphore lock;
	bool gone;
	struct kref refs;
	struct miscdevice misc;
	void *container;
};

/**
 * mmapdemo_chardev_alloc - allocate a driver's struct for a device, with a struct mmapdemo_chardev
 * @type: the driver's struct
 * @member: the struct mmapdemo_chardev in it
 *
 * The struct is zeroed. mmapdemo_chardev_put() drops the driver's reference. The last reference
 * frees the struct, and no function of the driver is called then.
 *
 * Context: Process context, may sleep.
 *
 * Return: the struct, or NULL.
 */
#define mmapdemo_chardev_alloc(type, member)	\
	((type *)mmapdemo_chardev_new(sizeof(type), offsetof(type, member)))

void *mmapdemo_chardev_new(size_t size, size_t offset);
void mmapdemo_chardev_put(struct mmapdemo_chardev *chardev);
int mmapdemo_chardev_register(struct mmapdemo_chardev *chardev, struct device *parent,
			      const struct file_operations *fops);
void mmapdemo_chardev_unregister(struct mmapdemo_chardev *chardev);
bool mmapdemo_chardev_enter(struct mmapdemo_chardev *chardev);
void mmapdemo_chardev_leave(struct mmapdemo_chardev *chardev);
void mmapdemo_chardev_zap(struct mmapdemo_chardev *chardev);

/*
 * For struct file_operations. The owner keeps rmmod EBUSY while a file or a mapping exists.
 * mmapdemo_io_data() of a file is its struct mmapdemo_chardev.
 */
int mmapdemo_chardev_open(struct inode *inode, struct file *file);
int mmapdemo_chardev_release(struct inode *inode, struct file *file);
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int mmapdemo_chardev_prepare(struct vm_area_desc *desc);
#define MMAPDEMO_FOPS_CHARDEV			\
	.owner = THIS_MODULE,			\
	.open = mmapdemo_chardev_open,		\
	.release = mmapdemo_chardev_release,	\
	.mmap_prepare = mmapdemo_chardev_prepare
#else
int mmapdemo_chardev_mmap(struct file *file, struct vm_area_struct *vma);
#define MMAPDEMO_FOPS_CHARDEV			\
	.owner = THIS_MODULE,			\
	.open = mmapdemo_chardev_open,		\
	.release = mmapdemo_chardev_release,	\
	.mmap = mmapdemo_chardev_mmap
#endif

/**
 * mmapdemo_module_driver - module_driver() for a driver that uses the core
 * @__driver: the driver
 * @__register: registers it, for example pci_register_driver()
 * @__unregister: unregisters it
 */
#define mmapdemo_module_driver(__driver, __register, __unregister)	\
static typeof(__driver) *const __driver##_driven = &(__driver);		\
static int __init __driver##_init(void)					\
{									\
	int err = mmapdemo_core_init();					\
									\
	if (err)							\
		return err;						\
	err = __register(__driver##_driven);				\
	if (err)							\
		mmapdemo_core_exit();					\
	return err;							\
}									\
module_init(__driver##_init);						\
static void __exit __driver##_exit(void)				\
{									\
	__unregister(__driver##_driven);				\
	mmapdemo_core_exit();						\
}									\
module_exit(__driver##_exit)

#ifdef CONFIG_DMA_SHARED_BUFFER
struct dma_buf *mmapdemo_export(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes);
#else
static inline struct dma_buf *mmapdemo_export(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes)
{
	return ERR_PTR(-EOPNOTSUPP);
}
#endif

#endif

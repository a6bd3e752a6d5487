// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are unlike files, or broken, for the test of `mmapdemo conform`.
 * Each has PAGES pages; most have neither read, write nor a size. Never load it
 * outside of a VM: some of them hold a process for ever, or crash.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define PAGES 32

static struct page *pages[PAGES];
static DECLARE_WAIT_QUEUE_HEAD(never);

static bool release;
module_param(release, bool, 0600);
MODULE_PARM_DESC(release, "let stuck processes go on");

static bool in_bounds(struct vm_area_struct *vma)
{
	return vma->vm_pgoff < PAGES && vma_pages(vma) <= PAGES - vma->vm_pgoff;
}

static vm_fault_t give_page(struct vm_fault *vmf)
{
	get_page(pages[vmf->pgoff]);
	vmf->page = pages[vmf->pgoff];
	return 0;
}

static vm_fault_t fault_sigbus(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

/* The next two are wrong for private mappings only. */
static vm_fault_t fault_hang(struct vm_fault *vmf)
{
	if (!(vmf->vma->vm_flags & VM_SHARED) && wait_event_killable(never, false))
		return VM_FAULT_SIGBUS;
	return give_page(vmf);
}

static vm_fault_t fault_stuck(struct vm_fault *vmf)
{
	while (!(vmf->vma->vm_flags & VM_SHARED) && !READ_ONCE(release))
		schedule_timeout_uninterruptible(HZ / 10);
	return give_page(vmf);
}

static const struct vm_operations_struct ops_sigbus = {.fault = fault_sigbus};
static const struct vm_operations_struct ops_hang = {.fault = fault_hang};
static const struct vm_operations_struct ops_stuck = {.fault = fault_stuck};

static int map_with(struct vm_area_struct *vma, const struct vm_operations_struct *ops)
{
	if (!in_bounds(vma))
		return -EINVAL;
	vma->vm_ops = ops;
	return 0;
}

static int map_sigbus(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_sigbus);
}

static int map_hang(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_hang);
}

static int map_stuck(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_stuck);
}

/* As in many drivers. */
static int map_plain(struct file *file, struct vm_area_struct *vma)
{
	if (!in_bounds(vma))
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		int err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
					 pages[vma->vm_pgoff + i]);

		if (err)
			return err;
	}
	return 0;
}

static loff_t seek_whole(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, PAGES * PAGE_SIZE);
}

/* Bytes that are not written yet cannot be read or touched, and a call transfers few bytes. */
#define QUANTUM 1000

static size_t filled;

static loff_t seek_filled(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, filled);
}

static void *at_position(loff_t position, size_t *count)
{
	*count = min_t(size_t, *count, QUANTUM);
	*count = min_t(size_t, *count, PAGE_SIZE - position % PAGE_SIZE);
	return page_address(pages[position / PAGE_SIZE]) + position % PAGE_SIZE;
}

static ssize_t read_short(struct file *file, char __user *to, size_t count, loff_t *position)
{
	void *from;

	if (*position >= filled)
		return 0;
	count = min_t(size_t, count, filled - *position);
	from = at_position(*position, &count);
	if (copy_to_user(to, from, count))
		return -EFAULT;
	*position += count;
	return count;
}

static ssize_t write_short(struct file *file, const char __user *from, size_t count,
			   loff_t *position)
{
	void *to;

	if (*position >= PAGES * PAGE_SIZE)
		return -ENOSPC;
	to = at_position(*position, &count);
	if (copy_from_user(to, from, count))
		return -EFAULT;
	*position += count;
	filled = max_t(size_t, filled, *position);
	return count;
}

static vm_fault_t fault_filled(struct vm_fault *vmf)
{
	return vmf->pgoff * PAGE_SIZE < filled ? give_page(vmf) : VM_FAULT_SIGBUS;
}

/* No page fault checks where the buffer ends. */
static vm_fault_t fault_beyond(struct vm_fault *vmf)
{
	vmf->page = pages[vmf->pgoff % PAGES];
	get_page(vmf->page);
	return 0;
}

/* Each page fault makes another page. */
static vm_fault_t fault_lost(struct vm_fault *vmf)
{
	vmf->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return vmf->page ? 0 : VM_FAULT_OOM;
}

static vm_fault_t fault_crash(struct vm_fault *vmf)
{
	return READ_ONCE(*(vm_fault_t *)(vmf->pgoff + 8));
}

static const struct vm_operations_struct ops_filled = {.fault = fault_filled};
static const struct vm_operations_struct ops_beyond = {.fault = fault_beyond};
static const struct vm_operations_struct ops_lost = {.fault = fault_lost};
static const struct vm_operations_struct ops_crash = {.fault = fault_crash};

static int map_filled(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_filled);
}

static int map_beyond(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &ops_beyond;
	return 0;
}

static int map_lost(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_lost);
}

static int map_crash(struct file *file, struct vm_area_struct *vma)
{
	return map_with(vma, &ops_crash);
}

static int map_warning(struct file *file, struct vm_area_struct *vma)
{
	WARN(1, "odd: a warning that the test wants\n");
	return map_plain(file, vma);
}

/* The VMAs that fork() makes are not counted, and the first that ends clears the contents. */
static int mappings;

static void close_uncounted(struct vm_area_struct *vma)
{
	if (--mappings)
		return;
	for (int i = 0; i < PAGES; i++)
		clear_highpage(pages[i]);
}

static const struct vm_operations_struct ops_uncounted = {.close = close_uncounted};

static int map_uncounted(struct file *file, struct vm_area_struct *vma)
{
	int err = map_plain(file, vma);

	if (!err) {
		mappings++;
		vma->vm_ops = &ops_uncounted;
	}
	return err;
}

static int map_private_as_shared(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags | VM_SHARED);
	return map_plain(file, vma);
}

static int map_upgradable(struct file *file, struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? -EPERM : map_plain(file, vma);
}

static int map_without_offset(struct file *file, struct vm_area_struct *vma)
{
	if (!in_bounds(vma))
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		int err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE, pages[i]);

		if (err)
			return err;
	}
	return 0;
}

/* Nothing can be mapped before a call has been made. */
static int open_unready(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return 0;
}

static long make_ready(struct file *file, unsigned int command, unsigned long argument)
{
	file->private_data = file;
	return 0;
}

static int map_if_ready(struct file *file, struct vm_area_struct *vma)
{
	return file->private_data ? map_plain(file, vma) : -EINVAL;
}

static atomic_t opened;

static int open_once(struct inode *inode, struct file *file)
{
	return atomic_cmpxchg(&opened, 0, 1) ? -EBUSY : 0;
}

static int release_once(struct inode *inode, struct file *file)
{
	atomic_set(&opened, 0);
	return 0;
}

static int open_hang(struct inode *inode, struct file *file)
{
	return wait_event_killable(never, false);
}

/* The drivers from here on are right, and unusual. */
static int map_pages(struct vm_area_struct *vma, unsigned long first, unsigned long count)
{
	if (vma_pages(vma) > count)
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		int err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
					 pages[(first + i) % PAGES]);

		if (err)
			return err;
	}
	return 0;
}

/* An offset names a region, as in UIO: one has a page, and the other eight. */
static int map_regions(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff > 1)
		return -EINVAL;
	return map_pages(vma, vma->vm_pgoff, vma->vm_pgoff ? 8 : 1);
}

/* An offset is a cookie, as in DRM. */
static int map_handles(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff && vma->vm_pgoff != 1UL << (32 - PAGE_SHIFT))
		return -EINVAL;
	return map_pages(vma, vma->vm_pgoff ? 1 : 0, vma->vm_pgoff ? 8 : 1);
}

/* Also a cookie, of which 32 bits count, as in V4L2: no number of bytes is cut. */
static int map_cookie(struct file *file, struct vm_area_struct *vma)
{
	return (u32)(vma->vm_pgoff << PAGE_SHIFT) ? -EINVAL : map_pages(vma, 0, PAGES);
}

static loff_t seek_page(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, PAGE_SIZE);
}

static int refuse_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

static int refuse_move(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static const struct vm_operations_struct ops_split = {
	.may_split = refuse_split,
	.mremap = refuse_move,
};

static int map_split(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &ops_split;
	return map_plain(file, vma);
}

/* A ring of half the pages, and the same again behind it. */
static int map_mirror(struct file *file, struct vm_area_struct *vma)
{
	if (!in_bounds(vma))
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		int err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
					 pages[(vma->vm_pgoff + i) % (PAGES / 2)]);

		if (err)
			return err;
	}
	return 0;
}

/* As V4L2 output: a mapping that cannot be written is refused. */
static int map_writable(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_WRITE) || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return map_plain(file, vma);
}

static int map_unit(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) < 4 || !is_power_of_2(vma_pages(vma)))
		return -EINVAL;
	return map_plain(file, vma);
}

static int map_frames(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) > 1 || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(pages[0]), PAGE_SIZE,
			       vma->vm_page_prot);
}

static int open_slow(struct inode *inode, struct file *file)
{
	msleep(100);
	return 0;
}

/* Its second user waits until the first has closed it, and so does a read(). */
static DECLARE_WAIT_QUEUE_HEAD(free_again);
static atomic_t taken;

static bool take(void)
{
	return !atomic_cmpxchg(&taken, 0, 1);
}

static int open_wait(struct inode *inode, struct file *file)
{
	if (file->f_flags & O_NONBLOCK)
		return take() ? 0 : -EBUSY;
	return wait_event_killable(free_again, take());
}

static int release_wait(struct inode *inode, struct file *file)
{
	atomic_set(&taken, 0);
	wake_up(&free_again);
	return 0;
}

static ssize_t read_wait(struct file *file, char __user *to, size_t count, loff_t *position)
{
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_killable(never, false);
}

/* A device writes this page all the time. */
static struct page *live;
static void write_live(struct work_struct *work);
static DECLARE_DELAYED_WORK(live_work, write_live);

static void write_live(struct work_struct *work)
{
	memset(page_address(live), jiffies & 0xff, 64);
	schedule_delayed_work(&live_work, 1);
}

static int open_live(struct inode *inode, struct file *file)
{
	schedule_delayed_work(&live_work, 0);
	return 0;
}

static int map_live(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) > 1)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, live);
}

/* These two are mistakes: an offset is cut to 32 bits, or two pages share a frame. */
static int map_cut(struct file *file, struct vm_area_struct *vma)
{
	u32 offset = vma->vm_pgoff << PAGE_SHIFT;

	if (offset / PAGE_SIZE >= PAGES)
		return -EINVAL;
	return map_pages(vma, offset / PAGE_SIZE, PAGES - offset / PAGE_SIZE);
}

static int map_alias(struct file *file, struct vm_area_struct *vma)
{
	if (!in_bounds(vma))
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		int err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
					 pages[(vma->vm_pgoff + i) / 2]);

		if (err)
			return err;
	}
	return 0;
}

/* A mapping shares its first page with all others and loses the rest. */
static int map_partly(struct file *file, struct vm_area_struct *vma)
{
	int err = 0;

	if (!in_bounds(vma))
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma) && !err; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     vma->vm_pgoff + i ? page : pages[0]);
		put_page(page);
	}
	return err;
}

/* No length or offset is refused, and each shows the one page. */
static vm_fault_t fault_endless(struct vm_fault *vmf)
{
	vmf->page = pages[0];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ops_endless = {.fault = fault_endless};

static int map_endless(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &ops_endless;
	return 0;
}

/* The same is right if each mapping has a page of its own. */
static vm_fault_t fault_own(struct vm_fault *vmf)
{
	vmf->page = vmf->vma->vm_private_data;
	get_page(vmf->page);
	return 0;
}

static void open_own(struct vm_area_struct *vma)
{
	get_page(vma->vm_private_data);
}

static void close_own(struct vm_area_struct *vma)
{
	put_page(vma->vm_private_data);
}

static const struct vm_operations_struct ops_own = {
	.open = open_own,
	.close = close_own,
	.fault = fault_own,
};

static int map_own(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = alloc_page(GFP_KERNEL | __GFP_ZERO);
	vma->vm_ops = &ops_own;
	return vma->vm_private_data ? 0 : -ENOMEM;
}

/* Its buffer is a page of eight that .mmap allows. A test that stores to the others is wrong.
 */
#define LIMIT_ORDER 3
static struct page *limited;

static int map_limit(struct file *file, struct vm_area_struct *vma)
{
	unsigned long count = 1UL << LIMIT_ORDER;

	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_pgoff >= count ||
	    vma_pages(vma) > count - vma->vm_pgoff)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(limited) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static int release_limit(struct inode *inode, struct file *file)
{
	WARN(memchr_inv(page_address(limited) + PAGE_SIZE, 0,
			(PAGE_SIZE << LIMIT_ORDER) - PAGE_SIZE),
	     "odd: a test stored to memory that is not the device's\n");
	return 0;
}

#define ODD(which, ...)                                                                     \
	{                                                                                   \
		.minor = MISC_DYNAMIC_MINOR, .name = "odd-" which,                          \
		.fops = &(const struct file_operations){.owner = THIS_MODULE, __VA_ARGS__}, \
	}

static struct miscdevice devices[] = {
	ODD("plain", .mmap = map_plain),
	ODD("sigbus", .mmap = map_sigbus),
	ODD("hang", .mmap = map_hang),
	ODD("stuck", .mmap = map_stuck),
	ODD("unmappable", .llseek = noop_llseek),
	ODD("unopenable", .open = open_hang),
	ODD("short", .mmap = map_filled, .read = read_short, .write = write_short,
	    .llseek = seek_filled),
	ODD("beyond", .mmap = map_beyond, .llseek = seek_whole),
	ODD("lost", .mmap = map_lost, .llseek = seek_whole),
	ODD("uncounted", .mmap = map_uncounted, .llseek = seek_whole),
	ODD("private", .mmap = map_private_as_shared, .llseek = seek_whole),
	ODD("upgradable", .mmap = map_upgradable, .llseek = seek_whole),
	ODD("offset", .mmap = map_without_offset, .llseek = seek_whole),
	ODD("unready", .mmap = map_if_ready, .open = open_unready, .unlocked_ioctl = make_ready),
	ODD("once", .mmap = map_plain, .open = open_once, .release = release_once,
	    .llseek = seek_whole),
	ODD("regions", .mmap = map_regions, .llseek = seek_page),
	ODD("handles", .mmap = map_handles),
	ODD("cookie", .mmap = map_cookie),
	ODD("split", .mmap = map_split, .llseek = seek_whole),
	ODD("mirror", .mmap = map_mirror),
	ODD("writable", .mmap = map_writable, .llseek = seek_whole),
	ODD("unit", .mmap = map_unit),
	ODD("frames", .mmap = map_frames, .llseek = seek_page),
	ODD("slow", .mmap = map_plain, .open = open_slow, .llseek = seek_whole),
	ODD("wait", .mmap = map_plain, .open = open_wait, .release = release_wait,
	    .read = read_wait, .llseek = seek_whole),
	ODD("live", .mmap = map_live, .open = open_live, .llseek = seek_page),
	ODD("cut", .mmap = map_cut, .llseek = seek_whole),
	ODD("alias", .mmap = map_alias, .llseek = seek_whole),
	ODD("partly", .mmap = map_partly, .llseek = seek_whole),
	ODD("endless", .mmap = map_endless),
	ODD("own", .mmap = map_own),
	ODD("limit", .mmap = map_limit, .release = release_limit),
	ODD("warning", .mmap = map_warning),
	ODD("crash", .mmap = map_crash),
};

static void odd_exit(void)
{
	for (int i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].this_device)
			misc_deregister(&devices[i]);
	cancel_delayed_work_sync(&live_work);
	if (live)
		put_page(live);
	if (limited)
		__free_pages(limited, LIMIT_ORDER);
	for (int i = 0; i < PAGES; i++)
		if (pages[i])
			put_page(pages[i]);
}
module_exit(odd_exit);

static int __init odd_init(void)
{
	int err = 0;

	for (int i = 0; i < PAGES && !err; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		err = pages[i] ? 0 : -ENOMEM;
	}
	live = alloc_page(GFP_KERNEL | __GFP_ZERO);
	limited = alloc_pages(GFP_KERNEL | __GFP_ZERO, LIMIT_ORDER);
	if (!live || !limited)
		err = -ENOMEM;
	for (int i = 0; i < ARRAY_SIZE(devices) && !err; i++)
		err = misc_register(&devices[i]);
	if (err)
		odd_exit();
	return err;
}
module_init(odd_init);

MODULE_DESCRIPTION("Odd devices for the test of mmapdemo conform");
MODULE_LICENSE("GPL");

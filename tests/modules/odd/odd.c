// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are no files, or are broken, for the test of `mmapdemo conform`.
 * Each has PAGES pages and neither read, write nor a size. Never load it
 * outside of a VM: some of them hold a process for ever.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/wait.h>

#define PAGES 32

static struct page *pages[PAGES];
static DECLARE_WAIT_QUEUE_HEAD(never);

static bool release;
module_param(release, bool, 0600);
MODULE_PARM_DESC(release, "let go of who is stuck");

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

/* The next two are at fault in private mappings alone. */
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

/* As many drivers do it. */
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

static int open_hang(struct inode *inode, struct file *file)
{
	return wait_event_killable(never, false);
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
};

static void odd_exit(void)
{
	for (int i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].this_device)
			misc_deregister(&devices[i]);
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
	for (int i = 0; i < ARRAY_SIZE(devices) && !err; i++)
		err = misc_register(&devices[i]);
	if (err)
		odd_exit();
	return err;
}
module_init(odd_init);

MODULE_DESCRIPTION("Odd devices for the test of mmapdemo conform");
MODULE_LICENSE("GPL");

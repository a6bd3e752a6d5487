/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The drivers of this folder share these parts: a buffer of ZOO_PAGES pages, its read(), write()
 * and lseek(), and a node of the module's name. The pages lie side by side, and each has a
 * reference count of its own, so a driver may hand them out by page fault, insert them or remap the
 * frames.
 * A driver defines what is special about it, and takes the rest from here.
 */
#ifndef ZOO_H
#define ZOO_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#ifndef ZOO_PAGES
#define ZOO_PAGES 16UL
#endif
#define ZOO_SIZE ((size_t)(ZOO_PAGES << PAGE_SHIFT))

#ifndef ZOO_HAS_VM_FLAGS_SET /* Linux 6.3 has it, see Kbuild */
#define vm_flags_set(vma, flags)   ((vma)->vm_flags |= (flags))
#define vm_flags_clear(vma, flags) ((vma)->vm_flags &= ~(flags))
#endif

static void *zoo_buffer;

static inline struct page *zoo_page(unsigned long index)
{
	return virt_to_page(zoo_buffer + (index << PAGE_SHIFT));
}

static inline ssize_t zoo_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return simple_read_from_buffer(to, count, pos, zoo_buffer, ZOO_SIZE);
}

static inline ssize_t zoo_write(struct file *file, const char __user *from, size_t count,
				loff_t *pos)
{
	if (count && *pos >= ZOO_SIZE)
		return -ENOSPC;
	return simple_write_to_buffer(zoo_buffer, ZOO_SIZE, pos, from, count);
}

static inline loff_t zoo_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, ZOO_SIZE);
}

#define ZOO_IO .llseek = zoo_llseek, .read = zoo_read, .write = zoo_write, .fsync = noop_fsync

static inline bool zoo_fits(struct vm_area_struct *vma)
{
	return vma->vm_pgoff < ZOO_PAGES && vma_pages(vma) <= ZOO_PAGES - vma->vm_pgoff;
}

/* Hands out a page by page fault. munmap() drops the reference. */
static inline vm_fault_t zoo_give(struct vm_fault *vmf, unsigned long index)
{
	if (index >= ZOO_PAGES)
		return VM_FAULT_SIGBUS;
	get_page(zoo_page(index));
	vmf->page = zoo_page(index);
	return 0;
}

static inline vm_fault_t zoo_fault(struct vm_fault *vmf)
{
	return zoo_give(vmf, vmf->pgoff);
}

static const struct vm_operations_struct zoo_vm_ops __maybe_unused = {
	.fault = zoo_fault,
};

/* Lets page faults serve a mapping of pages that exist. */
static inline int zoo_mmap_with(struct vm_area_struct *vma, const struct vm_operations_struct *ops)
{
	if (!zoo_fits(vma))
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_ops = ops;
	return 0;
}

static inline int zoo_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &zoo_vm_ops);
}

/* Makes the buffer, then a node, which may be opened at once. */
static inline int zoo_begin(struct miscdevice *misc)
{
	int err;

	zoo_buffer = alloc_pages_exact(ZOO_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!zoo_buffer)
		return -ENOMEM;
	err = misc_register(misc);
	if (err)
		free_pages_exact(zoo_buffer, ZOO_SIZE);
	return err;
}

static inline void zoo_end(struct miscdevice *misc)
{
	misc_deregister(misc);
	free_pages_exact(zoo_buffer, ZOO_SIZE);
}

/* ZOO_MODULE(FOPS, TEXT): the rest of a module with a node whose file operations are FOPS */
#define ZOO_MODULE(node_fops, text)                  \
	static struct miscdevice zoo_misc = {        \
		.minor = MISC_DYNAMIC_MINOR,         \
		.name = KBUILD_MODNAME,              \
		.fops = &(node_fops),                \
		.mode = 0666,                        \
	};                                           \
	module_driver(zoo_misc, zoo_begin, zoo_end); \
	MODULE_DESCRIPTION(text);                    \
	MODULE_LICENSE("GPL")

#endif

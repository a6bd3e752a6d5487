// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: a page exists once write() has stored to it. Before that, it is a hole.
 * A program sees: an empty device, and SIGBUS in a mapping of what nobody has written yet.
 * Source: LDD3's scullp (github.com/martinezjavier/ldd3): its .fault refuses holes.
 */
#include "zoo.h"

static DECLARE_BITMAP(sparse_written, ZOO_PAGES);

/* The end of what write() has filled, which is the size. */
static size_t sparse_end(void)
{
	return find_first_zero_bit(sparse_written, ZOO_PAGES) << PAGE_SHIFT;
}

static ssize_t sparse_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return simple_read_from_buffer(to, count, pos, zoo_buffer, sparse_end());
}

static ssize_t sparse_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	unsigned long first = *pos >> PAGE_SHIFT;
	ssize_t stored = zoo_write(file, from, count, pos);

	for (; stored > 0 && first <= (*pos - 1) >> PAGE_SHIFT; first++)
		set_bit(first, sparse_written);
	return stored;
}

static loff_t sparse_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, ZOO_SIZE, sparse_end());
}

static vm_fault_t sparse_fault(struct vm_fault *vmf)
{
	if (vmf->pgoff >= ZOO_PAGES || !test_bit(vmf->pgoff, sparse_written))
		return VM_FAULT_SIGBUS;
	return zoo_give(vmf, vmf->pgoff);
}

static const struct vm_operations_struct sparse_vm_ops = {
	.fault = sparse_fault,
};

static int sparse_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &sparse_vm_ops);
}

static const struct file_operations sparse_fops = {
	.owner = THIS_MODULE,
	.llseek = sparse_llseek,
	.read = sparse_read,
	.write = sparse_write,
	.fsync = noop_fsync,
	.mmap = sparse_mmap,
};

ZOO_MODULE(sparse_fops, "A driver that is empty at first");

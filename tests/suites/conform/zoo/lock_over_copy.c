// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: read() and write() copy to and from the program with a mutex held that .fault takes.
 * A program sees: read() into a mapping of the device never returns. SIGKILL ends the program.
 * Source: CVE-2025-21853 (bpf: mmap() against a lock held over an access to user memory); LDD3's
 *         scullp, whose read() and .fault take one semaphore.
 */
#include <linux/mutex.h>
#include "zoo.h"

static DEFINE_MUTEX(lock_over_copy_lock);

static ssize_t lock_over_copy_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	ssize_t copied;

	if (mutex_lock_killable(&lock_over_copy_lock))
		return -EINTR;
	copied = zoo_read(file, to, count, pos);
	mutex_unlock(&lock_over_copy_lock);
	return copied;
}

static ssize_t lock_over_copy_write(struct file *file, const char __user *from, size_t count,
				    loff_t *pos)
{
	ssize_t copied;

	if (mutex_lock_killable(&lock_over_copy_lock))
		return -EINTR;
	copied = zoo_write(file, from, count, pos);
	mutex_unlock(&lock_over_copy_lock);
	return copied;
}

static vm_fault_t lock_over_copy_fault(struct vm_fault *vmf)
{
	vm_fault_t result;

	if (mutex_lock_killable(&lock_over_copy_lock))
		return VM_FAULT_SIGBUS;
	result = zoo_fault(vmf);
	mutex_unlock(&lock_over_copy_lock);
	return result;
}

static const struct vm_operations_struct lock_over_copy_vm_ops = {
	.fault = lock_over_copy_fault,
};

static int lock_over_copy_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &lock_over_copy_vm_ops);
}

static const struct file_operations lock_over_copy_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.read = lock_over_copy_read,
	.write = lock_over_copy_write,
	.fsync = noop_fsync,
	.mmap = lock_over_copy_mmap,
};

ZOO_MODULE(lock_over_copy_fops, "A driver that holds a lock over a copy");

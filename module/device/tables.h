/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_TABLES_H
#define MMAPDEMO_TABLES_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>

/* The operations of a debugfs file whose inode has the buffer. */
extern const struct file_operations mmapdemo_tables_fops;

/*
 * Return: a process that uses the VMA's address space, while the caller holds RCU's lock; NULL
 * where the kernel knows none. It keeps the owner for memory control groups only.
 */
static inline struct task_struct *mmapdemo_tables_owner(const struct vm_area_struct *vma)
{
#ifdef CONFIG_MEMCG
	return rcu_dereference(vma->vm_mm->owner);
#else
	return NULL;
#endif
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Under /sys/kernel/debug/mmapdemo/NODE/: counters, one decimal number a file,
 * the live mappings, and their page-table entries (tables.c).
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "core/buffer.h"
#include "core/count.h"
#include "core/strategy.h"
#include "debugfs.h"
#include "node.h"
#include "tables.h"

#define MMAPDEMO_COUNTER(name, value)						\
static int mmapdemo_debugfs_##name(void *data, u64 *val)			\
{										\
	struct mmapdemo_buffer *buffer = data;					\
										\
	*val = (value);								\
	return 0;								\
}										\
DEFINE_DEBUGFS_ATTRIBUTE(mmapdemo_##name##_fops, mmapdemo_debugfs_##name, NULL, "%llu\n")

MMAPDEMO_COUNTER(resident, buffer->strategy->resident(buffer));
MMAPDEMO_COUNTER(opens, atomic_read(&buffer->opens));
MMAPDEMO_COUNTER(vmas, atomic_read(&buffer->vmas));
MMAPDEMO_COUNTER(vmas_peak, atomic_read(&buffer->vmas_peak));
MMAPDEMO_COUNTER(last_closes, atomic64_read(&buffer->events[MMAPDEMO_LAST_CLOSED]));
MMAPDEMO_COUNTER(faults, mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_READ) +
			 mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_WRITE) +
			 mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_COW));
MMAPDEMO_COUNTER(faults_read, mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_READ));
MMAPDEMO_COUNTER(faults_write, mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_WRITE));
MMAPDEMO_COUNTER(faults_cow, mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_COW));
MMAPDEMO_COUNTER(faults_huge, mmapdemo_count_sum(buffer, MMAPDEMO_FAULTED_HUGE));

static void mmapdemo_debugfs_show_vma(struct seq_file *file, struct vm_area_struct *vma)
{
	unsigned long flags = READ_ONCE(vma->vm_flags);
	char comm[TASK_COMM_LEN] = "?";
	struct task_struct *owner;
	pid_t pid = 0;

	rcu_read_lock();
	owner = mmapdemo_tables_owner(vma);
	if (owner) {
		pid = task_tgid_nr(owner);
		get_task_comm(comm, owner);
	}
	rcu_read_unlock();
	seq_printf(file, "%d %lx-%lx %c%c%c%c %llx ", pid, vma->vm_start, vma->vm_end,
		   flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
		   (u64)vma->vm_pgoff << PAGE_SHIFT);
	seq_puts(file, comm);
	seq_putc(file, '\n');
}

/*
 * The live mappings, a line each: PID START-END PERMS OFFSET COMM. They are in the inode's
 * tree of VMAs, and its lock keeps them there.
 */
static int mmapdemo_mappings_show(struct seq_file *file, void *unused)
{
	struct mmapdemo_buffer *buffer = file->private;
	struct address_space *mapping = buffer->inode->i_mapping;
	struct rb_node *node;

	i_mmap_lock_read(mapping);
	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node))
		mmapdemo_debugfs_show_vma(file, rb_entry(node, struct vm_area_struct, shared.rb));
	i_mmap_unlock_read(mapping);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mmapdemo_mappings);

static const struct {
	const char *name;
	const struct file_operations *fops;
} mmapdemo_counters[] = {
	{ "resident",		&mmapdemo_resident_fops },
	{ "opens",		&mmapdemo_opens_fops },
	{ "vmas",		&mmapdemo_vmas_fops },
	{ "vmas_peak",		&mmapdemo_vmas_peak_fops },
	{ "last_closes",	&mmapdemo_last_closes_fops },
	{ "faults",		&mmapdemo_faults_fops },
	{ "faults_read",	&mmapdemo_faults_read_fops },
	{ "faults_write",	&mmapdemo_faults_write_fops },
	{ "faults_cow",		&mmapdemo_faults_cow_fops },
	{ "faults_huge",	&mmapdemo_faults_huge_fops },
};

static struct dentry *mmapdemo_debugfs;

/* debugfs is an aid: the device works without it, so errors are ignored. */
void __init mmapdemo_debugfs_init(void)
{
	mmapdemo_debugfs = debugfs_create_dir("mmapdemo", NULL);
}

void mmapdemo_debugfs_exit(void)
{
	debugfs_remove_recursive(mmapdemo_debugfs);
}

void mmapdemo_debugfs_add(struct mmapdemo_node *node)
{
	struct mmapdemo_buffer *buffer = node->buffer;
	struct dentry *dir = debugfs_create_dir(buffer->name, mmapdemo_debugfs);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mmapdemo_counters); i++)
		debugfs_create_file(mmapdemo_counters[i].name, 0444, dir, buffer,
				    mmapdemo_counters[i].fops);
	/* Only root may see the addresses of other processes, and frame numbers. */
	debugfs_create_file("mappings", 0400, dir, buffer, &mmapdemo_mappings_fops);
	debugfs_create_file("tables", 0400, dir, buffer, &mmapdemo_tables_fops);
	node->debugfs = dir;
}

void mmapdemo_debugfs_remove(struct mmapdemo_node *node)
{
	debugfs_remove_recursive(node->debugfs);
}

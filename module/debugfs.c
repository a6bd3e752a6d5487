// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters under /sys/kernel/debug/mmapdemo/NODE/, one decimal number a file.
 */
#include <linux/debugfs.h>

#include "buffer.h"
#include "debugfs.h"

#define MMAPDEMO_COUNTER(name, value)						\
static int mmapdemo_debugfs_##name(void *data, u64 *val)			\
{										\
	struct mmapdemo_buffer *buffer = data;					\
										\
	*val = (value);								\
	return 0;								\
}										\
DEFINE_DEBUGFS_ATTRIBUTE(mmapdemo_##name##_fops, mmapdemo_debugfs_##name, NULL, "%llu\n")

MMAPDEMO_COUNTER(size, i_size_read(buffer->inode));
MMAPDEMO_COUNTER(resident, mmapdemo_buffer_resident(buffer));
MMAPDEMO_COUNTER(opens, atomic_read(&buffer->opens));
MMAPDEMO_COUNTER(vmas, atomic_read(&buffer->vmas));
MMAPDEMO_COUNTER(vmas_peak, atomic_read(&buffer->vmas_peak));
MMAPDEMO_COUNTER(last_closes, atomic64_read(&buffer->last_closes));
MMAPDEMO_COUNTER(faults, mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_READ) +
			 mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_WRITE) +
			 mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_COW));
MMAPDEMO_COUNTER(faults_read, mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_READ));
MMAPDEMO_COUNTER(faults_write, mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_WRITE));
MMAPDEMO_COUNTER(faults_cow, mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_COW));
MMAPDEMO_COUNTER(faults_huge, mmapdemo_buffer_counted(buffer, MMAPDEMO_FAULT_HUGE));

static const struct {
	const char *name;
	const struct file_operations *fops;
} mmapdemo_counters[] = {
	{ "size",		&mmapdemo_size_fops },
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

/* debugfs is an aid: the device works without it, so nobody looks for errors. */
void __init mmapdemo_debugfs_init(struct mmapdemo_buffer *buffer)
{
	struct dentry *dir;
	size_t i;

	buffer->debugfs = debugfs_create_dir("mmapdemo", NULL);
	dir = debugfs_create_dir(buffer->name, buffer->debugfs);
	for (i = 0; i < ARRAY_SIZE(mmapdemo_counters); i++)
		debugfs_create_file(mmapdemo_counters[i].name, 0444, dir, buffer,
				    mmapdemo_counters[i].fops);
}

void mmapdemo_debugfs_exit(struct mmapdemo_buffer *buffer)
{
	debugfs_remove_recursive(buffer->debugfs);
}

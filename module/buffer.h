/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_BUFFER_H
#define MMAPDEMO_BUFFER_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>

/**
 * enum mmapdemo_fault_kind - what page faults are counted as
 * @MMAPDEMO_FAULT_READ: mapped a page for reading, and maybe its neighbours
 * @MMAPDEMO_FAULT_WRITE: mapped a page of a shared mapping for writing
 * @MMAPDEMO_FAULT_COW: found the page that a store to a private mapping copies
 * @MMAPDEMO_FAULT_HUGE: no fault, but a huge page mapped by one
 * @MMAPDEMO_FAULT_KINDS: how many there are
 */
enum mmapdemo_fault_kind {
	MMAPDEMO_FAULT_READ,
	MMAPDEMO_FAULT_WRITE,
	MMAPDEMO_FAULT_COW,
	MMAPDEMO_FAULT_HUGE,
	MMAPDEMO_FAULT_KINDS,
};

struct mmapdemo_faults {
	unsigned long count[MMAPDEMO_FAULT_KINDS];
};

/**
 * struct mmapdemo_buffer - memory behind one device node: a file without a file system
 * @name: node name, in /dev and in debugfs
 * @inode: private inode; its mapping holds the folios, its i_size the size.
 *	inode_lock() serialises writers with whoever removes folios or changes
 *	the size, who also takes the mapping's invalidate lock against faults.
 * @huge: may use huge folios
 * @misc: the device node
 * @debugfs: folder with the counters
 * @opens: open file descriptions, now
 * @vmas: live VMAs in all processes, now. Atomic, because fork opens a VMA for
 *	the child, exit closes one, each under its own mm's lock only.
 * @vmas_peak: the most @vmas has been
 * @last_closes: how often @vmas came back to zero
 * @faults: page faults by kind, of each processor
 *
 * Lives from module load to unload. Open files pin the module and VMAs pin
 * their file, so no reference to the buffer is counted.
 */
struct mmapdemo_buffer {
	const char *name;
	struct inode *inode;
	bool huge;
	struct miscdevice misc;
	struct dentry *debugfs;
	atomic_t opens;
	atomic_t vmas;
	atomic_t vmas_peak;
	atomic64_t last_closes;
	struct mmapdemo_faults __percpu *faults;
};

/* The buffer that an open file, or a VMA's file, belongs to. */
static inline struct mmapdemo_buffer *mmapdemo_buffer_of(const struct file *file)
{
	return file->f_mapping->host->i_private;
}

static inline void mmapdemo_buffer_count(struct mmapdemo_buffer *buffer,
					 enum mmapdemo_fault_kind kind)
{
	this_cpu_inc(buffer->faults->count[kind]);
}

unsigned long mmapdemo_buffer_counted(struct mmapdemo_buffer *buffer,
				      enum mmapdemo_fault_kind kind);

int mmapdemo_buffer_init(struct mmapdemo_buffer *buffer, loff_t size, bool huge);
void mmapdemo_buffer_exit(struct mmapdemo_buffer *buffer);

struct folio *mmapdemo_buffer_get_folio(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_buffer_populate(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
loff_t mmapdemo_buffer_seek_data(struct mmapdemo_buffer *buffer, loff_t pos);
loff_t mmapdemo_buffer_seek_hole(struct mmapdemo_buffer *buffer, loff_t pos);
size_t mmapdemo_buffer_resident(struct mmapdemo_buffer *buffer);

#endif

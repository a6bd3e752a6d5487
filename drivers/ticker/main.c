// SPDX-License-Identifier: GPL-2.0-only
/*
 * ticker: a producer in the kernel, as a lesson in <linux/mmapdemo.h>.
 *
 * The driver writes records into a ring that programs map. Nothing is copied, and the
 * producer does not wait for programs: a slow one sees how many records were overwritten
 * (ticker.h).
 *
 *	buffer	memory that programs map and the driver writes to
 *	hold	keeps the buffer's pages in place, and has a kernel address for them
 *	work	writes some records, wakes waiting programs, and queues itself again
 *
 * A program with a writable mapping may change the ring. So the driver only writes to it, and
 * keeps its own state elsewhere.
 */
#include <linux/device.h>
#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "ticker.h"

static unsigned int pages = 16;
module_param(pages, uint, 0444);
MODULE_PARM_DESC(pages, "pages of the ring (default 16)");

static unsigned int batch = 8;
module_param(batch, uint, 0644);
MODULE_PARM_DESC(batch, "records written at a time (default 8)");

static unsigned int interval = 4;
module_param(interval, uint, 0644);
MODULE_PARM_DESC(interval, "milliseconds between two batches (default 4)");

static struct {
	struct mmapdemo_buffer *buffer;
	struct mmapdemo_hold *hold;
	struct delayed_work work;
	struct ticker_head *head; /* in the mapping */
	struct ticker_record *ring; /* in the mapping */
	u64 capacity;
	u64 written; /* the driver's own copy of head */
} ticker;

/* Writes a slot. At that time head already covers the record before it. */
static void ticker_write(u64 time)
{
	struct ticker_record *record;
	u64 slot;

	div64_u64_rem(ticker.written, ticker.capacity, &slot);
	record = &ticker.ring[slot];
	WRITE_ONCE(record->number, ticker.written);
	WRITE_ONCE(record->time, time);
	WRITE_ONCE(record->check, ~ticker.written);
	WRITE_ONCE(ticker.written, ticker.written + 1);
	/* A program that sees the new head sees the record. */
	smp_store_release(&ticker.head->head, ticker.written);
	/* A program that sees a part of the next record sees this head: ticker.h, step 3. */
	smp_wmb();
}

static void ticker_work(struct work_struct *work)
{
	unsigned int i, count = READ_ONCE(batch);

	for (i = 0; i < count; i++)
		ticker_write(ktime_get_ns());
	/* Needed only if caches are indexed by virtual addresses. */
	flush_kernel_vmap_range(ticker.head, mmapdemo_bytes(ticker.buffer));
	mmapdemo_notify(ticker.buffer);
	schedule_delayed_work(&ticker.work, msecs_to_jiffies(READ_ONCE(interval)));
}

static int ticker_open(struct inode *inode, struct file *file)
{
	/* The core uses private_data. A driver passes its data of the file as the last argument. */
	return mmapdemo_io_attach(file, ticker.buffer, NULL);
}

static int ticker_release(struct inode *inode, struct file *file)
{
	mmapdemo_io_detach(file);
	return 0;
}

/* As in UIO: read() returns how far the producer is, and poll() then waits for more. */
static ssize_t ticker_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	u64 written;
	int err;

	if (count < sizeof(written))
		return -EINVAL;
	err = mmapdemo_wait(file);
	if (err)
		return err;
	written = READ_ONCE(ticker.written);
	return copy_to_user(to, &written, sizeof(written)) ? -EFAULT : sizeof(written);
}

static const struct file_operations ticker_fops = {
	.owner			= THIS_MODULE, /* rmmod is EBUSY while a file or a mapping exists */
	.open			= ticker_open,
	.release		= ticker_release,
	.read			= ticker_read,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= mmapdemo_notify_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fasync			= mmapdemo_events_fasync,
	.llseek			= noop_llseek,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

/*
 * echo 1 >/sys/class/misc/ticker/gone: as if the device were unplugged. A driver for
 * hardware calls mmapdemo_revoke() from its remove(), while programs have the buffer mapped, and
 * then stops the writer of the buffer. Here no program can start the work again, so that either
 * may come first.
 */
static ssize_t gone_store(struct device *dev, struct device_attribute *attr, const char *val,
			  size_t count)
{
	bool gone;
	int err = kstrtobool(val, &gone);

	if (!err && gone) {
		cancel_delayed_work_sync(&ticker.work);
		err = mmapdemo_revoke(ticker.buffer);
	}
	return err ?: count;
}
static DEVICE_ATTR_WO(gone);

static struct attribute *ticker_attrs[] = {
	&dev_attr_gone.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ticker);

static struct miscdevice ticker_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "ticker",
	.fops	= &ticker_fops,
	.mode	= 0444, /* programs need only read */
	.groups	= ticker_groups,
};

/* The page with the head, and the ring behind it, in one piece of kernel addresses. */
static int __init ticker_init_ring(void)
{
	struct ticker_head *head;

	ticker.hold = mmapdemo_hold(ticker.buffer, 0, mmapdemo_bytes(ticker.buffer));
	if (IS_ERR(ticker.hold))
		return PTR_ERR(ticker.hold);
	head = mmapdemo_hold_vmap(ticker.hold);
	if (!head) {
		mmapdemo_hold_end(ticker.hold);
		return -ENOMEM;
	}
	ticker.head = head;
	ticker.ring = (void *)head + PAGE_SIZE;
	ticker.capacity = (u64)pages * PAGE_SIZE / sizeof(*ticker.ring);
	head->capacity = ticker.capacity;
	head->offset = PAGE_SIZE;
	return 0;
}

static int __init ticker_init(void)
{
	struct mmapdemo_buffer *buffer;
	int err;

	if (!pages)
		return -EINVAL;
	err = mmapdemo_core_init();
	if (err)
		return err;
	buffer = mmapdemo_create("ticker", ((u64)pages + 1) << PAGE_SHIFT, NUMA_NO_NODE, 0);
	if (IS_ERR(buffer)) {
		err = PTR_ERR(buffer);
		goto exit_core;
	}
	ticker.buffer = buffer;
	err = ticker_init_ring();
	if (err)
		goto put;
	INIT_DELAYED_WORK(&ticker.work, ticker_work);
	/* Last, as a program can open the node at once, and nothing may fail after that. */
	err = misc_register(&ticker_misc);
	if (err)
		goto end_hold;
	schedule_delayed_work(&ticker.work, 0);
	return 0;

end_hold:
	mmapdemo_hold_end(ticker.hold);
put:
	mmapdemo_put(buffer);
exit_core:
	mmapdemo_core_exit();
	return err;
}

/* No file is open, as each open file keeps the module. */
static void __exit ticker_exit(void)
{
	misc_deregister(&ticker_misc);
	cancel_delayed_work_sync(&ticker.work);
	mmapdemo_hold_end(ticker.hold);
	mmapdemo_put(ticker.buffer);
	mmapdemo_core_exit();
}

module_init(ticker_init);
module_exit(ticker_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("A producer in the kernel whose records programs map");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

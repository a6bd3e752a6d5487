// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with the core without its optional parts: programs map /dev/minimal, and
 * `echo 1 >/sys/module/minimal/parameters/gone' revokes its buffer.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/sizes.h>

static struct mmapdemo_buffer *minimal_buffer;

/*
 * The kernel removes a parameter's file only after module_exit(), or after an init that failed. So
 * minimal_gone() must not find a buffer that is put.
 */
static void minimal_set_buffer(struct mmapdemo_buffer *buffer)
{
	kernel_param_lock(THIS_MODULE);
	minimal_buffer = buffer;
	kernel_param_unlock(THIS_MODULE);
}

/* The kernel calls it with the lock of the module's parameters held. */
static int minimal_gone(const char *value, const struct kernel_param *param)
{
	return minimal_buffer ? mmapdemo_revoke(minimal_buffer) : -ENODEV;
}

static const struct kernel_param_ops minimal_gone_ops = {
	.set	= minimal_gone,
};
module_param_cb(gone, &minimal_gone_ops, NULL, 0200);

static int minimal_open(struct inode *inode, struct file *file)
{
	return mmapdemo_io_attach(file, minimal_buffer, NULL);
}

static int minimal_release(struct inode *inode, struct file *file)
{
	mmapdemo_io_detach(file);
	return 0;
}

static const struct file_operations minimal_fops = {
	.owner			= THIS_MODULE,
	.open			= minimal_open,
	.release		= minimal_release,
	.llseek			= noop_llseek,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

static struct miscdevice minimal_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "minimal",
	.fops	= &minimal_fops,
	.mode	= 0666,
};

/* Whether a call works that needs a part which is left out. */
static bool minimal_has_more(void)
{
	return mmapdemo_resize(minimal_buffer, SZ_8M) != -EOPNOTSUPP ||
	       mmapdemo_punch(minimal_buffer, 0, SZ_1M) != -EOPNOTSUPP;
}

static int __init minimal_init(void)
{
	struct mmapdemo_buffer *buffer;
	int err = mmapdemo_core_init();

	if (err)
		return err;
	buffer = mmapdemo_create("minimal", SZ_4M, NUMA_NO_NODE, 0);
	err = PTR_ERR_OR_ZERO(buffer);
	if (err)
		goto exit_core;
	minimal_set_buffer(buffer);
	err = minimal_has_more() ? -EINVAL : misc_register(&minimal_misc);
	if (!err)
		return 0;

	minimal_set_buffer(NULL);
	mmapdemo_put(buffer);
exit_core:
	mmapdemo_core_exit();
	return err;
}

static void __exit minimal_exit(void)
{
	struct mmapdemo_buffer *buffer = minimal_buffer;

	misc_deregister(&minimal_misc);
	minimal_set_buffer(NULL);
	mmapdemo_put(buffer);
	mmapdemo_core_exit();
}

module_init(minimal_init);
module_exit(minimal_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("A driver with the smallest core");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

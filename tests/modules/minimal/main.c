// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver has that takes the core without its parts: programs map /dev/minimal, and
 * `echo 1 >/sys/module/minimal/parameters/gone' takes it from them.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/sizes.h>

static struct mmapdemo_buffer *minimal_buffer;

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

/* What needs a part that is left out. */
static bool minimal_has_more(void)
{
	return mmapdemo_resize(minimal_buffer, SZ_8M) != -EOPNOTSUPP ||
	       mmapdemo_punch(minimal_buffer, 0, SZ_1M) != -EOPNOTSUPP;
}

static int __init minimal_init(void)
{
	int err = mmapdemo_core_init();

	if (err)
		return err;
	minimal_buffer = mmapdemo_create("minimal", SZ_4M, NUMA_NO_NODE, 0);
	err = PTR_ERR_OR_ZERO(minimal_buffer);
	if (err)
		goto exit_core;
	err = minimal_has_more() ? -EINVAL : misc_register(&minimal_misc);
	if (!err)
		return 0;

	mmapdemo_put(minimal_buffer);
exit_core:
	mmapdemo_core_exit();
	return err;
}

static void __exit minimal_exit(void)
{
	misc_deregister(&minimal_misc);
	mmapdemo_put(minimal_buffer);
	mmapdemo_core_exit();
}

module_init(minimal_init);
module_exit(minimal_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("A driver with the smallest core");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");

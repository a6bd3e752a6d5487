// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the registration of one of mmapdemo's nodes fail, after others were
 * registered: it asks for a minor that this module has taken, which is EBUSY.
 * Before that it keeps the loading processor busy, so that others find the nodes
 * that are there already.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>

#define LATE_LOAD_MINOR	250 /* no driver of the kernel has it */

static unsigned int nth;
module_param(nth, uint, 0600);
MODULE_PARM_DESC(nth, "which of the nodes fails, 1 is the first (default 0: none)");

static unsigned int window;
module_param(window, uint, 0600);
MODULE_PARM_DESC(window, "milliseconds from the registration before it (default 0)");

static const struct file_operations late_load_fops = {
	.owner	= THIS_MODULE,
};

static struct miscdevice late_load_misc = {
	.minor	= LATE_LOAD_MINOR,
	.name	= "late_load",
	.fops	= &late_load_fops,
};

/* One module is loaded at a time: nothing else counts here. */
static unsigned int late_load_count;

static int late_load_enter(struct kprobe *probe, struct pt_regs *regs)
{
	struct miscdevice *misc = (void *)regs_get_kernel_argument(regs, 0);

	if (strncmp(misc->name, "mmapdemo", strlen("mmapdemo")))
		return 0;
	/* The first of a load: pagecache's node, or the only one there is. */
	if (!strcmp(misc->name, "mmapdemo"))
		late_load_count = 0;
	if (++late_load_count != READ_ONCE(nth))
		return 0;
	mdelay(READ_ONCE(window));
	misc->minor = LATE_LOAD_MINOR;
	return 0;
}

static struct kprobe late_load_probe = {
	.symbol_name	= "misc_register",
	.pre_handler	= late_load_enter,
};

static int __init late_load_init(void)
{
	int err = misc_register(&late_load_misc);

	if (err)
		return err;
	err = register_kprobe(&late_load_probe);
	if (err)
		misc_deregister(&late_load_misc);
	return err;
}

static void __exit late_load_exit(void)
{
	unregister_kprobe(&late_load_probe);
	misc_deregister(&late_load_misc);
}

module_init(late_load_init);
module_exit(late_load_exit);
MODULE_DESCRIPTION("Makes a load of mmapdemo fail at one of its nodes");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a load of mmapdemo fail with EBUSY at one of its nodes, after others were added, or
 * after the last one, before programs could open them. Before that it waits, so that programs
 * find the nodes that exist already.
 */
#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

static unsigned int nth;
module_param(nth, uint, 0600);
MODULE_PARM_DESC(nth, "which of the steps fails: 1 is the first node (default 0: none)");

static unsigned int window;
module_param(window, uint, 0600);
MODULE_PARM_DESC(window, "milliseconds from the step before it (default 0)");

static unsigned int late_cdevs;
module_param_named(cdevs, late_cdevs, uint, 0400);
MODULE_PARM_DESC(cdevs, "how often the step after the last node was reached");

/* One module is loaded at a time: nothing else counts here. */
static unsigned int late_load_count;

/* In place of the function that is probed, in its context. */
static noinline int late_load_fail(void)
{
	msleep(READ_ONCE(window));
	return -EBUSY;
}

static int late_load_step(struct pt_regs *regs)
{
	if (++late_load_count != READ_ONCE(nth))
		return 0;
	instruction_pointer_set(regs, (unsigned long)late_load_fail);
	return 1;
}

static int late_load_device(struct kprobe *probe, struct pt_regs *regs)
{
	const struct device *dev = (void *)regs_get_kernel_argument(regs, 0);

	if (!dev->class || strcmp(dev->class->name, "mmapdemo"))
		return 0;
	/* The first of a load: pagecache's node, or the only one there is. */
	if (!strcmp(dev_name(dev), "mmapdemo"))
		late_load_count = 0;
	return late_load_step(regs);
}

static int late_load_cdev(struct kprobe *probe, struct pt_regs *regs)
{
	const struct cdev *cdev = (void *)regs_get_kernel_argument(regs, 0);

	if (!cdev->owner || strcmp(cdev->owner->name, "mmapdemo"))
		return 0;
	late_cdevs++;
	return late_load_step(regs);
}

/* Only a probe that has one may go on elsewhere: Documentation/trace/kprobes.rst */
static void late_load_after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe late_load_device_probe = {
	.symbol_name	= "device_add",
	.pre_handler	= late_load_device,
	.post_handler	= late_load_after,
};

static struct kprobe late_load_cdev_probe = {
	.symbol_name	= "cdev_add",
	.pre_handler	= late_load_cdev,
	.post_handler	= late_load_after,
};

static struct kprobe *late_load_probes[] = { &late_load_device_probe, &late_load_cdev_probe };

static int __init late_load_init(void)
{
	return register_kprobes(late_load_probes, ARRAY_SIZE(late_load_probes));
}

static void __exit late_load_exit(void)
{
	unregister_kprobes(late_load_probes, ARRAY_SIZE(late_load_probes));
}

module_init(late_load_init);
module_exit(late_load_exit);
MODULE_DESCRIPTION("Makes a load of mmapdemo fail at one of its nodes");
MODULE_LICENSE("GPL");

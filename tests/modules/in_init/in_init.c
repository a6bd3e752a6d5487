// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has failures begin where mmapdemo's own code does, when it is loaded: before
 * that the core makes room for it, patches its jumps, tells the tracers, of which
 * some WARN when there is no memory, and makes hundreds of files in sysfs. Who
 * writes to /proc/PID/fail-nth before the load cannot wait for that.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

static unsigned int nth;
module_param(nth, uint, 0600);
MODULE_PARM_DESC(nth, "what fail-nth of the loading process becomes");

static int in_init_enter(struct kprobe *probe, struct pt_regs *regs)
{
	const struct module *module = (void *)regs_get_kernel_argument(regs, 0);

	if (!strcmp(module->name, "mmapdemo"))
		WRITE_ONCE(current->fail_nth, nth);
	return 0;
}

static struct kprobe in_init_probe = {
	.symbol_name	= "do_init_module",
	.pre_handler	= in_init_enter,
};

static int __init in_init_init(void)
{
	return register_kprobe(&in_init_probe);
}

static void __exit in_init_exit(void)
{
	unregister_kprobe(&in_init_probe);
}

module_init(in_init_init);
module_exit(in_init_exit);
MODULE_DESCRIPTION("Begins fail-nth in the load of mmapdemo");
MODULE_LICENSE("GPL");

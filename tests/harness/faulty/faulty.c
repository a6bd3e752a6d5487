// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that goes wrong in the way that its parameter says, so that the
 * harness can be seen to notice. Never load it outside of a VM.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "warn, oops, panic, hang, refuse, stay, leave or warn-late");

static int __init faulty_init(void)
{
	if (!strcmp(fault, "warn"))
		WARN(1, "faulty: as asked\n");
	else if (!strcmp(fault, "oops"))
		*(volatile int *)8 = 0;
	else if (!strcmp(fault, "panic"))
		panic("faulty: as asked");
	else if (!strcmp(fault, "hang"))
		for (;;)
			cpu_relax();
	else if (!strcmp(fault, "stay"))
		__module_get(THIS_MODULE);
	else if (!strcmp(fault, "leave"))
		debugfs_create_dir(KBUILD_MODNAME, NULL);

	if (!strcmp(fault, "refuse")) {
		pr_err(KBUILD_MODNAME ": refuses, as asked\n");
		return -EINVAL;
	}
	return 0;
}

static void __exit faulty_exit(void)
{
	WARN(!strcmp(fault, "warn-late"), "faulty: as asked, late\n");
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("Faults for the tests of the test harness");
MODULE_LICENSE("GPL");

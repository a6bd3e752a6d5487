// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that makes the mistake that its parameter names, to test that the
 * harness notices it. Never load it outside of a VM.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "one of the names in faults[], refuse or warn-late");

static void faulty_warn(void)
{
	WARN(1, "faulty: as asked\n");
}

static void faulty_oops(void)
{
	*(volatile int *)8 = 0;
}

static void faulty_panic(void)
{
	panic("faulty: as asked");
}

static void faulty_hang(void)
{
	for (;;)
		cpu_relax();
}

static void faulty_stay(void)
{
	__module_get(THIS_MODULE);
}

static void faulty_leave(void)
{
	debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/* Mistakes that only a debug kernel sees; volatile, or the compiler sees them first. */

static void faulty_use_after_free(void)
{
	char *volatile object = kzalloc(64, GFP_KERNEL);
	char *volatile stale = object;

	kfree(object);
	WRITE_ONCE(stale[8], 1);
}

static void faulty_overrun(void)
{
	char *volatile area = vzalloc(100);

	WRITE_ONCE(area[100], 1);
	vfree(area);
}

static void faulty_leak(void)
{
	void *object = kzalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(object);
}

static DEFINE_SPINLOCK(faulty_spinlock);

static void faulty_sleep(void)
{
	spin_lock(&faulty_spinlock);
	kfree(kmalloc(64, GFP_KERNEL));
	spin_unlock(&faulty_spinlock);
}

static DEFINE_MUTEX(faulty_a);
static DEFINE_MUTEX(faulty_b);

/* No deadlock, but two tasks that do this at once would deadlock. */
static void faulty_lock_order(void)
{
	mutex_lock(&faulty_a);
	mutex_lock(&faulty_b);
	mutex_unlock(&faulty_b);
	mutex_unlock(&faulty_a);

	mutex_lock(&faulty_b);
	mutex_lock(&faulty_a);
	mutex_unlock(&faulty_a);
	mutex_unlock(&faulty_b);
}

static void faulty_shift(void)
{
	volatile int by = 40;

	pr_info("faulty: %d\n", 1 << by);
}

static void faulty_refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static void faulty_list(void)
{
	struct list_head first, second;
	LIST_HEAD(list);

	list_add(&first, &list);
	list_add(&second, &list);
	first.prev = &list;
	list_del(&first);
}

static void faulty_timer_is_late(struct timer_list *timer)
{
}

static void faulty_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, faulty_timer_is_late, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

static int faulty_counter;

static int faulty_count(void *unused)
{
	int i;

	for (i = 0; i < 100000; i++) {
		faulty_counter++;
		barrier();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void faulty_race(void)
{
	struct task_struct *other = kthread_run(faulty_count, NULL, "faulty");
	int i;

	if (IS_ERR(other))
		return;
	for (i = 0; i < 100000; i++) {
		faulty_counter++;
		barrier();
	}
	kthread_stop(other);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "warn",		faulty_warn },
	{ "oops",		faulty_oops },
	{ "panic",		faulty_panic },
	{ "hang",		faulty_hang },
	{ "stay",		faulty_stay },
	{ "leave",		faulty_leave },
	{ "use-after-free",	faulty_use_after_free },
	{ "overrun",		faulty_overrun },
	{ "leak",		faulty_leak },
	{ "sleep",		faulty_sleep },
	{ "lock-order",		faulty_lock_order },
	{ "shift",		faulty_shift },
	{ "refcount",		faulty_refcount },
	{ "list",		faulty_list },
	{ "timer",		faulty_timer },
	{ "race",		faulty_race },
};

static int __init faulty_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			faults[i].make();

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

// SPDX-License-Identifier: GPL-2.0-only
/* Gives a buffer its lab. */
#include <linux/slab.h>

#include "attach.h"
#include "core/hooks.h"
#include "delay.h"
#include "inject.h"
#include "rules.h"
#include "wipe.h"

/* hook_ops->detach. No program has the buffer open or mapped. */
static void mmapdemo_detach_lab(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_lab *lab = mmapdemo_lab_of(buffer);

	buffer->hooks = NULL;
	if (lab->hooks.wipe_policy)
		mmapdemo_hooks_disable();
	mmapdemo_rules_exit(lab);
	kfree(lab);
}

static const struct mmapdemo_hook_ops mmapdemo_lab_ops = {
	.has_rule	= mmapdemo_inject_has_rule,
	.check		= mmapdemo_inject_check,
	.delay		= mmapdemo_delay_fault,
	.access		= mmapdemo_inject_access,
	.slow		= mmapdemo_delay_is_slow,
	.put		= mmapdemo_wipe_put,
	.detach		= mmapdemo_detach_lab,
};

/* Gives a buffer a lab unless it has one. The lab is freed with the buffer. */
int mmapdemo_attach_lab(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_lab *lab;

	if (READ_ONCE(buffer->hooks))
		return 0;
	lab = kzalloc(sizeof(*lab), GFP_KERNEL_ACCOUNT);
	if (!lab)
		return -ENOMEM;
	lab->hooks.ops = &mmapdemo_lab_ops;
	mmapdemo_rules_init(lab);
	/* Another task may have set one first. */
	if (cmpxchg(&buffer->hooks, NULL, &lab->hooks))
		kfree(lab);
	return 0;
}

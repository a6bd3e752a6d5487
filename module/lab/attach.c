// SPDX-License-Identifier: GPL-2.0-only
/* Gives a buffer its lab. */
#include <linux/slab.h>

#include "attach.h"
#include "core/hooks.h"
#include "delay.h"
#include "inject.h"
#include "rules.h"
#include "wipe.h"

static const struct mmapdemo_hook_ops mmapdemo_lab_ops = {
	.has_rule	= mmapdemo_inject_has_rule,
	.check		= mmapdemo_inject_check,
	.delay		= mmapdemo_delay_fault,
	.put		= mmapdemo_wipe_put,
};

int __init mmapdemo_attach_lab(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_lab *lab = kzalloc(sizeof(*lab), GFP_KERNEL);

	if (!lab)
		return -ENOMEM;
	lab->hooks.ops = &mmapdemo_lab_ops;
	mmapdemo_rules_init(lab);
	buffer->hooks = &lab->hooks;
	return 0;
}

/* If there is one. No program has the buffer open or mapped. */
void mmapdemo_detach_lab(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_lab *lab;

	if (!buffer->hooks)
		return;
	lab = mmapdemo_lab_of(buffer);
	buffer->hooks = NULL;
	if (lab->hooks.wipe_policy)
		mmapdemo_hooks_disable();
	mmapdemo_rules_exit(lab);
	kfree(lab);
}

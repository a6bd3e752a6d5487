// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters. A bad one makes the load fail, and a line in the kernel log
 * says which values are valid.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/string.h>

#include "core/strategy.h"
#include "device/nodes.h"
#include "device/sysfs.h"
#include "params.h"
#include "strategy/cache.h"
#include "strategy/list.h"

struct mmapdemo_node_settings mmapdemo_param_settings = MMAPDEMO_NODE_DEFAULTS;
unsigned long mmapdemo_param_strategies = BIT(0);

static int mmapdemo_param_set_size(const char *val, const struct kernel_param *kp)
{
	u64 memory = (u64)totalram_pages() << PAGE_SHIFT;
	u64 size;
	int err = mmapdemo_sysfs_parse_bytes(val, &size);

	if (err) {
		pr_err("size=%s: want a number of bytes, with K, M or G if you like\n", val);
		return err;
	}
	if (!size || !PAGE_ALIGNED(size)) {
		pr_err("size=%s: want a multiple of the page size, %lu, above 0\n",
		       val, PAGE_SIZE);
		return -EINVAL;
	}
	if (size > memory) {
		pr_err("size=%s: more than this machine's memory, %lluM\n", val, memory >> 20);
		return -ENOMEM;
	}
	*(loff_t *)kp->arg = size;
	return 0;
}

static int mmapdemo_param_get_size(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%lld\n", *(loff_t *)kp->arg);
}

static const struct kernel_param_ops mmapdemo_size_ops = {
	.set	= mmapdemo_param_set_size,
	.get	= mmapdemo_param_get_size,
};

static int mmapdemo_param_set_mode(const char *val, const struct kernel_param *kp)
{
	u16 mode;

	if (kstrtou16(val, 8, &mode) || !mode || mode & ~0666) {
		pr_err("mode=%s: want octal read and write permissions, such as 0660\n", val);
		return -EINVAL;
	}
	*(umode_t *)kp->arg = mode;
	return 0;
}

static int mmapdemo_param_get_mode(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%#o\n", *(umode_t *)kp->arg);
}

static const struct kernel_param_ops mmapdemo_mode_ops = {
	.set	= mmapdemo_param_set_mode,
	.get	= mmapdemo_param_get_mode,
};

static const char *const mmapdemo_huge_words[] = { "never", "always" };

static int mmapdemo_param_set_huge(const char *val, const struct kernel_param *kp)
{
	int word = sysfs_match_string(mmapdemo_huge_words, val);

	if (word < 0) {
		pr_err("huge=%s: want always or never\n", val);
		return word;
	}
	*(bool *)kp->arg = word;
	return 0;
}

static int mmapdemo_param_get_huge(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", mmapdemo_huge_words[*(bool *)kp->arg]);
}

static const struct kernel_param_ops mmapdemo_huge_ops = {
	.set	= mmapdemo_param_set_huge,
	.get	= mmapdemo_param_get_huge,
};

static int mmapdemo_param_set_cache(const char *val, const struct kernel_param *kp)
{
	int word = __sysfs_match_string(mmapdemo_cache_words, MMAPDEMO_CACHES, val);
	const char *refused;

	if (word < 0) {
		pr_err("cache=%s: want wb, wc or uc\n", val);
		return word;
	}
	refused = mmapdemo_cache_refused(word);
	if (refused) {
		pr_err("cache=%s: %s\n", mmapdemo_cache_words[word], refused);
		return -EOPNOTSUPP;
	}
	*(enum mmapdemo_cache *)kp->arg = word;
	return 0;
}

static int mmapdemo_param_get_cache(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", mmapdemo_cache_words[*(enum mmapdemo_cache *)kp->arg]);
}

static const struct kernel_param_ops mmapdemo_cache_ops = {
	.set	= mmapdemo_param_set_cache,
	.get	= mmapdemo_param_get_cache,
};

/* A node without memory, or that gets it later only, is refused: it allocates nothing. */
static int mmapdemo_param_set_node(const char *val, const struct kernel_param *kp)
{
	int node;

	if (kstrtoint(val, 0, &node) || node < NUMA_NO_NODE || node >= MAX_NUMNODES ||
	    (node != NUMA_NO_NODE && !node_state(node, N_MEMORY))) {
		pr_err("node=%s: want a node that has memory, of %*pbl, or -1 for any\n", val,
		       nodemask_pr_args(&node_states[N_MEMORY]));
		return -EINVAL;
	}
	*(int *)kp->arg = node;
	return 0;
}

static const struct kernel_param_ops mmapdemo_node_ops = {
	.set	= mmapdemo_param_set_node,
	.get	= param_get_int,
};

static int mmapdemo_param_set_prealloc(const char *val, const struct kernel_param *kp)
{
	int err = kstrtobool(val ?: "1", kp->arg);

	if (err)
		pr_err("prealloc=%s: want 1 or 0\n", val);
	return err;
}

static const struct kernel_param_ops mmapdemo_prealloc_ops = {
	.flags	= KERNEL_PARAM_OPS_FL_NOARG,
	.set	= mmapdemo_param_set_prealloc,
	.get	= param_get_bool,
};

/* Adds the strategy of a list's first word to a set; returns what follows it, or NULL. */
static const char *mmapdemo_param_next_strategy(const char *list, unsigned long *set)
{
	size_t len = strcspn(list, ",\n");
	int found = mmapdemo_strategy_find(list, len);

	if (len == 3 && !memcmp(list, "all", 3))
		*set |= BIT(MMAPDEMO_STRATEGIES) - 1;
	else if (found >= 0)
		*set |= BIT(found);
	else
		return NULL;
	return list[len] == ',' ? list + len + 1 : "";
}

static int mmapdemo_param_set_strategies(const char *val, const struct kernel_param *kp)
{
	unsigned long set = 0;
	const char *list = val;

	do {
		list = mmapdemo_param_next_strategy(list, &set);
	} while (list && *list);
	if (!list) {
		pr_err("strategies=%s: want all, or a list of " MMAPDEMO_STRATEGY_NAMES "\n",
		       val);
		return -EINVAL;
	}
	*(unsigned long *)kp->arg = set;
	return 0;
}

static int mmapdemo_param_get_strategies(char *buf, const struct kernel_param *kp)
{
	unsigned long set = *(unsigned long *)kp->arg;
	int len = 0;
	int i;

	for_each_set_bit(i, &set, MMAPDEMO_STRATEGIES)
		len += sysfs_emit_at(buf, len, "%s%s", len ? "," : "",
				     mmapdemo_strategies[i]->name);
	return len + sysfs_emit_at(buf, len, "\n");
}

static const struct kernel_param_ops mmapdemo_strategies_ops = {
	.set	= mmapdemo_param_set_strategies,
	.get	= mmapdemo_param_get_strategies,
};

static const struct {
	const char *word;
	const struct kernel_param_ops *ops;
	size_t at;
} mmapdemo_param_words[] = {
#define MMAPDEMO_PARAM_WORD(word, ops, field) \
	{ word, ops, offsetof(struct mmapdemo_node_settings, field) }
	MMAPDEMO_PARAM_WORD("size", &mmapdemo_size_ops, buffer.size),
	MMAPDEMO_PARAM_WORD("mode", &mmapdemo_mode_ops, mode),
	MMAPDEMO_PARAM_WORD("node", &mmapdemo_node_ops, buffer.node),
	MMAPDEMO_PARAM_WORD("huge", &mmapdemo_huge_ops, buffer.huge),
	MMAPDEMO_PARAM_WORD("prealloc", &mmapdemo_prealloc_ops, buffer.prealloc),
	MMAPDEMO_PARAM_WORD("cache", &mmapdemo_cache_ops, buffer.cache),
};

/**
 * mmapdemo_params_set - set a setting of a node that is also a parameter of the module
 * @settings: the node's
 * @word: a parameter's name
 * @val: its value, as at load
 *
 * Return: 0, or an errno, after a line in the log.
 */
int mmapdemo_params_set(struct mmapdemo_node_settings *settings, const char *word,
			const char *val)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mmapdemo_param_words); i++) {
		const struct kernel_param param = {
			.name	= word,
			.arg	= (char *)settings + mmapdemo_param_words[i].at,
		};

		if (!strcmp(word, mmapdemo_param_words[i].word))
			return mmapdemo_param_words[i].ops->set(val, &param);
	}
	pr_err("%s=%s: want size=, strategy=, mode=, uid=, gid=, node=, huge=, prealloc= or cache=\n",
	       word, val);
	return -EINVAL;
}

module_param_cb(size, &mmapdemo_size_ops, &mmapdemo_param_settings.buffer.size, 0444);
__MODULE_PARM_TYPE(size, "bytes");
MODULE_PARM_DESC(size, "bytes of memory behind the device, K/M/G understood (default 16M)");

module_param_cb(prealloc, &mmapdemo_prealloc_ops, &mmapdemo_param_settings.buffer.prealloc, 0444);
__MODULE_PARM_TYPE(prealloc, "bool");
MODULE_PARM_DESC(prealloc, "allocate all memory at load, or fail to load (default N)");

module_param_cb(node, &mmapdemo_node_ops, &mmapdemo_param_settings.buffer.node, 0444);
__MODULE_PARM_TYPE(node, "int");
MODULE_PARM_DESC(node, "NUMA node that memory is to be on (default -1: any, as the allocating task's policy says)");

module_param_cb(mode, &mmapdemo_mode_ops, &mmapdemo_param_settings.mode, 0444);
__MODULE_PARM_TYPE(mode, "octal");
MODULE_PARM_DESC(mode, "permissions of the device node, octal (default 0600)");

module_param_cb(huge, &mmapdemo_huge_ops, &mmapdemo_param_settings.buffer.huge, 0444);
__MODULE_PARM_TYPE(huge, "always or never");
MODULE_PARM_DESC(huge, "huge folios where size, alignment and memory allow (default always)");

module_param_cb(cache, &mmapdemo_cache_ops, &mmapdemo_param_settings.buffer.cache, 0444);
__MODULE_PARM_TYPE(cache, "wb, wc or uc");
MODULE_PARM_DESC(cache, "how processors cache the memory of the strategies pfn and pfn-fault: write-back, write-combining or uncached (default wb)");

module_param_cb(strategies, &mmapdemo_strategies_ops, &mmapdemo_param_strategies, 0444);
__MODULE_PARM_TYPE(strategies, "list");
MODULE_PARM_DESC(strategies, "ways to have memory, a node each: all, or of "
		 MMAPDEMO_STRATEGY_NAMES " (default pagecache)");

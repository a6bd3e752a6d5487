// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/mmapdemo/{new_node,delete_node}: make and destroy nodes at any time, as documented
 * in docs/abi/sysfs. A mistake is an errno, and a line in the kernel log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "core/strategy.h"
#include "device/nodes.h"
#include "node_attrs.h"
#include "params.h"
#include "strategy/list.h"

#define MMAPDEMO_NODE_NAME_MAX	60

/* A name is the prefix, then letters, digits and "._-": it also names a folder in debugfs. */
static int mmapdemo_node_attrs_check_name(const char *name)
{
	const char *rest = name + strlen(MMAPDEMO_NODE_PREFIX "-");
	size_t len = strlen(name);

	if (len > MMAPDEMO_NODE_NAME_MAX) {
		pr_err("new_node: a name of %zu bytes: want %d at most\n", len,
		       MMAPDEMO_NODE_NAME_MAX);
		return -ENAMETOOLONG;
	}
	if (!strstarts(name, MMAPDEMO_NODE_PREFIX "-") || !*rest)
		goto bad;
	for (; *rest; rest++)
		if (!isascii(*rest) || (!isalnum(*rest) && !strchr("._-", *rest)))
			goto bad;
	return 0;

bad:
	pr_err("new_node: '%*pE': want %s- and then letters, digits, '.', '_' or '-'\n",
	       (int)len, name, MMAPDEMO_NODE_PREFIX);
	return -EINVAL;
}

static int mmapdemo_node_attrs_set_strategy(struct mmapdemo_node_settings *settings,
					    const char *val)
{
	int found = mmapdemo_strategy_find(val, strlen(val));

	if (found < 0) {
		pr_err("strategy=%s: want one of " MMAPDEMO_STRATEGY_NAMES "\n", val);
		return found;
	}
	settings->strategy = mmapdemo_strategies[found];
	return 0;
}

static int mmapdemo_node_attrs_set_id(struct mmapdemo_node_settings *settings, const char *word,
				      const char *val)
{
	bool is_uid = *word == 'u';
	u32 id;

	if (kstrtou32(val, 10, &id))
		goto bad;
	if (is_uid)
		settings->uid = make_kuid(current_user_ns(), id);
	else
		settings->gid = make_kgid(current_user_ns(), id);
	if (is_uid ? uid_valid(settings->uid) : gid_valid(settings->gid))
		return 0;

bad:
	pr_err("%s=%s: want the number of a %s\n", word, val, is_uid ? "user" : "group");
	return -EINVAL;
}

/* @word: NAME=VALUE */
static int mmapdemo_node_attrs_set(struct mmapdemo_node_settings *settings, char *word)
{
	char *val = strchr(word, '=');

	if (!val)
		val = word + strlen(word);
	else
		*val++ = '\0';
	if (!strcmp(word, "strategy"))
		return mmapdemo_node_attrs_set_strategy(settings, val);
	if (!strcmp(word, "uid") || !strcmp(word, "gid"))
		return mmapdemo_node_attrs_set_id(settings, word, val);
	return mmapdemo_params_set(settings, word, val);
}

/* NAME [WORD=VALUE]... */
static int mmapdemo_node_attrs_make(char *words)
{
	struct mmapdemo_node_settings settings = MMAPDEMO_NODE_DEFAULTS;
	char *word;
	int err;

	settings.strategy = mmapdemo_strategies[0];
	settings.name = strsep(&words, " ");
	err = mmapdemo_node_attrs_check_name(settings.name);
	while (!err && (word = strsep(&words, " ")))
		if (*word)
			err = mmapdemo_node_attrs_set(&settings, word);
	return err ?: mmapdemo_node_make(&settings);
}

static int mmapdemo_node_attrs_one_line(void)
{
	pr_err("new_node: want one line, of text\n");
	return -EINVAL;
}

static ssize_t new_node_store(mmapdemo_class *class, mmapdemo_class_attribute *attr,
			      const char *buf, size_t count)
{
	char *words, *line;
	int err = mmapdemo_nodes_ready();

	if (err)
		return err;
	words = kmemdup_nul(buf, count, GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	/* A NUL must not hide the bytes after it. */
	line = strlen(words) == count ? strim(words) : NULL;
	if (line && !strchr(line, '\n'))
		err = mmapdemo_node_attrs_make(line);
	else
		err = mmapdemo_node_attrs_one_line();
	kfree(words);
	return err ?: count;
}
static CLASS_ATTR_WO(new_node);

static ssize_t delete_node_store(mmapdemo_class *class, mmapdemo_class_attribute *attr,
				 const char *buf, size_t count)
{
	char *name = kmemdup_nul(buf, count, GFP_KERNEL);
	int err;

	if (!name)
		return -ENOMEM;
	err = mmapdemo_node_destroy(strim(name));
	kfree(name);
	return err ?: count;
}
static CLASS_ATTR_WO(delete_node);

static struct attribute *mmapdemo_node_attrs[] = {
	&class_attr_new_node.attr,
	&class_attr_delete_node.attr,
	NULL,
};

static const struct attribute_group mmapdemo_node_attr_group = {
	.attrs = mmapdemo_node_attrs,
};

const struct attribute_group *mmapdemo_node_attr_groups[] = {
	&mmapdemo_node_attr_group,
	NULL,
};

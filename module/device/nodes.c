// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device nodes: their numbers, /dev/NAME and /sys/class/mmapdemo/NAME. Those of the
 * parameter `strategies' come with the load; others are made and destroyed at any time.
 *
 * A node has a reference to its buffer, and an open file has another one. So an open file keeps
 * the buffer of a destroyed node, as it keeps an unlinked file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/buffer.h"
#include "core/strategy.h"
#include "debugfs.h"
#include "lab/attach.h"
#include "node.h"
#include "nodes.h"
#include "sysfs.h"

#define MMAPDEMO_NODES	4096	/* the number of minors */

enum mmapdemo_nodes_state {
	MMAPDEMO_LOADING,
	MMAPDEMO_LIVE,
	MMAPDEMO_GONE,
};

/*
 * Protects changes of the list and the state. It may be held for long: device_del() and
 * debugfs_remove() wait for tasks that use the node's files. open() takes the xarray's lock only.
 */
static DEFINE_MUTEX(mmapdemo_nodes_lock);
static DEFINE_XARRAY_ALLOC(mmapdemo_nodes); /* by minor */
static u32 mmapdemo_nodes_next;
static enum mmapdemo_nodes_state mmapdemo_nodes_state;
static atomic_t mmapdemo_nodes_count; /* nodes that are not released yet */
static struct cdev *mmapdemo_nodes_cdev;
static dev_t mmapdemo_nodes_number;

static struct mmapdemo_node *mmapdemo_node_of(const struct device *dev)
{
	return container_of(dev, struct mmapdemo_node, dev);
}

/* The kernel may pass NULL for what it does not ask for. */
static char *mmapdemo_node_devnode(mmapdemo_devnode_device *dev, umode_t *mode, kuid_t *uid,
				   kgid_t *gid)
{
	const struct mmapdemo_node *node = mmapdemo_node_of(dev);

	if (mode)
		*mode = node->mode;
	if (uid)
		*uid = node->uid;
	if (gid)
		*gid = node->gid;
	return NULL;
}

static void mmapdemo_node_release(struct device *dev)
{
	struct mmapdemo_node *node = mmapdemo_node_of(dev);

	if (node->buffer)
		mmapdemo_buffer_put(node->buffer);
	kfree(node);
	atomic_dec(&mmapdemo_nodes_count);
}

static const struct device_type mmapdemo_node_type = {
	.name		= "mmapdemo",
	.groups		= mmapdemo_sysfs_groups,
	.devnode	= mmapdemo_node_devnode,
	.release	= mmapdemo_node_release,
};

static struct class mmapdemo_node_class = {
	.name		= "mmapdemo",
};

static int mmapdemo_node_init_buffer(struct mmapdemo_node *node,
				     const struct mmapdemo_node_settings *settings)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_create(settings->name,
								settings->strategy,
								&settings->buffer);

	if (buffer == ERR_PTR(-ENOMEM) && settings->buffer.prealloc &&
	    settings->strategy->has_folios)
		pr_err("%s: prealloc=1: not enough memory for size=%lld\n", settings->name,
		       settings->buffer.size);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	node->buffer = buffer;
	return mmapdemo_attach_lab(buffer);
}

/* Memory has the cache type of the kernel's own mapping, which few strategies can change. */
static int mmapdemo_node_may_be_cached(const struct mmapdemo_node_settings *settings)
{
	if (settings->buffer.cache == MMAPDEMO_CACHE_WB || settings->strategy->may_be_uncached)
		return 0;
	pr_err("%s: strategy %s has write-back memory only: take pfn or pfn-fault, or leave out cache=\n",
	       settings->name, settings->strategy->name);
	return -EOPNOTSUPP;
}

static struct mmapdemo_node *mmapdemo_node_find(const char *name)
{
	struct mmapdemo_node *node;
	unsigned long minor;

	xa_for_each(&mmapdemo_nodes, minor, node)
		if (!strcmp(node->buffer->name, name))
			return node;
	return NULL;
}

static void mmapdemo_node_announce(struct mmapdemo_node *node)
{
	mmapdemo_debugfs_add(node);
	dev_set_uevent_suppress(&node->dev, false);
	kobject_uevent(&node->dev.kobj, KOBJ_ADD);
}

/* With the lock held. */
static int mmapdemo_node_may_be(const char *name)
{
	if (mmapdemo_nodes_state == MMAPDEMO_GONE)
		return -ENODEV;
	return mmapdemo_node_find(name) ? -EEXIST : 0;
}

/*
 * With the lock held. The uevent follows once programs can open the node, as for a disk. A minor
 * is not used again soon, as a node in /dev may outlive its buffer.
 */
static int mmapdemo_node_add(struct mmapdemo_node *node)
{
	int err = mmapdemo_node_may_be(node->buffer->name);
	u32 minor;

	if (err)
		return err;
	err = xa_alloc_cyclic(&mmapdemo_nodes, &minor, node,
			      XA_LIMIT(0, MMAPDEMO_NODES - 1), &mmapdemo_nodes_next, GFP_KERNEL);
	if (err == -EBUSY)
		return -ENOSPC;
	if (err < 0)
		return err;
	node->dev.devt = MKDEV(MAJOR(mmapdemo_nodes_number), minor);
	dev_set_uevent_suppress(&node->dev, true);
	err = device_add(&node->dev);
	if (err)
		xa_erase(&mmapdemo_nodes, minor);
	else if (mmapdemo_nodes_state == MMAPDEMO_LIVE)
		mmapdemo_node_announce(node);
	return err;
}

/**
 * mmapdemo_node_make - make a buffer, and a node of it
 * @settings: how
 *
 * Context: Process context, may sleep.
 *
 * Return: 0; -EOPNOTSUPP if the strategy has no memory of this cache type, -EEXIST if the name is
 * taken, -ENOSPC if there are too many nodes, -ENODEV during unload, -EINTR after a fatal signal,
 * or an error of mmapdemo_buffer_create() or device_add().
 */
int mmapdemo_node_make(const struct mmapdemo_node_settings *settings)
{
	struct mmapdemo_node *node;
	int err = mmapdemo_node_may_be_cached(settings);

	if (!err)
		err = mutex_lock_killable(&mmapdemo_nodes_lock);
	if (err)
		return err;
	/* Checked before memory is allocated, which happens without the lock. */
	err = mmapdemo_node_may_be(settings->name);
	mutex_unlock(&mmapdemo_nodes_lock);
	if (err)
		return err;
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;
	node->mode = settings->mode;
	node->uid = settings->uid;
	node->gid = settings->gid;
	atomic_inc(&mmapdemo_nodes_count);
	device_initialize(&node->dev);
	node->dev.class = &mmapdemo_node_class;
	node->dev.type = &mmapdemo_node_type;
	err = dev_set_name(&node->dev, "%s", settings->name);
	if (!err)
		err = mmapdemo_node_init_buffer(node, settings);
	if (!err)
		err = mutex_lock_killable(&mmapdemo_nodes_lock);
	if (!err) {
		err = mmapdemo_node_add(node);
		mutex_unlock(&mmapdemo_nodes_lock);
	}
	if (err)
		put_device(&node->dev);
	return err;
}

/* With the lock held. The caller puts the device. */
static void mmapdemo_node_remove(struct mmapdemo_node *node)
{
	xa_erase(&mmapdemo_nodes, MINOR(node->dev.devt));
	mmapdemo_debugfs_remove(node);
	device_del(&node->dev);
}

/**
 * mmapdemo_node_destroy - remove a node
 * @name: its name
 *
 * The node cannot be opened any more. Open files and mappings keep the buffer.
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -ENOENT if there is no such node, -EINTR after a fatal signal.
 */
int mmapdemo_node_destroy(const char *name)
{
	struct mmapdemo_node *node;

	if (mutex_lock_killable(&mmapdemo_nodes_lock))
		return -EINTR;
	node = mmapdemo_node_find(name);
	if (node)
		mmapdemo_node_remove(node);
	mutex_unlock(&mmapdemo_nodes_lock);
	if (!node)
		return -ENOENT;
	put_device(&node->dev);
	return 0;
}

/* Return: a node's buffer, with a reference for the caller; NULL if there is no such node. */
struct mmapdemo_buffer *mmapdemo_node_buffer(unsigned int minor)
{
	struct mmapdemo_buffer *buffer = NULL;
	struct mmapdemo_node *node;

	/* A node leaves the list before it drops its reference to the buffer. */
	xa_lock(&mmapdemo_nodes);
	node = xa_load(&mmapdemo_nodes, minor);
	if (node)
		buffer = mmapdemo_buffer_get(node->buffer);
	xa_unlock(&mmapdemo_nodes);
	return buffer;
}

/* Whether more nodes may be made: 0; -EAGAIN during the load; -ENODEV during unload. */
int mmapdemo_nodes_ready(void)
{
	switch (READ_ONCE(mmapdemo_nodes_state)) {
	case MMAPDEMO_LOADING:
		return -EAGAIN;
	case MMAPDEMO_LIVE:
		return 0;
	default:
		return -ENODEV;
	}
}

int __init mmapdemo_nodes_init(const struct attribute_group **class_groups)
{
	int err = alloc_chrdev_region(&mmapdemo_nodes_number, 0, MMAPDEMO_NODES, "mmapdemo");

	if (err)
		return err;
	mmapdemo_node_class.class_groups = class_groups;
	err = class_register(&mmapdemo_node_class);
	if (err)
		unregister_chrdev_region(mmapdemo_nodes_number, MMAPDEMO_NODES);
	return err;
}

/**
 * mmapdemo_nodes_go_live - let programs open the nodes, as the last step of the load
 * @fops: their functions; open() finds the buffer by mmapdemo_node_buffer()
 *
 * If an init function fails, the kernel frees the module even if a program has opened a file
 * of it. So until this call, which opens all nodes or fails, open(2) is ENXIO, and debugfs has
 * no file that could be open.
 *
 * Return: 0, or -ENOMEM.
 */
int __init mmapdemo_nodes_go_live(const struct file_operations *fops)
{
	struct mmapdemo_node *node;
	unsigned long minor;
	int err;

	mmapdemo_nodes_cdev = cdev_alloc();
	if (!mmapdemo_nodes_cdev)
		return -ENOMEM;
	mmapdemo_nodes_cdev->ops = fops;
	mmapdemo_nodes_cdev->owner = THIS_MODULE;
	err = cdev_add(mmapdemo_nodes_cdev, mmapdemo_nodes_number, MMAPDEMO_NODES);
	if (err) {
		kobject_put(&mmapdemo_nodes_cdev->kobj);
		mmapdemo_nodes_cdev = NULL;
		return err;
	}
	mutex_lock(&mmapdemo_nodes_lock);
	xa_for_each(&mmapdemo_nodes, minor, node)
		mmapdemo_node_announce(node);
	WRITE_ONCE(mmapdemo_nodes_state, MMAPDEMO_LIVE);
	mutex_unlock(&mmapdemo_nodes_lock);
	return 0;
}

/*
 * Also called if the load fails after mmapdemo_nodes_init(). No file is open, as the module has no
 * references.
 */
void mmapdemo_nodes_exit(void)
{
	struct mmapdemo_node *node;
	unsigned long minor;

	mutex_lock(&mmapdemo_nodes_lock);
	WRITE_ONCE(mmapdemo_nodes_state, MMAPDEMO_GONE);
	xa_for_each(&mmapdemo_nodes, minor, node) {
		mmapdemo_node_remove(node);
		put_device(&node->dev);
	}
	mutex_unlock(&mmapdemo_nodes_lock);
	if (mmapdemo_nodes_cdev)
		cdev_del(mmapdemo_nodes_cdev);
	class_unregister(&mmapdemo_node_class);
	unregister_chrdev_region(mmapdemo_nodes_number, MMAPDEMO_NODES);
	/* A task may have found a device in sysfs, and release it a moment later. */
	if (atomic_read(&mmapdemo_nodes_count)) {
		while (atomic_read(&mmapdemo_nodes_count))
			usleep_range(1000, 2000);
		synchronize_rcu_tasks(); /* until no task is in the end of the function */
	}
	xa_destroy(&mmapdemo_nodes);
}

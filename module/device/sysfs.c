// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/mmapdemo/NODE/: attributes for administrators, as documented in
 * docs/abi/sysfs.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/overflow.h>
#include <linux/sysfs.h>
#include <uapi/linux/mmapdemo.h>

#include "core/buffer.h"
#include "core/strategy.h"
#include "lab/wipe.h"
#include "node.h"
#include "sysfs.h"

/* Bytes, decimal or 0x hex, with K, M or G for powers of 1024; memparse() would wrap. */
int mmapdemo_sysfs_parse_bytes(const char *val, u64 *bytes)
{
	size_t len = strcspn(val, "\n");
	unsigned int shift = 0;
	char digits[24];
	u64 number;
	int err;

	if (!len || len >= sizeof(digits))
		return -EINVAL;
	switch (toupper(val[len - 1])) {
	case 'G':
		shift += 10;
		fallthrough;
	case 'M':
		shift += 10;
		fallthrough;
	case 'K':
		shift += 10;
		len--;
	}
	memcpy(digits, val, len);
	digits[len] = '\0';
	err = kstrtou64(digits, 0, &number);
	if (err)
		return err;
	return check_shl_overflow(number, shift, bytes) ? -ERANGE : 0;
}

static struct mmapdemo_buffer *mmapdemo_sysfs_buffer(struct device *dev)
{
	return container_of(dev, struct mmapdemo_node, dev)->buffer;
}

static ssize_t size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", mmapdemo_buffer_bytes(mmapdemo_sysfs_buffer(dev)));
}

static ssize_t size_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	struct mmapdemo_buffer *buffer = mmapdemo_sysfs_buffer(dev);
	u64 bytes;
	int err = mmapdemo_sysfs_parse_bytes(buf, &bytes);

	if (!err)
		err = buffer->strategy->resize ? buffer->strategy->resize(buffer, bytes) :
						 -EOPNOTSUPP;
	return err ? err : count;
}
static DEVICE_ATTR_RW(size);

static ssize_t strategy_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", mmapdemo_sysfs_buffer(dev)->strategy->name);
}
static DEVICE_ATTR_RO(strategy);

/* Indexed by MMAPDEMO_WIPE_ON_ bits. */
static const char *const mmapdemo_wipe_policies[] = { "none", "unmap", "close", "both" };

static ssize_t wipe_policy_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	unsigned int policy = mmapdemo_wipe_policy(mmapdemo_sysfs_buffer(dev));

	return sysfs_emit(buf, "%s\n", mmapdemo_wipe_policies[policy]);
}

static ssize_t wipe_policy_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct mmapdemo_buffer *buffer = mmapdemo_sysfs_buffer(dev);
	int policy = sysfs_match_string(mmapdemo_wipe_policies, buf);

	if (policy < 0)
		return policy;
	if (!buffer->strategy->wipe)
		return -EOPNOTSUPP;
	mmapdemo_wipe_set_policy(buffer, policy);
	return count;
}
static DEVICE_ATTR_RW(wipe_policy);

static struct attribute *mmapdemo_attrs[] = {
	&dev_attr_size.attr,
	&dev_attr_strategy.attr,
	&dev_attr_wipe_policy.attr,
	NULL,
};

static const struct attribute_group mmapdemo_group = {
	.attrs = mmapdemo_attrs,
};

const struct attribute_group *mmapdemo_sysfs_groups[] = {
	&mmapdemo_group,
	NULL,
};

// SPDX-License-Identifier: GPL-2.0-only
/* Nodes of devices that may go: arguments that mmapdemo_chardev_register() refuses. */
#include <linux/device.h>
#include <linux/mm.h>

#include "api.h"

struct api_device {
	struct mmapdemo_chardev chardev;
};

static const struct file_operations api_device_fops = {
	.llseek = noop_llseek,
	MMAPDEMO_FOPS_CHARDEV,
};

static int api_register_for(struct device *parent, struct mmapdemo_buffer *buffer,
			    const struct mmapdemo_frames *frames)
{
	struct api_device *device = mmapdemo_chardev_alloc(struct api_device, chardev);
	int err;

	if (!device)
		return -ENOMEM;
	device->chardev.buffer = buffer;
	device->chardev.frames = frames;
	err = mmapdemo_chardev_register(&device->chardev, parent, &api_device_fops);
	if (!err) {
		mmapdemo_chardev_zap(&device->chardev);
		mmapdemo_chardev_unregister(&device->chardev);
	}
	mmapdemo_chardev_put(&device->chardev);
	return err;
}

/* Returns the error of registering a node. Removes the node, which revokes the buffer. */
int api_register(struct mmapdemo_buffer *buffer, const struct mmapdemo_frames *frames)
{
	struct device *parent = root_device_register("api");
	int err;

	if (IS_ERR(parent))
		return PTR_ERR(parent);
	err = api_register_for(parent, buffer, frames);
	root_device_unregister(parent);
	return err;
}

int api_node(struct mmapdemo_buffer *buffer)
{
	static const struct vm_operations_struct vm_ops;
	struct mmapdemo_frames frames = {
		.offset	= API_BYTES,
		.count	= 1,
	};

	EXPECT(api_register(buffer, &frames) == -EINVAL);
	frames.vm_ops = &vm_ops;
	frames.offset = API_BYTES + 1;
	EXPECT(api_register(buffer, &frames) == -EINVAL);
	frames.offset = API_BYTES - PAGE_SIZE;
	EXPECT(api_register(buffer, &frames) == -EINVAL);
	EXPECT(mmapdemo_bytes(buffer) == API_BYTES);
	frames.offset = API_BYTES;
	EXPECT(!api_register(buffer, &frames));
	EXPECT(!mmapdemo_bytes(buffer));
	EXPECT(!api_register(buffer, NULL));
	return 0;
}

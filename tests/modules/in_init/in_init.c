// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts failures where mmapdemo's own code begins during a load. Before that the
 * kernel allocates memory for the module, patches its jumps, notifies tracers, of which
 * some WARN without memory, and makes hundreds of files in sysfs. A program that
 * writes to /proc/PID/fail-nth before the load cannot skip those.
 *
 * It is also an importer: a dma-buf whose descriptor is written to the parameter `attach' is
 * attached, mapped for DMA, and given back. The write is EIO if the mapping is not as long as the
 * dma-buf.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/platform_device.h>
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

static struct platform_device *in_init_importer;

/* The file of a parameter outlives module_exit(), and an init that failed. */
static void in_init_set_importer(struct platform_device *importer)
{
	kernel_param_lock(THIS_MODULE);
	in_init_importer = importer;
	kernel_param_unlock(THIS_MODULE);
}

/* Does not call dma_buf_vmap(), which WARNs if the exporter has no memory. */
static int in_init_map(struct dma_buf_attachment *attachment)
{
	struct sg_table *sgt = dma_buf_map_attachment_unlocked(attachment, DMA_BIDIRECTIONAL);
	struct scatterlist *sg;
	size_t length = 0;
	unsigned int i;

	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	for_each_sgtable_dma_sg(sgt, sg, i)
		length += sg_dma_len(sg);
	dma_buf_unmap_attachment_unlocked(attachment, sgt, DMA_BIDIRECTIONAL);
	return length == attachment->dmabuf->size ? 0 : -EIO;
}

static int in_init_attach(const char *val, const struct kernel_param *kp)
{
	struct dma_buf_attachment *attachment;
	struct dma_buf *dmabuf;
	int fd, err = kstrtoint(val, 10, &fd);

	if (err)
		return err;
	if (!in_init_importer)
		return -ENODEV;
	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attachment = dma_buf_attach(dmabuf, &in_init_importer->dev);
	err = PTR_ERR_OR_ZERO(attachment);
	if (!err) {
		err = in_init_map(attachment);
		dma_buf_detach(dmabuf, attachment);
	}
	dma_buf_put(dmabuf);
	return err;
}

static const struct kernel_param_ops in_init_attach_ops = { .set = in_init_attach };
module_param_cb(attach, &in_init_attach_ops, NULL, 0200);

static int __init in_init_init(void)
{
	struct platform_device *importer;
	int err;

	importer = platform_device_register_simple("in_init", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(importer))
		return PTR_ERR(importer);
	err = dma_set_mask_and_coherent(&importer->dev, DMA_BIT_MASK(64));
	if (!err)
		err = register_kprobe(&in_init_probe);
	if (err)
		platform_device_unregister(importer);
	else
		in_init_set_importer(importer);
	return err;
}

static void __exit in_init_exit(void)
{
	struct platform_device *importer = in_init_importer;

	unregister_kprobe(&in_init_probe);
	in_init_set_importer(NULL);
	platform_device_unregister(importer);
}

module_init(in_init_init);
module_exit(in_init_exit);
MODULE_DESCRIPTION("Begins fail-nth in the load of mmapdemo");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");

// SPDX-License-Identifier: GPL-2.0-only
/* Step 2: each page has a reference count; mmap() still maps all of them at once. */
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#define TUTORIAL_PAGES	32UL

static struct page *tutorial_pages[TUTORIAL_PAGES];

static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* Maps the pages from vm_pgoff on, and checks the same bounds: ENXIO. */
	return vm_map_pages(vma, tutorial_pages, TUTORIAL_PAGES);
}

static const struct file_operations tutorial_fops = {
	.owner	= THIS_MODULE,
	.mmap	= tutorial_mmap,
};

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
};

/* Drops the driver's references. A page that I/O still uses is freed when that ends. */
static void tutorial_put_pages(void)
{
	int i;

	for (i = 0; i < TUTORIAL_PAGES; i++)
		if (tutorial_pages[i])
			put_page(tutorial_pages[i]);
}

static int __init tutorial_init(void)
{
	int err = 0;
	int i;

	for (i = 0; i < TUTORIAL_PAGES && !err; i++) {
		tutorial_pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!tutorial_pages[i])
			err = -ENOMEM;
	}
	if (!err)
		err = misc_register(&tutorial_device);
	if (err)
		tutorial_put_pages();
	return err;
}
module_init(tutorial_init);

static void __exit tutorial_exit(void)
{
	misc_deregister(&tutorial_device);
	tutorial_put_pages();
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 2: vm_map_pages()");
MODULE_LICENSE("GPL");

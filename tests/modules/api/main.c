// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the functions of <linux/mmapdemo.h> as a driver would, and as a driver should not.
 * A load does one test, which the parameter `test' names. It fails if the test does, and
 * the kernel's log has the line of what was not so.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *test = "";
module_param(test, charp, 0);
MODULE_PARM_DESC(test, "which test");

static int fd = -1;
module_param(fd, int, 0);
MODULE_PARM_DESC(fd, "a descriptor of insmod's, for the tests `fd' and `foreign'");

#define API_BYTES	(4 * PAGE_SIZE)

/* Ends a test that has nothing to undo. */
#define EXPECT(condition)							\
	do {									\
		if (!(condition)) {						\
			pr_err("line %d: not so: %s\n", __LINE__, #condition);	\
			return -EINVAL;						\
		}								\
	} while (0)

/* Remembers that a test failed, and goes on. */
#define CHECK(err, condition)							\
	do {									\
		if (!(condition)) {						\
			pr_err("line %d: not so: %s\n", __LINE__, #condition);	\
			err = -EINVAL;						\
		}								\
	} while (0)

static int api_refused(const char *name, u64 bytes, int node, unsigned int flags, long error)
{
	struct mmapdemo_buffer *buffer = mmapdemo_create(name, bytes, node, flags);

	EXPECT(PTR_ERR(buffer) == error);
	return 0;
}

static int api_create(struct mmapdemo_buffer *buffer)
{
	return api_refused("api", 0, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE + 1, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused("api", 1ULL << 50, NUMA_NO_NODE, 0, -ENOMEM) ?:
	       api_refused("api", 0 - (u64)PAGE_SIZE, NUMA_NO_NODE, 0, -ENOMEM) ?:
	       api_refused("api", PAGE_SIZE, MAX_NUMNODES, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE, NUMA_NO_NODE - 1, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE, NUMA_NO_NODE, 0x80, -EINVAL) ?:
	       api_refused("", PAGE_SIZE, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused(NULL, PAGE_SIZE, NUMA_NO_NODE, 0, -EINVAL);
}

static int api_copy(struct mmapdemo_buffer *buffer)
{
	u64 at = PAGE_SIZE - 3;
	char seen[8] = "before";

	EXPECT(!mmapdemo_copy_out(buffer, at, seen, sizeof(seen)));
	EXPECT(!memchr_inv(seen, 0, sizeof(seen)));
	EXPECT(!mmapdemo_copy_in(buffer, at, "12345678", 8));
	EXPECT(!mmapdemo_copy_out(buffer, at, seen, sizeof(seen)));
	EXPECT(!memcmp(seen, "12345678", 8));
	EXPECT(!mmapdemo_copy_in(buffer, API_BYTES - 1, "x", 1));
	EXPECT(mmapdemo_copy_in(buffer, API_BYTES - 1, "xy", 2) == -EINVAL);
	EXPECT(mmapdemo_copy_in(buffer, API_BYTES, "x", 1) == -EINVAL);
	EXPECT(mmapdemo_copy_in(buffer, U64_MAX, "x", 1) == -EINVAL);
	EXPECT(mmapdemo_copy_in(buffer, 8, "x", SIZE_MAX) == -EINVAL);
	EXPECT(mmapdemo_copy_out(buffer, 0, seen, 0) == -EINVAL);
	EXPECT(mmapdemo_bytes(buffer) == API_BYTES);
	return 0;
}

static int api_piece(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_piece piece = { .bytes = 16 };
	u64 at = 2 * PAGE_SIZE + 8;

	EXPECT(!mmapdemo_piece_get(buffer, at, false, &piece));
	EXPECT(!piece.at && piece.bytes == 16);
	mmapdemo_piece_put(&piece, false);
	EXPECT(!mmapdemo_piece_get(buffer, at, true, &piece));
	memset(piece.at, 'p', piece.bytes);
	mmapdemo_piece_put(&piece, true);
	EXPECT(piece.bytes == 16);
	EXPECT(!mmapdemo_piece_get(buffer, at + 15, false, &piece));
	EXPECT(*(char *)piece.at == 'p');
	mmapdemo_piece_put(&piece, false);
	piece.bytes = 2;
	EXPECT(mmapdemo_piece_get(buffer, API_BYTES - 1, true, &piece) == -EINVAL);
	return 0;
}

static int api_hold_use(struct mmapdemo_buffer *buffer, struct mmapdemo_hold *hold)
{
	char *at = mmapdemo_hold_vmap(hold);
	char seen[4];

	EXPECT(at && mmapdemo_hold_vmap(hold) == at);
	memcpy(at + PAGE_SIZE - 2, "hold", 4);
	EXPECT(!mmapdemo_copy_out(buffer, 2 * PAGE_SIZE - 2, seen, 4) && !memcmp(seen, "hold", 4));
	EXPECT(mmapdemo_reshape_punch(buffer, 2 * PAGE_SIZE, PAGE_SIZE) == -EBUSY);
	EXPECT(mmapdemo_reshape_resize(buffer, PAGE_SIZE) == -EBUSY);
	EXPECT(mmapdemo_bytes(buffer) == API_BYTES);
	EXPECT(!memcmp(at + PAGE_SIZE - 2, "hold", 4));
	/* Beside it, both work. */
	EXPECT(!mmapdemo_reshape_punch(buffer, 0, PAGE_SIZE));
	EXPECT(!mmapdemo_reshape_resize(buffer, 3 * PAGE_SIZE));
	return 0;
}

static int api_hold(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, PAGE_SIZE, 2 * PAGE_SIZE);
	int err;

	EXPECT(!IS_ERR(hold));
	err = api_hold_use(buffer, hold);
	mmapdemo_hold_end(hold);
	if (err)
		return err;
	EXPECT(!mmapdemo_reshape_resize(buffer, PAGE_SIZE));
	EXPECT(mmapdemo_hold(buffer, 0, 0) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 1, PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 0, 2 * PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 0 - (u64)PAGE_SIZE, PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, PAGE_SIZE, 0 - (u64)PAGE_SIZE) == ERR_PTR(-EINVAL));
	return 0;
}

static int api_dma_use(struct mmapdemo_hold *hold, struct device *dev)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	size_t bytes = 0;
	int err = 0, i;

	EXPECT(!dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(64)));
	EXPECT(!mmapdemo_hold_dma_map(hold, dev, DMA_BIDIRECTIONAL, &sgt));
	for_each_sgtable_dma_sg(&sgt, sg, i)
		bytes += sg_dma_len(sg);
	CHECK(err, bytes == 2 * PAGE_SIZE);
	dma_sync_sgtable_for_cpu(dev, &sgt, DMA_BIDIRECTIONAL);
	dma_sync_sgtable_for_device(dev, &sgt, DMA_BIDIRECTIONAL);
	mmapdemo_hold_dma_unmap(dev, DMA_BIDIRECTIONAL, &sgt);
	return err;
}

static int api_dma(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, PAGE_SIZE, 2 * PAGE_SIZE);
	struct platform_device *pdev;
	int err = -ENODEV;

	EXPECT(!IS_ERR(hold));
	pdev = platform_device_register_simple("api", PLATFORM_DEVID_NONE, NULL, 0);
	CHECK(err, !IS_ERR(pdev));
	if (!IS_ERR(pdev)) {
		err = api_dma_use(hold, &pdev->dev);
		platform_device_unregister(pdev);
	}
	mmapdemo_hold_end(hold);
	return err;
}

/* A hold that was there before a revoke goes on, and nothing else does. */
static int api_revoke_use(struct mmapdemo_buffer *buffer, struct mmapdemo_hold *hold)
{
	char *at = mmapdemo_hold_vmap(hold);
	char seen;

	EXPECT(at);
	EXPECT(!mmapdemo_revoke(buffer) && !mmapdemo_revoke(buffer));
	*at = 'h';
	EXPECT(READ_ONCE(*at) == 'h');
	EXPECT(!mmapdemo_bytes(buffer));
	EXPECT(mmapdemo_copy_in(buffer, 0, "x", 1) == -ENODEV);
	EXPECT(mmapdemo_copy_out(buffer, 0, &seen, 1) == -ENODEV);
	EXPECT(mmapdemo_hold(buffer, 0, PAGE_SIZE) == ERR_PTR(-ENODEV));
	EXPECT(mmapdemo_reshape_punch(buffer, 0, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_reshape_resize(buffer, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_reshape_resize(buffer, 8 * PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_file(buffer, "[api]", O_RDWR) == ERR_PTR(-ENODEV));
	mmapdemo_notify(buffer);
	return 0;
}

static int api_revoke(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, 0, API_BYTES);
	int err;

	EXPECT(!IS_ERR(hold));
	err = api_revoke_use(buffer, hold);
	mmapdemo_hold_end(hold);
	return err;
}

/* A hold outlives the reference of whoever made the buffer. */
static int api_refs(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *other = mmapdemo_create("api-other", SZ_4M, NUMA_NO_NODE,
							MMAPDEMO_CREATE_PREALLOC);
	struct mmapdemo_hold *hold;
	char *at;
	int i;

	EXPECT(!IS_ERR(other));
	for (i = 0; i < 1000; i++)
		EXPECT(mmapdemo_get(other) == other);
	for (i = 0; i < 1000; i++)
		mmapdemo_put(other);
	hold = mmapdemo_hold(other, 0, SZ_4M);
	mmapdemo_put(other);
	EXPECT(!IS_ERR(hold));
	at = mmapdemo_hold_vmap(hold);
	if (at)
		memset(at, 'r', SZ_4M);
	mmapdemo_hold_end(hold);
	EXPECT(at);
	return 0;
}

static int api_file_use(struct mmapdemo_buffer *buffer, struct file *file)
{
	struct mmapdemo_buffer *found = mmapdemo_from_file(file);
	char seen[4];
	loff_t pos = PAGE_SIZE - 2;

	EXPECT(found == buffer);
	mmapdemo_put(found);
	EXPECT(kernel_write(file, "file", 4, &pos) == 4);
	EXPECT(!mmapdemo_copy_out(buffer, PAGE_SIZE - 2, seen, 4) && !memcmp(seen, "file", 4));
	pos = PAGE_SIZE - 2;
	EXPECT(kernel_read(file, seen, 2, &pos) == 2 && !memcmp(seen, "fi", 2));
	pos = API_BYTES;
	EXPECT(kernel_read(file, seen, 1, &pos) == 0);
	EXPECT(kernel_write(file, "x", 1, &pos) == -ENOSPC);
	EXPECT(!mmapdemo_revoke(buffer));
	pos = 0;
	EXPECT(kernel_read(file, seen, 1, &pos) == -ENODEV);
	EXPECT(kernel_write(file, "x", 1, &pos) == -ENODEV);
	EXPECT(vfs_llseek(file, 0, SEEK_DATA) == -ENODEV);
	EXPECT(mmapdemo_wait(file) == -ENODEV);
	return 0;
}

static int api_file(struct mmapdemo_buffer *buffer)
{
	struct file *file = mmapdemo_file(buffer, "[api]", O_RDWR);
	int err;

	EXPECT(!IS_ERR(file));
	err = api_file_use(buffer, file);
	fput(file);
	return err;
}

/* fd is /dev/mmapdemo's, whose first bytes are "mine". */
static int api_fd(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *node = mmapdemo_from_fd(fd);
	char seen[4] = "";
	int err = 0;

	EXPECT(!IS_ERR(node));
	CHECK(err, !mmapdemo_copy_out(node, 0, seen, 4) && !memcmp(seen, "mine", 4));
	CHECK(err, !mmapdemo_copy_in(node, 0, "ours", 4));
	mmapdemo_put(node);
	return err;
}

/* fd is of no buffer, or none of this core's. */
static int api_foreign(struct mmapdemo_buffer *buffer)
{
	EXPECT(mmapdemo_from_fd(fd) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_from_fd(-1) == ERR_PTR(-EBADF));
	return 0;
}

/* Leaves a reference behind. */
static int api_forget(struct mmapdemo_buffer *buffer)
{
	mmapdemo_get(buffer);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct mmapdemo_buffer *buffer);
} api_tests[] = {
	{ "create",	api_create },
	{ "copy",	api_copy },
	{ "piece",	api_piece },
	{ "hold",	api_hold },
	{ "dma",	api_dma },
	{ "revoke",	api_revoke },
	{ "refs",	api_refs },
	{ "file",	api_file },
	{ "fd",		api_fd },
	{ "foreign",	api_foreign },
	{ "forget",	api_forget },
};

static int __init api_run(void)
{
	struct mmapdemo_buffer *buffer;
	int i, err;

	for (i = 0; i < ARRAY_SIZE(api_tests); i++)
		if (!strcmp(api_tests[i].name, test))
			break;
	EXPECT(i < ARRAY_SIZE(api_tests));
	buffer = mmapdemo_create("api", API_BYTES, NUMA_NO_NODE, 0);
	EXPECT(!IS_ERR(buffer));
	err = api_tests[i].run(buffer);
	mmapdemo_put(buffer);
	return err;
}

static int __init api_init(void)
{
	int err = mmapdemo_core_init();

	if (err)
		return err;
	err = api_run();
	if (err)
		mmapdemo_core_exit();
	return err;
}

static void __exit api_exit(void)
{
	mmapdemo_core_exit();
}

module_init(api_init);
module_exit(api_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("Calls the kernel API of mmapdemo");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/* Kernel access to a buffer: copies, pieces, and holds with their addresses. */
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include "api.h"

int api_copy(struct mmapdemo_buffer *buffer)
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

int api_piece(struct mmapdemo_buffer *buffer)
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
	/* After an error the piece is empty, and putting it does nothing. */
	EXPECT(!piece.at && !piece.folio && !piece.page && piece.bytes == 2);
	mmapdemo_piece_put(&piece, true);
	EXPECT(!mmapdemo_piece_get(buffer, at, true, &piece));
	mmapdemo_piece_put(&piece, true);
	piece.bytes = 16;
	piece.nowait = true;
	EXPECT(mmapdemo_piece_get(buffer, 3 * PAGE_SIZE, true, &piece) == -EAGAIN);
	EXPECT(!piece.at && !piece.folio && piece.bytes == 16 && piece.nowait);
	return 0;
}

static int api_hold_use(struct mmapdemo_buffer *buffer, struct mmapdemo_hold *hold)
{
	char *at = mmapdemo_hold_vmap(hold);
	char seen[4];

	EXPECT(at && mmapdemo_hold_vmap(hold) == at);
	memcpy(at + PAGE_SIZE - 2, "hold", 4);
	EXPECT(!mmapdemo_copy_out(buffer, 2 * PAGE_SIZE - 2, seen, 4) && !memcmp(seen, "hold", 4));
	EXPECT(mmapdemo_punch(buffer, 2 * PAGE_SIZE, PAGE_SIZE) == -EBUSY);
	EXPECT(mmapdemo_resize(buffer, PAGE_SIZE) == -EBUSY);
	EXPECT(mmapdemo_bytes(buffer) == API_BYTES);
	EXPECT(!memcmp(at + PAGE_SIZE - 2, "hold", 4));
	/* Both work beside it. */
	EXPECT(!mmapdemo_punch(buffer, 0, PAGE_SIZE));
	EXPECT(!mmapdemo_resize(buffer, 3 * PAGE_SIZE));
	return 0;
}

int api_hold(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, PAGE_SIZE, 2 * PAGE_SIZE);
	int err;

	EXPECT(!IS_ERR(hold));
	err = api_hold_use(buffer, hold);
	mmapdemo_hold_end(hold);
	if (err)
		return err;
	EXPECT(!mmapdemo_resize(buffer, PAGE_SIZE));
	EXPECT(mmapdemo_hold(buffer, 0, 0) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 1, PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 0, 2 * PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, 0 - (u64)PAGE_SIZE, PAGE_SIZE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_hold(buffer, PAGE_SIZE, 0 - (u64)PAGE_SIZE) == ERR_PTR(-EINVAL));
	return 0;
}

/* Whether the page cache of a buffer allocates movable memory; or an error. */
static int api_is_movable(struct mmapdemo_buffer *buffer)
{
	struct file *file = mmapdemo_file(buffer, "[api]", O_RDONLY);
	bool movable;

	EXPECT(!IS_ERR(file));
	movable = mapping_gfp_mask(file->f_mapping) & __GFP_MOVABLE;
	fput(file);
	return movable;
}

/* Pages that a hold may keep for long must not lie in memory that has to stay movable. */
int api_movable(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *other = mmapdemo_create("api-other", PAGE_SIZE, NUMA_NO_NODE,
							MMAPDEMO_CREATE_MOVABLE);
	struct mmapdemo_hold *hold;
	int err = 0;

	EXPECT(!IS_ERR(other));
	hold = mmapdemo_hold(other, 0, PAGE_SIZE);
	/* The VM has neither ZONE_MOVABLE nor CMA. */
	CHECK(err, !IS_ERR(hold));
	if (!IS_ERR(hold))
		mmapdemo_hold_end(hold);
	CHECK(err, !mmapdemo_copy_in(other, 0, "movable", 7));
	CHECK(err, api_is_movable(other) == true);
	CHECK(err, api_is_movable(buffer) == false);
	mmapdemo_put(other);
	return err;
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
	dma_set_max_seg_size(dev, 512);
	CHECK(err, mmapdemo_hold_dma_map(hold, dev, DMA_BIDIRECTIONAL, &sgt) == -EINVAL);
	return err;
}

int api_dma(struct mmapdemo_buffer *buffer)
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

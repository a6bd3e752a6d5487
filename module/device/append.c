// SPDX-License-Identifier: GPL-2.0-only
/* Writes past the end, which extend a file. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/uio.h>

#include "core/broken.h"
#include "core/buffer.h"
#include "core/folios.h"
#include "core/reshape.h"
#include "core/strategy.h"
#include "append.h"

/*
 * Copies user memory to a page at or past the end, and then moves the end. A reader that sees the
 * new end also sees the bytes. The invalidate lock excludes revokes and page faults meanwhile.
 */
static int mmapdemo_append_page(struct mmapdemo_buffer *buffer, loff_t pos,
				struct iov_iter *from, size_t *copied)
{
	struct folio *folio = mmapdemo_folios_lock(buffer, pos >> PAGE_SHIFT, 1, NULL);
	struct mmapdemo_piece piece = { .folio = folio };

	if (IS_ERR(folio))
		return folio == ERR_PTR(-EHWPOISON) ? -EIO : PTR_ERR(folio);
	piece.bytes = min_t(size_t, iov_iter_count(from), PAGE_SIZE - offset_in_page(pos));
	piece.at = kmap_local_folio(folio, offset_in_folio(folio, pos));
	*copied = mmapdemo_piece_copy_in(&piece, from);
	if (*copied) {
		smp_wmb(); /* pairs with folio_test_uptodate() of a reader that sees the end */
		i_size_write(buffer->inode, pos + *copied);
		WRITE_ONCE(buffer->end, mmapdemo_buffer_pages_of(pos + *copied));
		folio_mark_dirty(folio);
	} else if (folio->index >= mmapdemo_buffer_pages(buffer)) {
		mmapdemo_broken_drop(buffer->inode->i_mapping, folio);
	}
	mmapdemo_piece_put(&piece, true);
	return 0;
}

/**
 * mmapdemo_append - write a page, or a part of one, at or past the end
 * @iocb: has the position
 * @from: the bytes, which do not pass the inode's largest size
 *
 * A gap before it reads as zeros.
 *
 * Context: Process context, may sleep. The caller holds the inode's lock.
 *
 * Return: bytes written, which may be 0 although more would succeed; -EFAULT, -ENOMEM, -EIO
 * where a memory error took the page, -ENODEV after mmapdemo_revoke().
 */
ssize_t mmapdemo_append(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	struct address_space *mapping = buffer->inode->i_mapping;
	size_t bytes = PAGE_SIZE - offset_in_page(iocb->ki_pos), copied = 0;
	int err;

	bytes = min_t(size_t, bytes, iov_iter_count(from));
	if (user_backed_iter(from) && fault_in_iov_iter_readable(from, bytes) == bytes)
		return -EFAULT;
	filemap_invalidate_lock_shared(mapping);
	err = buffer->revoked ? -ENODEV : 0;
	if (!err) {
		pgoff_t old = mmapdemo_buffer_pages(buffer);

		mmapdemo_reshape_zero_tail(buffer, iocb->ki_pos);
		err = mmapdemo_append_page(buffer, iocb->ki_pos, from, &copied);
		if (copied && iocb->ki_pos >> PAGE_SHIFT > old)
			mmapdemo_folios_publish(buffer, old); /* folios in the gap */
	}
	filemap_invalidate_unlock_shared(mapping);
	iocb->ki_pos += copied;
	return err ?: copied;
}

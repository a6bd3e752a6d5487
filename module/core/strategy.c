// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of the contents, whatever the strategy. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "strategy.h"

/**
 * mmapdemo_piece_put - end the use of a piece
 * @piece: the piece
 * @written: whether it was asked for to write; caches are flushed then, so that mappings see it
 *
 * Context: Process context; the last piece that the task has got, as kunmap_local() has it.
 */
void mmapdemo_piece_put(const struct mmapdemo_piece *piece, bool written)
{
	if (written && piece->folio)
		flush_dcache_folio(piece->folio);
	if (written && piece->page)
		flush_dcache_page(piece->page);
	if (piece->folio) {
		kunmap_local(piece->at);
		if (written)
			folio_unlock(piece->folio);
		folio_put(piece->folio);
	}
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_piece_put);

/**
 * mmapdemo_piece_copy_out - copy a piece to user memory
 * @piece: the piece
 * @to: where to
 *
 * User memory that is not present is not faulted in: its page fault may take the
 * lock of the piece's folio, or never end (userfaultfd), and a reference that is
 * held for ever keeps a huge folio from being split. The caller goes on once it has
 * put the piece back, with page faults enabled.
 *
 * Return: bytes copied, which may be less than the piece has.
 */
size_t mmapdemo_piece_copy_out(const struct mmapdemo_piece *piece, struct iov_iter *to)
{
	size_t copied;

	if (!piece->at)
		return iov_iter_zero(piece->bytes, to);
	pagefault_disable();
	/* Not copy_to_iter(): its check is for slab memory, and costs a tenth of 4 KiB. */
	copied = _copy_to_iter(piece->at, piece->bytes, to);
	pagefault_enable();
	return copied;
}

/* Copies user memory to a piece without page faults, as generic_perform_write() does. */
size_t mmapdemo_piece_copy_in(const struct mmapdemo_piece *piece, struct iov_iter *from)
{
	size_t copied;

	pagefault_disable();
	copied = _copy_from_iter(piece->at, piece->bytes, from);
	pagefault_enable();
	return copied;
}

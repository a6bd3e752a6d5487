// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of the contents, for all strategies. */
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
 * @written: whether the piece was got for writing; then caches are flushed, so that mappings see it
 *
 * Context: Process context. A task puts its pieces in reverse order, as kunmap_local() demands.
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
 * User memory that is not present is not faulted in: its page fault may take the lock
 * of the piece's folio, or never end (userfaultfd), and a reference that is held for
 * ever keeps a huge folio from being split. The caller puts the piece back, and then
 * copies the rest with page faults enabled.
 *
 * Return: bytes copied, which may be less than the piece has.
 */
size_t mmapdemo_piece_copy_out(const struct mmapdemo_piece *piece, struct iov_iter *to)
{
	size_t copied;

	if (!piece->at)
		return iov_iter_zero(piece->bytes, to);
	pagefault_disable();
	/* Without the check of copy_to_iter(), which is for slab memory, and slow. */
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

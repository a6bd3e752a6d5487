// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seals, as a memfd has them. memfd_file_seals_ptr() in mm/memfd.c supports files of tmpfs and
 * hugetlbfs only, so fcntl(2) is EINVAL for any other file.
 */
#include <linux/delay.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <uapi/linux/mmapdemo.h>

#include "core/buffer.h"
#include "core/folios.h"
#include "core/hold.h"
#include "core/reshape.h"
#include "seal.h"

static_assert(MMAPDEMO_SEAL_SEAL == F_SEAL_SEAL);
static_assert(MMAPDEMO_SEAL_SHRINK == F_SEAL_SHRINK);
static_assert(MMAPDEMO_SEAL_GROW == F_SEAL_GROW);
static_assert(MMAPDEMO_SEAL_WRITE == F_SEAL_WRITE);
static_assert(MMAPDEMO_SEAL_FUTURE_WRITE == F_SEAL_FUTURE_WRITE);

#define MMAPDEMO_SEALS	(MMAPDEMO_SEAL_SEAL | MMAPDEMO_SEAL_SHRINK | MMAPDEMO_SEAL_GROW | \
			 MMAPDEMO_SEAL_WRITES)

/* A pin of I/O is soon dropped: how often to try again, and after what time. */
#define MMAPDEMO_SEAL_TRIES	100
#define MMAPDEMO_SEAL_WAIT_US	1000

/* Adds the seals. A task that writes a piece checks them with its folio locked. */
static void mmapdemo_seal_set(struct mmapdemo_buffer *buffer, unsigned int seals)
{
	WRITE_ONCE(buffer->seals, buffer->seals | seals);
	if (seals & MMAPDEMO_SEAL_WRITES)
		mmapdemo_folios_settle(buffer, 0, ULONG_MAX);
}

/* Sets the seals, unless a pin or a hold lets something write a page. */
static int mmapdemo_seal_try(struct mmapdemo_buffer *buffer, unsigned int seals)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int err = 0;

	mmapdemo_buffer_stop_faults(buffer);
	/* A page that is mapped a thousand times would look pinned. */
	unmap_mapping_pages(mapping, 0, ULONG_MAX, false);
	/*
	 * mm/ counts a mapping of a dma-buf without a check (vma_set_file()). Making one needs a
	 * hold, so the count is checked after the holds.
	 */
	if (mmapdemo_reshape_pinned(mapping, 0, ULONG_MAX) ||
	    mmapdemo_hold_has(buffer, 0, ULONG_MAX) ||
	    atomic_read(&mapping->i_mmap_writable) >= 0)
		err = -EBUSY;
	else
		mmapdemo_seal_set(buffer, seals);
	mmapdemo_buffer_resume_faults(buffer);
	return err;
}

/*
 * Without a shared mapping that may be written, now or later, no task can pin a page for
 * writing. mmap_region() counts such a mapping before it calls this module, which checks the
 * seals. So the count has to be forbidden only while the seal is set. Later, mmap_region()
 * would refuse read-only shared mappings, too, whose VM_MAYWRITE this module clears.
 */
static int mmapdemo_seal_write(struct mmapdemo_buffer *buffer, unsigned int seals)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int tries = MMAPDEMO_SEAL_TRIES;
	int err = mapping_deny_writable(mapping);

	if (err)
		return err;
	while ((err = mmapdemo_seal_try(buffer, seals)) == -EBUSY && --tries) {
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		usleep_range(MMAPDEMO_SEAL_WAIT_US, 2 * MMAPDEMO_SEAL_WAIT_US);
	}
	smp_mb__before_atomic(); /* a mapping that is counted from here on sees the seal */
	mapping_allow_writable(mapping);
	return err;
}

/**
 * mmapdemo_seal_add - add seals to a buffer
 * @buffer: a buffer of CREATE
 * @seals: MMAPDEMO_SEAL_ bits
 *
 * Context: Process context, may sleep.
 *
 * Return: 0; -EOPNOTSUPP for an unknown seal, -EPERM once there is MMAPDEMO_SEAL_SEAL, -EBUSY
 * where the contents may be written, -EINTR after a fatal signal: no seal is added then.
 */
int mmapdemo_seal_add(struct mmapdemo_buffer *buffer, unsigned int seals)
{
	int err;

	if (seals & ~MMAPDEMO_SEALS)
		return -EOPNOTSUPP;
	err = mmapdemo_buffer_lock(buffer);
	if (err)
		return err;
	if (mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_SEAL)) {
		err = -EPERM;
	} else if (seals & MMAPDEMO_SEAL_WRITE & ~buffer->seals) {
		err = mmapdemo_seal_write(buffer, seals);
	} else {
		mmapdemo_buffer_stop_faults(buffer);
		mmapdemo_seal_set(buffer, seals);
		mmapdemo_buffer_resume_faults(buffer);
	}
	mmapdemo_buffer_unlock(buffer);
	return err;
}

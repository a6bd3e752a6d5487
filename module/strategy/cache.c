// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that processors do not cache as they cache other memory: the parameter `cache'.
 *
 * The kernel maps all memory write-back. A mapping of the same frame with another type is a
 * conflicting alias, which processors do not support: a write-combining store may not check
 * whether a cache has the line (Intel SDM volume 3, "Programming the PAT"). So the kernel's own
 * mapping is changed first, and restored before the memory is freed. Graphics drivers do the
 * same (drivers/gpu/drm/ttm/ttm_pool.c).
 *
 * x86 keeps the type of each frame. remap_pfn_range() of a whole VMA with another type than the
 * frame's warns and uses the frame's (reserve_pfn_range() in arch/x86/mm/pat/memtype.c), and
 * vmf_insert_pfn() always uses the frame's. Without the page attribute table (nopat), x86 does
 * neither: each mapping has the type that its driver asks for, and a conflict goes unnoticed.
 * Other architectures export no function that changes the type of the kernel's mapping.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>

#include "core/buffer.h"
#include "cache.h"

const char *const mmapdemo_cache_words[MMAPDEMO_CACHES] = { "wb", "wc", "uc" };

#ifdef MMAPDEMO_HAS_SET_MEMORY_WC
#include <linux/set_memory.h>
#include <asm/memtype.h>

/* Return: NULL; or why memory cannot have this cache type, and what to do. */
const char *mmapdemo_cache_refused(enum mmapdemo_cache cache)
{
	if (cache == MMAPDEMO_CACHE_WC && !pat_enabled())
		return "the kernel does not use the page attribute table (nopat?): take uc";
	return NULL;
}

/**
 * mmapdemo_cache_restore - make the kernel's mapping of a block write-back again
 * @buffer: the buffer, whose memory lies in one piece and is mapped by no program
 *
 * Return: 0, or an errno: then the memory must not be freed.
 */
int mmapdemo_cache_restore(struct mmapdemo_buffer *buffer)
{
	int err = 0;

	if (buffer->cache != MMAPDEMO_CACHE_WB)
		err = set_memory_wb((unsigned long)buffer->area, buffer->held >> PAGE_SHIFT);
	if (err)
		pr_err("%s: the kernel's mapping stays %s (error %d): %zu bytes are lost\n",
		       buffer->name, mmapdemo_cache_words[buffer->cache], err, buffer->held);
	return err;
}

/* When set_memory_wc() fails, its caller has to restore what it has changed. */
int mmapdemo_cache_set(struct mmapdemo_buffer *buffer)
{
	unsigned long at = (unsigned long)buffer->area;
	int pages = buffer->held >> PAGE_SHIFT;
	const char *cure = "free memory";
	int err = 0;

	if (buffer->cache == MMAPDEMO_CACHE_WC)
		err = set_memory_wc(at, pages);
	else if (buffer->cache == MMAPDEMO_CACHE_UC)
		err = set_memory_uc(at, pages);
	if (err == -EBUSY)
		cure = "another driver freed the memory uncached: reboot";
	if (err)
		pr_err("%s: cache=%s: the kernel's own mapping cannot be changed (error %d): %s, or load without cache=\n",
		       buffer->name, mmapdemo_cache_words[buffer->cache], err, cure);
	return err;
}

/* The types of set_memory_wc() and set_memory_uc(), the second of which is UC-. */
pgprot_t mmapdemo_cache_prot(const struct mmapdemo_buffer *buffer, pgprot_t prot)
{
	if (buffer->cache == MMAPDEMO_CACHE_WC)
		return pgprot_writecombine(prot);
	if (buffer->cache == MMAPDEMO_CACHE_UC)
		return pgprot_noncached(prot);
	return prot;
}

#else

const char *mmapdemo_cache_refused(enum mmapdemo_cache cache)
{
	if (cache == MMAPDEMO_CACHE_WB)
		return NULL;
	return "modules cannot change the kernel's own mapping on this architecture: take wb";
}

int mmapdemo_cache_restore(struct mmapdemo_buffer *buffer)
{
	return 0;
}

int mmapdemo_cache_set(struct mmapdemo_buffer *buffer)
{
	return 0;
}

pgprot_t mmapdemo_cache_prot(const struct mmapdemo_buffer *buffer, pgprot_t prot)
{
	return prot;
}

#endif

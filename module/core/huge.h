/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Huge pages in page faults. huge.c is for all kernels. Kernels since 6.15 map a huge folio
 * by vmf_insert_folio_pmd() (huge_insert.c), and earlier ones by filemap_map_pages()
 * (huge_map.c). core.mk builds one of the two.
 */
#ifndef MMAPDEMO_HUGE_H
#define MMAPDEMO_HUGE_H

#include <linux/mm.h>

bool mmapdemo_huge_fits(const struct vm_fault *vmf);
void mmapdemo_huge_around(struct vm_fault *vmf);
vm_fault_t mmapdemo_huge_fault(struct vm_fault *vmf, unsigned int order);

bool mmapdemo_huge_is(const struct vm_fault *vmf, struct folio *folio);

/* In huge_insert.c or huge_map.c. */
bool mmapdemo_huge_insert(struct vm_fault *vmf, struct folio *folio);

#ifdef MMAPDEMO_HUGE_BY_CORE

/* In huge_map.c. */
void mmapdemo_huge_mapped_by_core(struct vm_fault *vmf);
void mmapdemo_huge_returned(struct vm_fault *vmf);

static inline void mmapdemo_huge_before_core(struct vm_fault *vmf, struct folio *folio)
{
	if (folio_order(folio) == HPAGE_PMD_ORDER)
		mmapdemo_huge_returned(vmf);
}

static inline void mmapdemo_huge_after_core(struct vm_fault *vmf)
{
	if (pmd_trans_huge(*vmf->pmd))
		mmapdemo_huge_mapped_by_core(vmf);
}

#else

/* mm/ called .huge_fault first, which maps all huge folios. */
static inline void mmapdemo_huge_before_core(struct vm_fault *vmf, struct folio *folio)
{
}

static inline void mmapdemo_huge_after_core(struct vm_fault *vmf)
{
}

#endif
#endif

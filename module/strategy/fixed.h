/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FIXED_H
#define MMAPDEMO_FIXED_H

#include <linux/mm_types.h>

struct mmapdemo_buffer;
struct mmapdemo_piece;
struct vm_fault;

typedef vm_fault_t mmapdemo_fixed_give_t(struct mmapdemo_buffer *buffer, struct vm_fault *vmf);

struct page *mmapdemo_fixed_alloc(struct mmapdemo_buffer *buffer, gfp_t gfp, unsigned int order);
int mmapdemo_fixed_room(struct mmapdemo_buffer *buffer);
int mmapdemo_fixed_alloc_pages(struct mmapdemo_buffer *buffer);
void mmapdemo_fixed_free_pages(struct mmapdemo_buffer *buffer);
unsigned int mmapdemo_fixed_shrink_to_block(struct mmapdemo_buffer *buffer);
int mmapdemo_fixed_alloc_block(struct mmapdemo_buffer *buffer);
void mmapdemo_fixed_free_block(struct mmapdemo_buffer *buffer);
unsigned long mmapdemo_fixed_frame(struct mmapdemo_buffer *buffer, pgoff_t index);

bool mmapdemo_fixed_broken(struct mmapdemo_buffer *buffer, loff_t pos);
int mmapdemo_fixed_mappable(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t pages);
vm_fault_t mmapdemo_fixed_fault(struct vm_fault *vmf, mmapdemo_fixed_give_t *give);
int mmapdemo_fixed_piece(struct mmapdemo_buffer *buffer, loff_t pos, bool write,
			 struct mmapdemo_piece *piece);
int mmapdemo_fixed_wipe(struct mmapdemo_buffer *buffer, bool killable);
u64 mmapdemo_fixed_resident(struct mmapdemo_buffer *buffer);
int mmapdemo_fixed_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
			  int write);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/mmapdemo/NODE/tables: the present page-table entries of the live mappings.
 * pagemap does not tell whether an entry allows stores, and whether the processor has marked it
 * accessed or dirty.
 *
 * No kernel exports walk_page_range() or pte_offset_map_lock(), so this file walks by itself. It
 * holds what walk_page_mapping() asks for: the i_mmap lock. While that is held shared, a VMA in
 * the inode's tree keeps its bounds and its mm, and its page tables down to the PMD stay:
 * free_pgtables() takes a VMA out of the tree before it frees them. The mmap lock cannot be taken
 * here, as the i_mmap lock nests inside it, and is not needed. A table of PTEs may go under the
 * i_mmap lock (retract_page_tables() since 6.5, zap_pte_range() with CONFIG_PT_RECLAIM), but then
 * its PMD is cleared under the PMD's lock, which is held while the table is read.
 */
#include <linux/capability.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/buffer.h"
#include "tables.h"

enum {
	MMAPDEMO_ENTRY_WRITE = BIT(0),
	MMAPDEMO_ENTRY_DIRTY = BIT(1),
	MMAPDEMO_ENTRY_ACCESSED = BIT(2),
	MMAPDEMO_ENTRY_PMD = BIT(3),
};

/* Entries that follow each other, with frames that do, and with the same flags. */
struct mmapdemo_entries {
	unsigned long start;
	unsigned long pfn;
	unsigned int count;
	unsigned int flags;
};

/*
 * A reader. It gets what one PMD spans at a time, so that neither its memory nor the time with
 * locks held depends on the size of the mappings.
 */
struct mmapdemo_tables {
	struct mmapdemo_buffer *buffer;
	struct vm_area_struct *vma;	/* while the i_mmap lock is held */
	unsigned int count;
	struct mmapdemo_entries entries[]; /* as many as a table has */
};

/* A position is the number of a VMA, and the number of a PMD's span in it: bits of the latter. */
#define MMAPDEMO_TABLES_SPAN	40

static void mmapdemo_tables_add(struct mmapdemo_tables *tables, unsigned long addr,
				unsigned long pfn, unsigned int count, unsigned int flags)
{
	struct mmapdemo_entries *last = tables->count ? &tables->entries[tables->count - 1] : NULL;

	if (last && last->flags == flags && last->pfn + last->count == pfn &&
	    last->start + last->count * PAGE_SIZE == addr) {
		last->count += count;
		return;
	}
	tables->entries[tables->count++] = (struct mmapdemo_entries){
		.start = addr, .pfn = pfn, .count = count, .flags = flags,
	};
}

static void mmapdemo_tables_read_ptes(struct mmapdemo_tables *tables, pmd_t *pmd,
				      unsigned long addr, unsigned long end)
{
	pte_t *first, *entry;

	rcu_read_lock(); /* for pte_unmap(), which unlocks it from 6.5 on: see compat.h */
	first = mmapdemo_pte_map(pmd, addr);
	for (entry = first; addr < end; entry++, addr += PAGE_SIZE) {
		/* With PAE it may be of two halves, if it changes to another frame and back. */
		pte_t pte = ptep_get_lockless(entry);

		if (!pte_present(pte))
			continue;
		mmapdemo_tables_add(tables, addr, pte_pfn(pte), 1,
				    (pte_write(pte) ? MMAPDEMO_ENTRY_WRITE : 0) |
				    (pte_dirty(pte) ? MMAPDEMO_ENTRY_DIRTY : 0) |
				    (pte_young(pte) ? MMAPDEMO_ENTRY_ACCESSED : 0));
	}
	mmapdemo_pte_unmap(first);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static bool mmapdemo_tables_read_huge(struct mmapdemo_tables *tables, pmd_t pmd,
				      unsigned long addr, unsigned long end)
{
	if (!pmd_leaf(pmd))
		return false;
	mmapdemo_tables_add(tables, addr, pmd_pfn(pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT),
			    (end - addr) >> PAGE_SHIFT,
			    MMAPDEMO_ENTRY_PMD |
			    (pmd_write(pmd) ? MMAPDEMO_ENTRY_WRITE : 0) |
			    (pmd_dirty(pmd) ? MMAPDEMO_ENTRY_DIRTY : 0) |
			    (pmd_young(pmd) ? MMAPDEMO_ENTRY_ACCESSED : 0));
	return true;
}
#else
static bool mmapdemo_tables_read_huge(struct mmapdemo_tables *tables, pmd_t pmd,
				      unsigned long addr, unsigned long end)
{
	return pmd_leaf(pmd);
}
#endif

/* The PMD that maps an address; NULL if there is no table for one up to *@next, at most @end. */
static pmd_t *mmapdemo_tables_find_pmd(struct mm_struct *mm, unsigned long addr, unsigned long end,
				       unsigned long *next)
{
	pgd_t *pgd = pgd_offset(mm, addr), pgd_value = READ_ONCE(*pgd);
	p4d_t *p4d, p4d_value;
	pud_t *pud, value;

	*next = pgd_addr_end(addr, end);
	if (pgd_none(pgd_value) || pgd_bad(pgd_value))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	p4d_value = READ_ONCE(*p4d);
	*next = p4d_addr_end(addr, end);
	if (p4d_none(p4d_value) || p4d_bad(p4d_value))
		return NULL;
	pud = pud_offset(p4d, addr);
	value = READ_ONCE(*pud);
	*next = pud_addr_end(addr, end);
	/* No strategy maps by an entry of that size. */
	if (pud_none(value) || pud_leaf(value) || pud_bad(value))
		return NULL;
	*next = pmd_addr_end(addr, end);
	return pmd_offset(pud, addr);
}

/* Reads the entries from an address to the end of what its PMD spans. */
static void mmapdemo_tables_read(struct mmapdemo_tables *tables, unsigned long addr)
{
	struct mm_struct *mm = tables->vma->vm_mm;
	unsigned long end;
	pmd_t *pmd = mmapdemo_tables_find_pmd(mm, addr, tables->vma->vm_end, &end);
	spinlock_t *lock; /* of the PMD */
	pmd_t value;

	tables->count = 0;
	if (!pmd)
		return;
	lock = pmd_lock(mm, pmd);
	value = READ_ONCE(*pmd);
	/* One that is not present names a huge page that is being migrated. */
	if (!pmd_none(value) && pmd_present(value) &&
	    !mmapdemo_tables_read_huge(tables, value, addr, end) && !pmd_bad(value))
		mmapdemo_tables_read_ptes(tables, pmd, addr, end);
	spin_unlock(lock);
}

/* Where a span of the VMA begins, or the VMA's end. */
static unsigned long mmapdemo_tables_address(const struct vm_area_struct *vma, loff_t pos)
{
	u64 span = pos & GENMASK_ULL(MMAPDEMO_TABLES_SPAN - 1, 0);
	unsigned long first = vma->vm_start & PMD_MASK;

	/* The position may be that of a longer VMA, which is gone. */
	if (span > (vma->vm_end - 1 - first) >> PMD_SHIFT)
		return vma->vm_end;
	return span ? first + ((unsigned long)span << PMD_SHIFT) : vma->vm_start;
}

/* Moves on to a span that has a table for PMDs, from this one on; false if there is none. */
static bool mmapdemo_tables_skip(const struct vm_area_struct *vma, loff_t *pos)
{
	unsigned long addr = mmapdemo_tables_address(vma, *pos), next;
	u64 number = *pos >> MMAPDEMO_TABLES_SPAN;

	for (; addr < vma->vm_end; addr = next)
		if (mmapdemo_tables_find_pmd(vma->vm_mm, addr, vma->vm_end, &next))
			break;
	*pos = (number << MMAPDEMO_TABLES_SPAN) +
	       (((addr & PMD_MASK) - (vma->vm_start & PMD_MASK)) >> PMD_SHIFT);
	return addr < vma->vm_end;
}

/* Moves on from VMA to VMA until one has such a span. */
static void *mmapdemo_tables_find(struct mmapdemo_tables *tables, struct rb_node *node, loff_t *pos)
{
	for (; node; node = rb_next(node)) {
		tables->vma = rb_entry(node, struct vm_area_struct, shared.rb);
		cond_resched();
		if (fatal_signal_pending(current))
			return ERR_PTR(-EINTR);
		if (mmapdemo_tables_skip(tables->vma, pos))
			return tables;
		*pos = ((*pos >> MMAPDEMO_TABLES_SPAN) + 1) << MMAPDEMO_TABLES_SPAN;
	}
	return NULL;
}

/* Where mappings came or went since the last read, the position may name another one. */
static void *mmapdemo_tables_start(struct seq_file *file, loff_t *pos)
{
	struct mmapdemo_tables *tables = file->private;
	struct address_space *mapping = tables->buffer->inode->i_mapping;
	u64 number = *pos >> MMAPDEMO_TABLES_SPAN;
	struct rb_node *node;

	i_mmap_lock_read(mapping);
	node = rb_first_cached(&mapping->i_mmap);
	while (node && number--) {
		node = rb_next(node);
		cond_resched();
	}
	return mmapdemo_tables_find(tables, node, pos);
}

static void mmapdemo_tables_stop(struct seq_file *file, void *unused)
{
	struct mmapdemo_tables *tables = file->private;

	i_mmap_unlock_read(tables->buffer->inode->i_mapping);
	tables->vma = NULL;
}

/*
 * seq_file calls this until its buffer is full, which empty tables never fill, and to get to an
 * offset. So the lock is given away where others wait for it.
 */
static void *mmapdemo_tables_next(struct seq_file *file, void *unused, loff_t *pos)
{
	struct mmapdemo_tables *tables = file->private;

	*pos += 1;
	if (need_resched() || rwsem_is_contended(&tables->buffer->inode->i_mapping->i_mmap_rwsem)) {
		mmapdemo_tables_stop(file, NULL);
		cond_resched();
		return mmapdemo_tables_start(file, pos);
	}
	return mmapdemo_tables_find(tables, &tables->vma->shared.rb, pos);
}

/* The entries that one PMD spans, a line for each run: PID ADDRESS PAGES FRAME LEVEL FLAGS. */
static int mmapdemo_tables_show(struct seq_file *file, void *unused)
{
	struct mmapdemo_tables *tables = file->private;
	struct vm_area_struct *vma = tables->vma;
	struct task_struct *owner;
	unsigned int i;
	pid_t pid;

	rcu_read_lock();
	owner = mmapdemo_tables_owner(vma);
	pid = owner ? task_tgid_nr(owner) : 0;
	rcu_read_unlock();
	mmapdemo_tables_read(tables, mmapdemo_tables_address(vma, file->index));
	for (i = 0; i < tables->count; i++) {
		const struct mmapdemo_entries *run = &tables->entries[i];

		seq_printf(file, "%d %lx %u %lx %s %c%c%c\n", pid, run->start, run->count, run->pfn,
			   run->flags & MMAPDEMO_ENTRY_PMD ? "pmd" : "pte",
			   run->flags & MMAPDEMO_ENTRY_WRITE ? 'w' : '-',
			   run->flags & MMAPDEMO_ENTRY_DIRTY ? 'd' : '-',
			   run->flags & MMAPDEMO_ENTRY_ACCESSED ? 'a' : '-');
	}
	return 0;
}

static const struct seq_operations mmapdemo_tables_ops = {
	.start = mmapdemo_tables_start,
	.next = mmapdemo_tables_next,
	.stop = mmapdemo_tables_stop,
	.show = mmapdemo_tables_show,
};

static int mmapdemo_tables_open(struct inode *inode, struct file *file)
{
	size_t size = sizeof(struct mmapdemo_tables) +
		      PTRS_PER_PTE * sizeof(struct mmapdemo_entries);
	struct mmapdemo_tables *tables;

	/* as pagemap, which shows frames to no other */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tables = __seq_open_private(file, &mmapdemo_tables_ops, size);
	if (!tables)
		return -ENOMEM;
	tables->buffer = inode->i_private;
	return 0;
}

const struct file_operations mmapdemo_tables_fops = {
	.owner = THIS_MODULE,
	.open = mmapdemo_tables_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels, in one place: force-included, so that the
 * rest of the module is written for the newest kernel only.
 *
 * The MMAPDEMO_HAS_ names come from probes of the headers in core.mk.
 * Each entry names the commit that made the difference: once that is below the
 * floor, the entry can go.
 */
#ifndef MMAPDEMO_COMPAT_H
#define MMAPDEMO_COMPAT_H

#include <linux/version.h>

/* The same range as in dkms.conf. Nothing else tests for a version: probes test for features. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "mmapdemo needs Linux 6.1 or newer: give newer kernel headers, KDIR=..."
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(8, 0, 0) && !defined(MMAPDEMO_UNTESTED)
#error "mmapdemo is not tested beyond Linux 7.x: try make MMAPDEMO_UNTESTED=1, and its tests"
#endif

/*
 * 6.5, 2cb1e08985e3 "splice: Use filemap_splice_read() instead of generic_file_splice_read()":
 * before, ->read_iter() was called with a pipe to copy to.
 */
#ifdef MMAPDEMO_HAS_FILEMAP_SPLICE_READ
#define mmapdemo_copy_splice_read copy_splice_read
#else
#define mmapdemo_copy_splice_read generic_file_splice_read
#endif

/* 6.8, af7628d6ec19 "fs: convert error_remove_page to error_remove_folio" */
#ifdef MMAPDEMO_HAS_ERROR_REMOVE_FOLIO
#define MMAPDEMO_AOPS_ERROR_REMOVE	.error_remove_folio = mmapdemo_broken_remove
#define mmapdemo_generic_error_remove	generic_error_remove_folio
#else
#define MMAPDEMO_AOPS_ERROR_REMOVE	.error_remove_page = mmapdemo_broken_remove_page
#define mmapdemo_generic_error_remove(mapping, folio) \
	generic_error_remove_page(mapping, folio_page(folio, 0))
#endif

/* 6.13, 6359c39c9de6 "mm: remove unused hugepage for vma_alloc_folio()" */
#ifdef MMAPDEMO_HAS_VMA_ALLOC_HUGE
#define mmapdemo_vma_alloc_folio vma_alloc_folio
#else
#define mmapdemo_vma_alloc_folio(gfp, order, vma, addr, huge) \
	vma_alloc_folio(gfp, order, vma, addr)
#endif

#ifdef CONFIG_NUMA
#define mmapdemo_vma_has_policy(vma) READ_ONCE((vma)->vm_policy)
#else
#define mmapdemo_vma_has_policy(vma) false
#endif

/* 6.6, "mm: handle userfaults under VMA lock" */
#ifdef MMAPDEMO_HAS_RELEASE_FAULT_LOCK
#define mmapdemo_release_fault_lock release_fault_lock
#elif defined(MMAPDEMO_HAS_HUGE_FAULT)
#error "release_fault_lock() was not found, which is there since 6.6: see core.mk"
#else
#define mmapdemo_release_fault_lock(vmf) mmap_read_unlock((vmf)->vma->vm_mm)
#endif

/*
 * 6.6, e88e0d366f9c "tmpfs: trivial support for direct IO": from there on tmpfs may be opened
 * with O_DIRECT, and so may the device. No header shows it. The probe looks for the stable
 * directory offsets that tmpfs got in the same release.
 */
#ifdef MMAPDEMO_HAS_TMPFS_DIRECT
#define MMAPDEMO_FMODE_DIRECT	FMODE_CAN_ODIRECT
#else
#define MMAPDEMO_FMODE_DIRECT	((__force fmode_t)0)
#endif

/* 6.3, bc292ab00f6c "mm: introduce vma->vm_flags wrapper functions" */
#ifdef MMAPDEMO_HAS_VM_FLAGS_SET
#define mmapdemo_vm_flags_set vm_flags_set
#define mmapdemo_vm_flags_clear vm_flags_clear
#else
#define mmapdemo_vm_flags_set(vma, flags) ((vma)->vm_flags |= (flags))
#define mmapdemo_vm_flags_clear(vma, flags) ((vma)->vm_flags &= ~(flags))
#endif

/* 6.3, c1632a0f1120 "fs: port ->setattr() to pass mnt_idmap" */
#ifdef MMAPDEMO_HAS_MNT_IDMAP
#define mmapdemo_mnt_idmap mnt_idmap
#else
#define mmapdemo_mnt_idmap user_namespace
#endif

/* 6.16, "fs: add S_ANON_INODE": a flag of the inodes that alloc_anon_inode() makes */
#ifdef MMAPDEMO_HAS_ANON_INODE
#define MMAPDEMO_S_ANON_INODE	S_ANON_INODE
#else
#define MMAPDEMO_S_ANON_INODE	0
#endif

/* 6.8, 5e0a760b4441 "mm, treewide: rename MAX_ORDER to MAX_PAGE_ORDER"; until 6.3 it is one more */
#ifdef MMAPDEMO_HAS_MAX_PAGE_ORDER
#define MMAPDEMO_MAX_PAGE_ORDER	MAX_PAGE_ORDER
#else
#define MMAPDEMO_MAX_PAGE_ORDER	ilog2(MAX_ORDER_NR_PAGES)
#endif

/* 7.3, "mm: convert is_cow_mapping() to vma flags" */
#ifdef MMAPDEMO_HAS_VMA_IS_COW
#define mmapdemo_vma_is_cow_mapping vma_is_cow_mapping
#else
#define mmapdemo_vma_is_cow_mapping(vma) is_cow_mapping((vma)->vm_flags)
#endif

/* 6.17, "mm: rename call_mmap() to vfs_mmap()" and .mmap_prepare's */
#ifdef MMAPDEMO_HAS_VFS_MMAP
#define mmapdemo_vfs_mmap vfs_mmap
#else
#define mmapdemo_vfs_mmap call_mmap
#endif

/* 6.8, 3652117f8548 "eventfd: simplify eventfd_signal()" */
#ifdef MMAPDEMO_HAS_EVENTFD_COUNT
#define mmapdemo_eventfd_signal(ctx) eventfd_signal(ctx, 1)
#else
#define mmapdemo_eventfd_signal eventfd_signal
#endif

/* 7.0, "mm/shmem: use vma_flags_t" */
#ifdef MMAPDEMO_HAS_SHMEM_VMA_FLAGS
#define mmapdemo_shmem_file_setup(name, size, flags) \
	shmem_file_setup(name, size, legacy_to_vma_flags((flags) & VM_NORESERVE))
#else
#define mmapdemo_shmem_file_setup(name, size, flags) \
	shmem_file_setup(name, size, (flags) & VM_NORESERVE)
#endif

/* Whether the core was built with its part `huge' (core.mk). */
#ifdef MMAPDEMO_WITHOUT_HUGE
#define MMAPDEMO_HUGE_PART	false
#else
#define MMAPDEMO_HUGE_PART	true
#endif

/*
 * 6.6, 1d024e7a8dab "mm: remove enum page_entry_size": .huge_fault gets the
 * order. Kernels before that call it for DAX only.
 */
#if !defined(CONFIG_TRANSPARENT_HUGEPAGE) || defined(MMAPDEMO_WITHOUT_HUGE)
#undef MMAPDEMO_HAS_HUGE_FAULT
#endif
#ifdef MMAPDEMO_HAS_HUGE_FAULT
#define MMAPDEMO_VM_OPS_HUGE_FAULT	.huge_fault = mmapdemo_huge_fault,
#else
#define MMAPDEMO_VM_OPS_HUGE_FAULT
#endif

/*
 * 6.15, "mm/huge_memory: add vmf_insert_folio_pmd()": before, a module maps a
 * huge page through the core, which maps some by itself. core.mk takes core/huge_map.c
 * there in place of core/huge_insert.c.
 */
#if defined(CONFIG_TRANSPARENT_HUGEPAGE) && !defined(MMAPDEMO_HAS_INSERT_FOLIO_PMD) && \
	!defined(MMAPDEMO_WITHOUT_HUGE)
#define MMAPDEMO_HUGE_BY_CORE
#endif

/*
 * Whether filemap_map_pages() maps a huge page only where vmf->prealloc_pte has a page table.
 * Early 6.1 needs one to fall back to. Some architectures (ppc64 with its hash MMU) keep one
 * beside each huge entry, and it would be allocated under RCU. vmf_insert_folio_pmd() does
 * without.
 */
#if defined(MMAPDEMO_HAS_INSERT_FOLIO_PMD)
#define mmapdemo_map_pages_needs_table() false
#elif defined(MMAPDEMO_HAS_HUGE_FAULT)
#define mmapdemo_map_pages_needs_table() arch_needs_pgtable_deposit()
#else
#define mmapdemo_map_pages_needs_table() true
#endif

/*
 * 6.6, "mm: convert do_set_pte() to set_pte_range()": from there on filemap_map_pages() maps the
 * pages of a folio together. Before, each page costs as much as a folio of its own.
 */
#ifdef MMAPDEMO_HAS_SET_PTE_RANGE
#define mmapdemo_map_pages_batches() true
#else
#define mmapdemo_map_pages_batches() false
#endif

/* 7.2, "mm: rename pagevec.h to folio_batch.h" */
#ifdef MMAPDEMO_HAS_FOLIO_BATCH_H
#define MMAPDEMO_FOLIO_BATCH_H	"linux/folio_batch.h"
#else
#define MMAPDEMO_FOLIO_BATCH_H	"linux/pagevec.h"
#endif

/*
 * 7.3 has dev_set_dma_coherent(); 6.12 has a member, and that only where devices
 * differ in it.
 */
#ifdef MMAPDEMO_HAS_DMA_COHERENT_FLAG
#define mmapdemo_set_dma_coherent dev_set_dma_coherent
#elif defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU_ALL)
#define mmapdemo_set_dma_coherent(dev) ((dev)->dma_coherent = true)
#else
#define mmapdemo_set_dma_coherent(dev) do { } while (0)
#endif

/* 6.2: struct device_type.devnode() takes a const */
#ifdef MMAPDEMO_HAS_CONST_DEVNODE
#define mmapdemo_devnode_device const struct device
#else
#define mmapdemo_devnode_device struct device
#endif

/* 6.4: the functions of struct class_attribute take consts */
#ifdef MMAPDEMO_HAS_CONST_CLASS
#define mmapdemo_class const struct class
#define mmapdemo_class_attribute const struct class_attribute
#else
#define mmapdemo_class struct class
#define mmapdemo_class_attribute struct class_attribute
#endif

/* A kernel that cannot unload modules counts no references to them. */
#ifdef CONFIG_MODULE_UNLOAD
#define mmapdemo_module_refcount module_refcount
#else
#define mmapdemo_module_refcount(module) 1
#endif

/* 6.14, d36cebe03c3a "lib/crc32: standardize on crc32c() name for Castagnoli CRC32" */
#ifdef MMAPDEMO_HAS_CRC32C
#define mmapdemo_crc32c crc32c
#else
#define mmapdemo_crc32c __crc32c_le
#endif

/* 6.19, 7f3779a3ac3e "mm/filemap: Add NUMA mempolicy support to filemap_alloc_folio()" */
#ifdef MMAPDEMO_HAS_FOLIO_MEMPOLICY
#define mmapdemo_filemap_alloc_folio(gfp, order) filemap_alloc_folio(gfp, order, NULL)
#else
#define mmapdemo_filemap_alloc_folio(gfp, order) filemap_alloc_folio(gfp, order)
#endif

/*
 * 6.13, cdd30ebb1b9f "module: Convert symbol namespace to string literal". A core that is built
 * into a driver exports nothing.
 */
#ifdef MMAPDEMO_CORE_ALONE
#define EXPORT_SYMBOL_MMAPDEMO(symbol)	static_assert(1)
#elif defined(MMAPDEMO_HAS_STRING_NAMESPACE)
#define EXPORT_SYMBOL_MMAPDEMO(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "MMAPDEMO")
#else
#define EXPORT_SYMBOL_MMAPDEMO(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, MMAPDEMO)
#endif

/*
 * 7.1, "mm: add vm_ops->mapped hook": from there on .mmap_prepare, which must
 * not count, sets up a mapping, and vm_ops->mapped counts it. For earlier kernels, vma_desc.h
 * defines the argument of .mmap_prepare.
 */
#ifdef MMAPDEMO_HAS_MMAP_PREPARE
#define MMAPDEMO_VM_OPS_MAPPED	.mapped = mmapdemo_vma_mapped,
#else
#define MMAPDEMO_VM_OPS_MAPPED
#endif

/*
 * 6.5, 0d940a9b270b "mm/pgtable: allow pte_offset_map[_lock]() to fail": from there on pte_unmap()
 * unlocks RCU, and pte_offset_map() is a function that modules do not get. Both names map the
 * table of a PMD whose lock is held, with RCU locked; mmapdemo_pte_unmap() unlocks RCU.
 */
#ifdef MMAPDEMO_HAS_PTE_MAP
#define mmapdemo_pte_map	__pte_map
#define mmapdemo_pte_unmap	pte_unmap
#else
#define mmapdemo_pte_map	pte_offset_map
#define mmapdemo_pte_unmap(pte)	do { pte_unmap(pte); rcu_read_unlock(); } while (0)
#endif

/* 7.2, "userfaultfd: introduce vm_uffd_ops": before, mm/ asked no VMA what it supports. */
#ifndef CONFIG_USERFAULTFD
#undef MMAPDEMO_HAS_UFFD_OPS
#endif
#ifdef MMAPDEMO_HAS_UFFD_OPS
#define MMAPDEMO_VM_OPS_UFFD	.uffd_ops = &mmapdemo_uffd_ops,
#else
#define MMAPDEMO_VM_OPS_UFFD
#endif

#endif

# SPDX-License-Identifier: GPL-2.0-only
#
# What a module needs that has this folder built in: mmapdemo.ko itself, or a driver's.
#
#	include $(src)/core/core.mk
#	mydriver-y := main.o $(addprefix core/,$(mmapdemo-core))
#	ccflags-y += $(mmapdemo-core-flags)
#
# mmapdemo-core is the objects; mmapdemo-core-flags, the options that they, and who includes
# their headers, are compiled with. docs/drivers.md says more.

# Buffers, files that map them, page faults, and revoke.
mmapdemo-core := assembler.o api.o attach.o mapping.o vma_desc.o pagecache.o folios.o fault.o broken.o
mmapdemo-core += uffd.o

# The rest is parts. A driver that has the folder built in may leave out those that it does not
# need: it names the others before it includes this file. `mmapdemo-core-parts :=' is none.
mmapdemo-part-io := io.o pieces.o strategy.o copy.o
mmapdemo-part-notify := notify.o events.o
mmapdemo-part-reshape := reshape.o
mmapdemo-part-hold := hold.o
mmapdemo-part-dmabuf := $(if $(CONFIG_DMA_SHARED_BUFFER),dmabuf.o)
mmapdemo-part-descriptor := descriptor.o
mmapdemo-part-chardev := chardev.o

# Feature probes: what the headers declare, never a version (RHEL-like kernels
# backport). compat.h reads them and names the commit behind each, but for
# MMAPDEMO_HAS_SET_MEMORY_WC: architectures differ in it, not releases, and strategy/cache.c reads it.
mmapdemo-has = $(shell grep -qsE '$(1)' $(srctree)/include/linux/$(2) && echo -D$(3))

mmapdemo-core-flags := $(call mmapdemo-has,filemap_splice_read,fs.h,MMAPDEMO_HAS_FILEMAP_SPLICE_READ)
mmapdemo-core-flags += $(call mmapdemo-has,error_remove_folio,fs.h,MMAPDEMO_HAS_ERROR_REMOVE_FOLIO)
mmapdemo-core-flags += $(call mmapdemo-has,unsigned long addr. bool hugepage,gfp.h,MMAPDEMO_HAS_VMA_ALLOC_HUGE)
mmapdemo-core-flags += $(call mmapdemo-has,void release_fault_lock.struct vm_fault,mm.h,MMAPDEMO_HAS_RELEASE_FAULT_LOCK)
mmapdemo-core-flags += $(call mmapdemo-has,struct offset_ctx,shmem_fs.h,MMAPDEMO_HAS_TMPFS_DIRECT)
mmapdemo-core-flags += $(call mmapdemo-has,[*]huge_fault..struct vm_fault .vmf. unsigned int order,mm.h,MMAPDEMO_HAS_HUGE_FAULT)
mmapdemo-core-flags += $(call mmapdemo-has,vmf_insert_pfn_pmd.struct vm_fault .vmf. unsigned long pfn,huge_mm.h,MMAPDEMO_HAS_INSERT_FOLIO_PMD)
mmapdemo-core-flags += $(call mmapdemo-has,void set_pte_range.struct vm_fault,mm.h,MMAPDEMO_HAS_SET_PTE_RANGE)
mmapdemo-core-flags += $(call mmapdemo-has,u32 crc32c.u32 crc,crc32.h,MMAPDEMO_HAS_CRC32C)
mmapdemo-core-flags += $(call mmapdemo-has,struct mempolicy \*policy,pagemap.h,MMAPDEMO_HAS_FOLIO_MEMPOLICY)
mmapdemo-core-flags += $(call mmapdemo-has,void vm_flags_set.struct vm_area_struct,mm.h,MMAPDEMO_HAS_VM_FLAGS_SET)
mmapdemo-core-flags += $(call mmapdemo-has,struct mnt_idmap,fs.h,MMAPDEMO_HAS_MNT_IDMAP)
mmapdemo-core-flags += $(call mmapdemo-has,define S_ANON_INODE,fs.h,MMAPDEMO_HAS_ANON_INODE)
mmapdemo-core-flags += $(call mmapdemo-has,bool vma_is_cow_mapping,mm.h,MMAPDEMO_HAS_VMA_IS_COW)
mmapdemo-core-flags += $(call mmapdemo-has,int vfs_mmap.struct file,fs.h,MMAPDEMO_HAS_VFS_MMAP)
mmapdemo-core-flags += $(call mmapdemo-has,shmem_file_setup.*vma_flags_t,shmem_fs.h,MMAPDEMO_HAS_SHMEM_VMA_FLAGS)
mmapdemo-core-flags += $(call mmapdemo-has,define MAX_PAGE_ORDER,mmzone.h,MMAPDEMO_HAS_MAX_PAGE_ORDER)
mmapdemo-core-flags += $(call mmapdemo-has,DEV_FLAG_DMA_COHERENT,device.h,MMAPDEMO_HAS_DMA_COHERENT_FLAG)
mmapdemo-core-flags += $(call mmapdemo-has,int set_memory_wc,../../arch/$(SRCARCH)/include/asm/set_memory.h,MMAPDEMO_HAS_SET_MEMORY_WC)
mmapdemo-core-flags += $(call mmapdemo-has,struct folio_batch,folio_batch.h,MMAPDEMO_HAS_FOLIO_BATCH_H)
mmapdemo-core-flags += $(call mmapdemo-has,define __pte_map.pmd. address,pgtable.h,MMAPDEMO_HAS_PTE_MAP)
mmapdemo-core-flags += $(call mmapdemo-has,struct vm_uffd_ops,userfaultfd_k.h,MMAPDEMO_HAS_UFFD_OPS)
mmapdemo-core-flags += $(call mmapdemo-has,NS_GPL.sym. ns.[[:space:]]+__EXPORT_SYMBOL.sym. "GPL". ns.,export.h,MMAPDEMO_HAS_STRING_NAMESPACE)

mmapdemo-core-flags += $(call mmapdemo-has,__u64 eventfd_signal.struct eventfd_ctx,eventfd.h,MMAPDEMO_HAS_EVENTFD_COUNT)
mmapdemo-core-flags += $(call mmapdemo-has,[*]devnode..const struct device,device.h,MMAPDEMO_HAS_CONST_DEVNODE)
mmapdemo-core-flags += $(call mmapdemo-has,[*]store..const struct class,device/class.h,MMAPDEMO_HAS_CONST_CLASS)

# MMAPDEMO_MMAP=legacy keeps .mmap on a kernel that has .mmap_prepare as well.
ifneq ($(MMAPDEMO_MMAP),legacy)
# A kernel's .mmap_prepare serves us once it can count what was mapped.
mmapdemo-core-flags += $(call mmapdemo-has,[*]mapped\b,mm.h,MMAPDEMO_HAS_MMAP_PREPARE)
endif

# How a huge folio is mapped.
mmapdemo-core-huge := huge.o collapse.o
mmapdemo-core-huge += $(if $(findstring -DMMAPDEMO_HAS_INSERT_FOLIO_PMD,$(mmapdemo-core-flags)),huge_insert.o,huge_map.o)
mmapdemo-part-huge := $(if $(CONFIG_TRANSPARENT_HUGEPAGE),$(mmapdemo-core-huge))

mmapdemo-parts := io notify reshape hold dmabuf descriptor chardev huge
mmapdemo-core-parts ?= $(mmapdemo-parts)
mmapdemo-unknown := $(filter-out $(mmapdemo-parts),$(mmapdemo-core-parts))
$(if $(mmapdemo-unknown),$(error mmapdemo-core-parts: $(mmapdemo-unknown): parts are $(mmapdemo-parts)))
# What one part needs of others.
mmapdemo-wanted := $(mmapdemo-core-parts) $(if $(filter dmabuf,$(mmapdemo-core-parts)),hold)
mmapdemo-wanted += $(if $(filter descriptor,$(mmapdemo-core-parts)),io notify)
mmapdemo-core += $(foreach part,$(sort $(mmapdemo-wanted)),$(mmapdemo-part-$(part)))
mmapdemo-without := $(filter-out $(mmapdemo-wanted),$(mmapdemo-parts))
mmapdemo-core-flags += $(foreach part,$(mmapdemo-without),-DMMAPDEMO_WITHOUT_$(shell echo $(part) | tr a-z A-Z))

# MMAPDEMO_UNTESTED=1 builds beyond the ceiling in compat.h.
mmapdemo-core-flags += $(if $(MMAPDEMO_UNTESTED),-DMMAPDEMO_UNTESTED)

mmapdemo-core-flags += -include $(dir $(lastword $(MAKEFILE_LIST)))compat.h

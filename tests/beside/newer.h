/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that are newer than the C library's headers, by number where these lack them. */
#ifndef NEWER_H
#define NEWER_H

#include <stdint.h>
#include <sys/types.h>

#include <linux/ioctl.h>

#define MADV_SOFT_OFFLINE_    101
#define MADV_GUARD_INSTALL_   102
#define MADV_GUARD_REMOVE_    103
#define MADV_COLLAPSE_	      25
#define MADV_DONTNEED_LOCKED_ 24

#define RWF_NOAPPEND_	      0x20
#define RWF_ATOMIC_	      0x40
#define RWF_DONTCACHE_	      0x80
#define RWF_NOSIGNAL_	      0x100

/* The same numbers on all architectures, as are all since 424. */
#define SYS_PIDFD_OPEN		    434
#define SYS_PROCESS_MADVISE	    440
#define SYS_FUTEX_WAITV		    449
#define SYS_SET_MEMPOLICY_HOME_NODE 450
#define SYS_CACHESTAT		    451
#define SYS_FUTEX_WAKE		    454
#define SYS_FUTEX_WAIT		    455
#define SYS_MSEAL		    462

struct pagemap_region {
	unsigned long long start, end, categories;
};

struct pagemap_scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define PAGEMAP_SCAN_ _IOWR('f', 16, struct pagemap_scan)

struct procmap {
	uint64_t size, query_flags, query_addr;
	unsigned long long vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

#define PROCMAP_QUERY_ _IOWR('f', 17, struct procmap)

int sync_range(int fd, off_t offset, off_t length);
/* Writes a file of procfs or sysfs; -1 with errno if that fails. */
int write_file(const char *path, const char *text);
/* Two sockets of the loopback device, TCP or UDP, of which the first sends to the second. */
int socket_pair(int type, int ends[2]);
/* The page frame behind an address, 0 for none. */
uint64_t frame_of(const void *at);

#endif

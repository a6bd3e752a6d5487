// SPDX-License-Identifier: GPL-2.0-only
/* Part of the table of operations, see ops.h: name, function, where, flags, arguments. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/falloc.h>
#include <linux/futex.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>

#include "newer.h"
#include "ops.h"

// clang-format off
const struct op ops_kernel[] = {
	/* Pages that the kernel uses: M6 */
	{"process-vm.read", op_process_vm, ALL, 0, {0, -1, 5000}},
	{"process-vm.write", op_process_vm, ALL, 0, {1, -1, 5000}},
	{"proc-mem.read", op_proc_mem, ALL, 0, {0, -1, 5000}},
	{"proc-mem.write", op_proc_mem, ALL, 0, {1, -1, 5000}},
	{"ptrace.plain", op_ptrace, SHARED | PRIVATE | HUGE_PRIVATE, 0, {-1}},
	{"process-vm.read-only-read", op_process_vm, SHARED | PRIVATE | HUGE_PRIVATE, 0, {0, PROT_READ, 5000}},
	{"process-vm.read-only-write", op_process_vm, SHARED | PRIVATE | HUGE_PRIVATE, 0, {1, PROT_READ, 5000}},
	{"proc-mem.read-only-read", op_proc_mem, SHARED | PRIVATE | HUGE_PRIVATE, 0, {0, PROT_READ, 5000}},
	{"proc-mem.read-only-write", op_proc_mem, SHARED | PRIVATE | HUGE_PRIVATE, 0, {1, PROT_READ, 5000}},
	{"ptrace.read-only", op_ptrace, SHARED | PRIVATE | HUGE_PRIVATE, 0, {PROT_READ}},
	{"process-vm.none-read", op_process_vm, SHARED | PRIVATE | HUGE_PRIVATE, 0, {0, PROT_NONE, 5000}},
	{"process-vm.none-write", op_process_vm, SHARED | PRIVATE | HUGE_PRIVATE, 0, {1, PROT_NONE, 5000}},
	{"proc-mem.none-read", op_proc_mem, SHARED | PRIVATE | HUGE_PRIVATE, 0, {0, PROT_NONE, 5000}},
	{"proc-mem.none-write", op_proc_mem, SHARED | PRIVATE | HUGE_PRIVATE, 0, {1, PROT_NONE, 5000}},
	{"ptrace.none", op_ptrace, SHARED | PRIVATE | HUGE_PRIVATE, 0, {PROT_NONE}},
	{"direct.read", op_direct, ALL, 0, {0, -1}},
	{"direct.write", op_direct, ALL, 0, {1, -1}},
	{"direct.read-only", op_direct, SHARED | PRIVATE, 0, {0, PROT_READ}},
	{"pin", op_pin, EACH_MAP, ALONE, {0}},
	{"pin.then-punch", op_pin, SHARED | HUGE_SHARED, ALONE, {1}},
	{"pin.then-store", op_pin, SHARED, ALONE, {2}},
	{"pin.then-shrink", op_pin, SHARED, ALONE, {3}},
	{"pin.then-fork", op_pin, EACH_MAP, ALONE, {4}},
	{"zerocopy.tcp", op_zerocopy, EACH_MAP | END, 0, {SOCK_STREAM, 8192, 0}},
	{"zerocopy.udp", op_zerocopy, SHARED | PRIVATE, 0, {SOCK_DGRAM, 8192, 0}},
	{"zerocopy.store", op_zerocopy, SHARED | PRIVATE, 0, {SOCK_STREAM, 8192, 1}},
	{"io-uring.read", op_uring, SHARED | HOLE | HUGE_SHARED, 0, {0, 0, 0}},
	{"io-uring.read-async", op_uring, SHARED, 0, {0, 0, IOSQE_ASYNC}},
	{"io-uring.read-nowait", op_uring, SHARED | HOLE, 0, {0, RWF_NOWAIT, 0}},
	{"io-uring.read-file", op_uring_file, SHARED, 0, {0}},
	{"io-uring.read-memory", op_uring_memory, EACH_MAP, 0, {0, 0}},
	{"io-uring.read-fixed", op_uring_memory, EACH_MAP, ALONE, {0, 1}},
	{"io-uring.write", op_uring, SHARED | HOLE | HUGE_SHARED, 0, {1, 0, 0}},
	{"io-uring.write-async", op_uring, SHARED, 0, {1, 0, IOSQE_ASYNC}},
	{"io-uring.write-nowait", op_uring, SHARED | HOLE, 0, {1, RWF_NOWAIT, 0}},
	{"io-uring.write-file", op_uring_file, SHARED, 0, {1}},
	{"io-uring.write-memory", op_uring_memory, EACH_MAP, 0, {1, 0}},
	{"io-uring.write-fixed", op_uring_memory, EACH_MAP, ALONE, {1, 1}},
	{"io-uring.fixed-then-punch", op_uring_memory, SHARED | HUGE_SHARED, ALONE, {1, 1, 1}},
	{"io-uring.fsync", op_uring_call, SHARED, 0, {IORING_OP_FSYNC, 0}},
	{"io-uring.fadvise", op_uring_call, SHARED, 0, {IORING_OP_FADVISE, POSIX_FADV_DONTNEED}},
	{"io-uring.madvise", op_uring_call, SHARED, 0, {IORING_OP_MADVISE, MADV_DONTNEED}},
	{"io-uring.fallocate", op_uring_call, SHARED, 0, {IORING_OP_FALLOCATE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE}},
	{"io-uring.splice", op_uring_call, SHARED, 0, {IORING_OP_SPLICE, 0}},
	{"io-uring.poll", op_uring_call, SHARED, 0, {IORING_OP_POLL_ADD, 1}},

	/* Waiting: M5, M17 */
	{"futex.wait", op_futex, SHARED | PRIVATE, 0, {FUTEX_WAIT, 1}},
	{"futex.wait-private", op_futex, SHARED | PRIVATE, 0, {FUTEX_WAIT_PRIVATE, 1}},
	{"futex.wake", op_futex, SHARED | PRIVATE | HOLE, 0, {FUTEX_WAKE, 1}},
	{"futex.lock-pi", op_futex, SHARED | PRIVATE, ALONE, {FUTEX_LOCK_PI, 0}},
	{"futex.trylock-pi", op_futex, SHARED | PRIVATE, ALONE, {FUTEX_TRYLOCK_PI, 0}},
	{"futex.shared-wake", op_futex_wake, SHARED | HUGE_SHARED | PRIVATE, 0, {0}},
	{"futex.private-wake", op_futex_wake, SHARED, 0, {FUTEX_PRIVATE_FLAG}},
	{"futex-waitv", op_futex_waitv, SHARED | PRIVATE, 0, {1, 2}},
	{"futex-waitv.private", op_futex_waitv, SHARED | PRIVATE, 0, {1, 2 | FUTEX_PRIVATE_FLAG}},
	{"futex2", op_futex2, SHARED | PRIVATE, 0, {2}},

	/* Newer calls: M17 */
	{"mseal", op_mseal, SHARED | PRIVATE | HUGE_SHARED, ALONE, {0}},
	{"pagemap-scan.present", op_pagemap_scan, ALL, 0, {0x8, 0x1ef}},
	{"pagemap-scan.huge", op_pagemap_scan, HUGE_SHARED | HUGE_PRIVATE, 0, {0x40, 0x48}},
	{"pagemap-scan.file", op_pagemap_scan, SHARED | PRIVATE, 0, {0x4, 0xc}},
	{"pagemap-scan.protect", op_pagemap_scan, SHARED | PRIVATE, 0, {0x2, 0x2, 0x3}},
	{"procmap-query", op_procmap_query, ALL, 0, {0, 0}},
	{"procmap-query.build-id", op_procmap_query, SHARED | PRIVATE, 0, {20, 0}},
	{"procmap-query.build-id-of-hole", op_procmap_query, SHARED | PRIVATE, 0, {20, 1}},
	{"cachestat", op_cachestat, SHARED | HOLE | END | HUGE_SHARED, 0, {0}},
	{"cachestat.all", op_cachestat, SHARED | HUGE_SHARED, 0, {1}},
	{"pkey.no-access", op_pkey, SHARED | PRIVATE, 0, {PKEY_DISABLE_ACCESS}},
	{"pkey.no-write", op_pkey, SHARED | PRIVATE, 0, {PKEY_DISABLE_WRITE}},
	{"process-madvise.cold", op_process_madvise, SHARED | HUGE_SHARED, 0, {MADV_COLD}},
	{"process-madvise.pageout", op_process_madvise, EACH, 0, {MADV_PAGEOUT}},
	{"process-madvise.willneed", op_process_madvise, SHARED | PRIVATE, 0, {MADV_WILLNEED}},
	{"process-madvise.collapse", op_process_madvise, SHARED | HUGE_SHARED, ALONE, {MADV_COLLAPSE_}},
	{"process-madvise.dontneed", op_process_madvise, SHARED | PRIVATE, 0, {MADV_DONTNEED}},
	{"process-madvise.guard-install", op_process_madvise, SHARED | PRIVATE, 0, {MADV_GUARD_INSTALL_}},
	{"mdwe", op_mdwe, SHARED | PRIVATE, ALONE, {1}},
	{"map-files", op_map_files, SHARED | PRIVATE, ALONE, {O_RDONLY}},
	{"map-files.write", op_map_files, SHARED | PRIVATE, ALONE, {O_RDWR}},
	{"vma-name", op_vma_name, SHARED | PRIVATE, 0, {0}},
	{"split-huge-pages", op_split_huge, HUGE_SHARED | HUGE_PRIVATE, ALONE, {0}},

	/* Placement: M16 */
	{"mbind.bind", op_mbind, EACH, ALONE, {MPOL_BIND, 2, 0}},
	{"mbind.bind-move", op_mbind, EACH, ALONE, {MPOL_BIND, 2, MPOL_MF_MOVE | MPOL_MF_STRICT}},
	{"mbind.interleave", op_mbind, SHARED, ALONE, {MPOL_INTERLEAVE, 3, 0}},
	{"mbind.preferred", op_mbind, SHARED | PRIVATE, ALONE, {MPOL_PREFERRED, 2, 0}},
	{"mbind.preferred-many", op_mbind, SHARED | PRIVATE, ALONE, {MPOL_PREFERRED_MANY, 2, 0}},
	{"mbind.local", op_mbind, SHARED | PRIVATE, ALONE, {MPOL_LOCAL, 0, 0}},
	{"mbind.strict", op_mbind, SHARED | PRIVATE, ALONE, {MPOL_BIND, 2, MPOL_MF_STRICT}},
	{"mbind.no-node", op_mbind, SHARED | PRIVATE, ALONE, {MPOL_BIND, 0x80, 0}},
	{"mbind.other-mapping", op_mbind_other, SHARED | PRIVATE, ALONE, {0}},
	{"set-mempolicy.bind", op_set_mempolicy, EACH, ALONE, {MPOL_BIND, 2}},
	{"set-mempolicy.interleave", op_set_mempolicy, SHARED, ALONE, {MPOL_INTERLEAVE, 3}},
	{"get-mempolicy", op_get_mempolicy, SHARED | PRIVATE, ALONE, {MPOL_F_ADDR, 0}},
	{"get-mempolicy.bound", op_get_mempolicy, SHARED | PRIVATE, ALONE, {MPOL_F_ADDR, 1}},
	{"get-mempolicy.node", op_get_mempolicy, SHARED | PRIVATE, ALONE, {MPOL_F_ADDR | MPOL_F_NODE, 0}},
	{"move-pages", op_move_pages, ALL, ALONE, {1, MPOL_MF_MOVE}},
	{"move-pages.all", op_move_pages, SHARED | PRIVATE, ALONE, {1, MPOL_MF_MOVE_ALL}},
	{"move-pages.back", op_move_pages, SHARED | PRIVATE, ALONE, {0, MPOL_MF_MOVE}},
	{"migrate-pages", op_migrate_pages, EACH, ALONE, {1, 2}},
	{"home-node", op_home_node, SHARED, ALONE, {1}},

	/* userfaultfd: M9, M19 */
	{"userfaultfd.missing", op_uffd_register, SHARED | PRIVATE | HUGE_SHARED, 0, {1, 0}},
	{"userfaultfd.missing-shmem", op_uffd_register, SHARED | PRIVATE, 0, {1, UFFD_FEATURE_MISSING_SHMEM}},
	{"userfaultfd.protect", op_uffd_register, SHARED | PRIVATE | HUGE_SHARED, 0, {2, 0}},
	{"userfaultfd.protect-shmem", op_uffd_register, SHARED | PRIVATE, 0, {2, UFFD_FEATURE_WP_HUGETLBFS_SHMEM}},
	{"userfaultfd.protect-async", op_uffd_register, SHARED | PRIVATE, 0, {2, 1 << 15 | 1 << 13, 1}},
	{"userfaultfd.minor", op_uffd_register, SHARED | PRIVATE | HUGE_SHARED, 0, {4, UFFD_FEATURE_MINOR_SHMEM}},
	{"userfaultfd.all", op_uffd_register, SHARED | PRIVATE, 0, {7, 0}},
	{"userfaultfd.none", op_uffd_register, SHARED | PRIVATE, 0, {0, 0}},
	{"userfaultfd.rwp", op_uffd_register, SHARED | PRIVATE, 0, {8, 0}},
	{"userfaultfd.copy", op_uffd_missing, SHARED | PRIVATE | HOLE, ALONE, {0, UFFD_FEATURE_MISSING_SHMEM}},
	{"userfaultfd.zero", op_uffd_missing, SHARED | PRIVATE | HOLE, ALONE, {1, UFFD_FEATURE_MISSING_SHMEM}},
	{"userfaultfd.continue", op_uffd_minor, SHARED | PRIVATE | HUGE_SHARED, ALONE, {UFFD_FEATURE_MINOR_SHMEM}},
	{"userfaultfd.write-protect", op_uffd_protect, EACH, ALONE, {UFFD_FEATURE_WP_HUGETLBFS_SHMEM, 0}},
	{"userfaultfd.write-protect-unmapped", op_uffd_protect, EACH, ALONE, {UFFD_FEATURE_WP_HUGETLBFS_SHMEM, 1}},
	/* Linux 6.12 stops with a BUG in userfaultfd_unregister(): only done when named. */
	{"userfaultfd.async-unregister", op_uffd_register, SHARED | PRIVATE, ALONE | NAMED, {2, 1 << 15 | 1 << 13, 0}},
	{"userfaultfd.write-protect-async", op_uffd_protect, EACH, ALONE, {1 << 15 | 1 << 13 | 1 << 12, 0}},

	/* Broken memory: M14 */
	{"hwpoison", op_poison, SHARED | PRIVATE | HOLE | HUGE_SHARED | HUGE_PRIVATE, ALONE, {0, 1, 0}},
	{"hwpoison.read-only-page", op_poison, SHARED | PRIVATE | HUGE_SHARED, ALONE, {0, 0, 0}},
	{"hwpoison.then-pwrite", op_poison, SHARED | HUGE_SHARED, ALONE, {0, 1, 1}},
	{"hwpoison.then-pwrite-part", op_poison, SHARED, ALONE, {0, 1, 2}},
	{"hwpoison.then-splice", op_poison, SHARED | HUGE_SHARED, ALONE, {0, 1, 3}},
	{"hwpoison.then-punch", op_poison, SHARED | HUGE_SHARED, ALONE, {0, 1, 4}},
	{"hwpoison.then-fork", op_poison, SHARED, ALONE, {0, 1, 5}},
	{"hwpoison.then-process-vm", op_poison, SHARED, ALONE, {0, 1, 6}},
	{"hwpoison.then-mlock", op_poison, SHARED, ALONE, {0, 1, 7}},
	{"hwpoison.then-populate-read", op_poison, SHARED, ALONE, {0, 1, 8}},
	{"hwpoison.then-dontneed", op_poison, SHARED, ALONE, {0, 1, 9}},
	{"hwpoison.then-store", op_poison, SHARED | HUGE_SHARED, ALONE, {0, 1, 10}},
	{"hwpoison.then-resize", op_poison, SHARED | HUGE_SHARED, ALONE, {0, 1, 11}},
	{"hwpoison.then-pread", op_poison, SHARED, ALONE, {0, 1, 12}},
	{"hwpoison.then-msync", op_poison, SHARED, ALONE, {0, 1, 13}},
	{"hwpoison.then-populate-write", op_poison, SHARED, ALONE, {0, 1, 14}},
	{"hwpoison.hard-offline", op_poison, SHARED | HUGE_SHARED, ALONE, {2, 1, 0}},
	{"hwpoison.hard-offline-punch", op_poison, SHARED, ALONE, {2, 1, 4}},
	{"soft-offline", op_poison, SHARED | PRIVATE | HOLE | HUGE_SHARED | HUGE_PRIVATE, ALONE, {1, 1, 0}},
	{"soft-offline.store", op_poison, SHARED | HUGE_SHARED, ALONE, {1, 1, 10}},
	{"soft-offline.pwrite", op_poison, SHARED, ALONE, {1, 1, 1}},
	{"soft-offline.not-mapped", op_poison, SHARED | HUGE_SHARED, ALONE, {3, 1, 0}},
};
// clang-format on

const size_t ops_kernel_count = ARRAY_SIZE(ops_kernel);

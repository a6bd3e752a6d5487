/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations. The files table_*.c list them with their arguments; each function says what its
 * arguments mean.
 */
#ifndef OPS_H
#define OPS_H

#include "beside.h"
#include "object.h"

extern const struct op ops_memory[], ops_file[], ops_kernel[];
extern const size_t ops_memory_count, ops_file_count, ops_kernel_count;

void op_bad_memory(struct world *w, const long *arg);
void op_cachestat(struct world *w, const long *arg);
void op_close(struct world *w, const long *arg);
void op_copy_file_range(struct world *w, const long *arg);
void op_direct(struct world *w, const long *arg);
void op_fadvise(struct world *w, const long *arg);
void op_fallocate(struct world *w, const long *arg);
void op_fcntl(struct world *w, const long *arg);
void op_flock(struct world *w, const long *arg);
void op_fork(struct world *w, const long *arg);
void op_fsync(struct world *w, const long *arg);
void op_ftruncate(struct world *w, const long *arg);
void op_futex(struct world *w, const long *arg);
void op_futex2(struct world *w, const long *arg);
void op_futex_waitv(struct world *w, const long *arg);
void op_futex_wake(struct world *w, const long *arg);
void op_get_mempolicy(struct world *w, const long *arg);
void op_home_node(struct world *w, const long *arg);
void op_inotify(struct world *w, const long *arg);
void op_ioctl_file(struct world *w, const long *arg);
void op_lease(struct world *w, const long *arg);
void op_lock(struct world *w, const long *arg);
void op_lseek(struct world *w, const long *arg);
void op_lseek_range(struct world *w, const long *arg);
void op_madvise(struct world *w, const long *arg);
void op_madvise_fork(struct world *w, const long *arg);
void op_madvise_load(struct world *w, const long *arg);
void op_madvise_odd(struct world *w, const long *arg);
void op_madvise_store(struct world *w, const long *arg);
void op_madvise_twice(struct world *w, const long *arg);
void op_map_files(struct world *w, const long *arg);
void op_mbind(struct world *w, const long *arg);
void op_mbind_other(struct world *w, const long *arg);
void op_mdwe(struct world *w, const long *arg);
void op_migrate_pages(struct world *w, const long *arg);
void op_mincore(struct world *w, const long *arg);
void op_mlock(struct world *w, const long *arg);
void op_mlockall(struct world *w, const long *arg);
void op_mmap(struct world *w, const long *arg);
void op_mmap_mode(struct world *w, const long *arg);
void op_mmap_noreplace(struct world *w, const long *arg);
void op_mmap_odd(struct world *w, const long *arg);
void op_move_pages(struct world *w, const long *arg);
void op_mprotect(struct world *w, const long *arg);
void op_mremap(struct world *w, const long *arg);
void op_mremap_copy(struct world *w, const long *arg);
void op_mremap_over(struct world *w, const long *arg);
void op_mremap_whole(struct world *w, const long *arg);
void op_mseal(struct world *w, const long *arg);
void op_msync(struct world *w, const long *arg);
void op_munmap(struct world *w, const long *arg);
void op_munmap_range(struct world *w, const long *arg);
void op_open(struct world *w, const long *arg);
void op_own_memory(struct world *w, const long *arg);
void op_pagemap_scan(struct world *w, const long *arg);
void op_pin(struct world *w, const long *arg);
void op_pipe_memory(struct world *w, const long *arg);
void op_pkey(struct world *w, const long *arg);
void op_poison(struct world *w, const long *arg);
void op_poll(struct world *w, const long *arg);
void op_pread(struct world *w, const long *arg);
void op_pread_at(struct world *w, const long *arg);
void op_proc_mem(struct world *w, const long *arg);
void op_process_madvise(struct world *w, const long *arg);
void op_process_vm(struct world *w, const long *arg);
void op_procmap_query(struct world *w, const long *arg);
void op_ptrace(struct world *w, const long *arg);
void op_punch(struct world *w, const long *arg);
void op_pwrite(struct world *w, const long *arg);
void op_pwrite_at(struct world *w, const long *arg);
void op_read(struct world *w, const long *arg);
void op_readahead(struct world *w, const long *arg);
void op_remap_file_pages(struct world *w, const long *arg);
void op_resize(struct world *w, const long *arg);
void op_seals(struct world *w, const long *arg);
void op_sendfile(struct world *w, const long *arg);
void op_sendfile_memfd(struct world *w, const long *arg);
void op_set_flags(struct world *w, const long *arg);
void op_set_mempolicy(struct world *w, const long *arg);
void op_splice_in(struct world *w, const long *arg);
void op_splice_out(struct world *w, const long *arg);
void op_splice_self(struct world *w, const long *arg);
void op_split_huge(struct world *w, const long *arg);
void op_stat(struct world *w, const long *arg);
void op_system(struct world *w, const long *arg);
void op_tee(struct world *w, const long *arg);
void op_touch(struct world *w, const long *arg);
void op_uffd_minor(struct world *w, const long *arg);
void op_uffd_missing(struct world *w, const long *arg);
void op_uffd_protect(struct world *w, const long *arg);
void op_uffd_register(struct world *w, const long *arg);
void op_uring(struct world *w, const long *arg);
void op_uring_call(struct world *w, const long *arg);
void op_uring_file(struct world *w, const long *arg);
void op_uring_memory(struct world *w, const long *arg);
void op_vectors(struct world *w, const long *arg);
void op_vectors_position(struct world *w, const long *arg);
void op_vma_name(struct world *w, const long *arg);
void op_vmsplice(struct world *w, const long *arg);
void op_vmsplice_in(struct world *w, const long *arg);
void op_xattr(struct world *w, const long *arg);
void op_zerocopy(struct world *w, const long *arg);

/* Maps the start of the object elsewhere, says what is there, and unmaps it. */
void run_map_again(struct world *w, int flags);

#endif

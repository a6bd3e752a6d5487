/* SPDX-License-Identifier: GPL-2.0-only */
/* A userfaultfd for a mapping of the target, and threads that wait for it. */
#ifndef SUPPORT_UFFD_H
#define SUPPORT_UFFD_H

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The features for write-protection of files in memory. */
#define UFFD_PROTECTS (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM)

/*
 * Opens a userfaultfd with these features. Not applicable if the kernel or the target lacks them.
 */
int open_uffd(uint64_t wanted);
/* Registers, and returns the requests that the kernel offers. */
uint64_t register_range(int fd, void *map, size_t len, uint64_t mode);
/* Write-protects pages, or removes that. */
void protect(int fd, void *page, size_t len, bool on);

/* Starts a thread that accesses the mapping, and waits until userfaultfd serves it. */
struct toucher {
	pthread_t thread;
	unsigned char *at;
	bool stores; /* an 's', before it loads */
	unsigned char seen;
};

struct toucher *start_touch(unsigned char *at, bool stores);
/* Waits for the thread, and returns what it loaded. */
unsigned char end_touch(struct toucher *toucher);

/* The flags of the page fault that userfaultfd reports. */
uint64_t await_fault(int fd, const unsigned char *page);

#endif

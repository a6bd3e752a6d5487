/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers of MMAPDEMO_IOCTL_CREATE, and a memfd beside each. The memfd is the reference: a row
 * with these variants states what the kernel itself does with such a file.
 */
#ifndef SUPPORT_CREATED_H
#define SUPPORT_CREATED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* For ROW_EACH */
static const struct maker {
	const char *name;
	bool created;
} makers[] = {
	{"created", true},
	{"memfd", false},
};

/* Makes a file of so many bytes, or fails the test. Not applicable without CREATE. */
int make_file(const struct maker *maker, off_t bytes);
int make_named_file(const struct maker *maker, off_t bytes, const char *name);

/* CREATE itself, on a descriptor of the device: a descriptor, or -errno. */
int create_on(int device, uint64_t bytes, const char *name);

/* Adds F_SEAL_ bits, which MMAPDEMO_SEAL_ has the values of. Returns 0 or the errno. */
int add_seals(const struct maker *maker, int fd, unsigned int seals);
unsigned int seals_of(const struct maker *maker, int fd);

/* The largest size of a file: a kernel with words of 32 bits counts its pages in one. */
uint64_t largest_size(void);

/* Its size or allocation in bytes, by fstat(). */
off_t size_of(int fd);
off_t allocated(int fd);

/* Maps it, or fails the test. */
#define map_file(fd, len, prot, flags) map_file_(fd, len, prot, flags, __FILE__, __LINE__)
unsigned char *map_file_(int fd, size_t len, int prot, int flags, const char *file, int line);

/* Another description of the same file, by its path in /proc, or -errno. */
int reopen(int fd, int flags);

#endif

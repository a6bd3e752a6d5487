/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets without a path: descriptors that are inherited, sent by a command, or made. */
#ifndef HANDED_H
#define HANDED_H

#include <stdbool.h>

#define HANDED_SPECS                                                                    \
	"  fd:N      an open descriptor\n"                                              \
	"  secret:   a file of memfd_secret()\n"                                        \
	"  udmabuf:  a dma-buf of a memfd\n"                                            \
	"  dmaheap:NAME  a dma-buf of /dev/dma_heap/NAME\n"                             \
	"  perf:     the ring of a perf software event\n"                               \
	"  bpf:      a BPF array map\n"                                                 \
	"  uring:    the submission ring of io_uring\n"                                 \
	"  packet:   the receive ring of a packet socket\n"                             \
	"  guestmem: memory of KVM_CREATE_GUEST_MEMFD\n"                                \
	"  dmabuf:   a dma-buf of a buffer that /dev/mmapdemo makes\n"                  \
	"  pci:ADDRESS/resourceN  a BAR in sysfs, such as pci:0000:00:02.0/resource0\n" \
	"  -- COMMAND  a descriptor that COMMAND sends by SCM_RIGHTS over its "         \
	"descriptor 3, a Unix socket; conform ends COMMAND after the tests\n"

/* True if the name is one of these. */
bool is_handed(const char *name);
/*
 * Returns the file in sysfs of pci:ADDRESS/resourceN, or ends the program if there is none. Any
 * other name is a path already.
 */
const char *path_of_target(const char *name);
/* Returns the descriptor of a name that is_handed(), or ends the program with status 2. */
int handed_descriptor(const char *name);
/* In a child: runs the command, with fd, unless it is -1, as its descriptor 3. */
_Noreturn void become(char *const *command, int fd);
/* Runs the command, and returns the descriptor that it sends. */
int hand_over(char **command);

#endif

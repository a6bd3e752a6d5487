// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <string.h>

#include "contract.h"
#include "row.h"

/* The lines fit a table on a terminal: 59 characters at most. */
static const struct {
	const char *id;
	const char *says;
} contract[] = {
	{"S1", "a shared mapping and read and write are one memory"},
	{"S2", "anonymous memory starts as zeros, and belongs to no file"},
	{"S3", "unrelated processes that map it have the same pages"},
	{"S4", "after fork, a shared mapping is shared with the child"},
	{"S5", "after fork, a store to private memory copies the page"},
	{"S6", "no other process ever sees a private store"},
	{"S7", "a shared store is seen by all, and outlives its process"},
	{"S8", "it is mapped where the kernel or the caller chooses"},
	{"S9", "lengths: zero, odd, past the end, too long"},
	{"S10", "protection and descriptor decide which accesses work"},
	{"S11", "each flag of mmap has its defined effect"},
	{"S12", "offsets: any page, unaligned, past the end, overflowing"},
	{"S13", "each refusal has its errno"},
	{"S14", "munmap removes its range, whole or in part, and no more"},
	{"V1", "live mappings are counted exactly"},
	{"V2", "the last close is reported once, and only then"},
	{"V3", "the module cannot be unloaded while it is in use"},
	{"V4", "an mmap that fails leaves all counts as they were"},
	{"M1", "mremap: shrink, grow, move, duplicate"},
	{"M2", "madvise: each advice has its defined effect"},
	{"M3", "mlock, munlock, mincore"},
	{"M4", "msync and fsync succeed, and nothing is lost"},
	{"M5", "futexes, mutexes, semaphores between processes"},
	{"M6", "the kernel can use its pages: O_DIRECT, io_uring, ptrace"},
	{"M7", "a core dump holds it, as coredump_filter says"},
	{"M8", "it is read, written, seeked and spliced as a file is"},
	{"M9", "userfaultfd has a defined answer"},
	{"M10", "its pages are charged to memory control groups"},
	{"M11", "it is mapped by huge pages where it can be"},
	{"M12", "a lack of memory loses no data"},
	{"M13", "fresh memory is zero, whatever it held before"},
	{"M14", "broken memory is reported, and all other data is intact"},
	{"M15", "while pages move, nothing is lost and nothing is stale"},
	{"M16", "memory policies decide on which node its pages are"},
	{"M17", "newer system calls behave as they do for a memfd"},
	{"M18", "calls that ask not to wait do not wait"},
	{"M19", "userfaultfd works on it where the kernel lets drivers"},
	{"C1", "it reports its size, memory and counters exactly"},
	{"C2", "it is resized and punched as a file is"},
	{"C3", "the kernel fills and sums the bytes that mappings show"},
	{"C4", "ranges of it fail, or are slow, as rules say"},
	{"C5", "it reports each event to waiting processes, and loses none"},
	{"C6", "it is wiped on command, or when its last user has gone"},
	{"C7", "each wrong command is refused, and changes nothing"},
	{"C8", "programs create buffers, which end with their last user"},
	{"C9", "a created buffer is a regular file, as a memfd is"},
	{"C11", "an eventfd and SIGIO report events, too"},
	{"C12", "other drivers import it as a dma-buf, and it stays meanwhile"},
};

int contract_place(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(contract); i++)
		if (!strcmp(contract[i].id, id))
			return i;
	errx(2, "a test is of row %s, which contract.c does not know", id);
}

const char *contract_says(const char *id)
{
	return contract[contract_place(id)].says;
}

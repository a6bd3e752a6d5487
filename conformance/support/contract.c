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
	{"S2", "memory with no file behind it is zero, and one's own"},
	{"S3", "unrelated processes that map it have the same pages"},
	{"S4", "after fork, a shared mapping is shared with the child"},
	{"S5", "after fork, a private store makes a page of one's own"},
	{"S6", "a private store is seen by nobody else, at any time"},
	{"S7", "a shared store is seen by all, and outlives its process"},
	{"S8", "it is mapped where the kernel, or the caller, says"},
	{"S9", "lengths: zero, odd, past the end, too long"},
	{"S10", "what may be done is what protection and descriptor allow"},
	{"S11", "each flag of mmap has its defined effect"},
	{"S12", "offsets: any page, unaligned, past the end, overflowing"},
	{"S13", "each refusal has its errno"},
	{"S14", "munmap takes what it names, whole or in part, no more"},
	{"V1", "live mappings are counted exactly"},
	{"V2", "the last close is seen once, and only then"},
	{"V3", "what is in use cannot be unloaded"},
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
	{"M10", "memory control groups pay for its pages"},
	{"M11", "it is mapped by huge pages where it can be"},
	{"M12", "want of memory loses no data"},
	{"M13", "fresh memory is zero, whatever it held before"},
	{"M14", "broken memory says so, and everything else is intact"},
	{"M15", "while pages move, nothing is lost and nothing is stale"},
	{"M16", "memory policies decide where its pages are"},
	{"M17", "newer calls answer as they do for a memfd"},
	{"M18", "what asks not to wait does not wait"},
	{"M19", "userfaultfd serves it where the kernel lets drivers"},
	{"C1", "it says what it is, holds and has seen, exactly"},
	{"C2", "it is resized and punched as a file is"},
	{"C3", "the kernel fills and sums the bytes that mappings show"},
	{"C4", "ranges of it fail, or are slow, as they are told to"},
	{"C5", "it tells who waits what happened, and loses nothing"},
	{"C6", "it is wiped when told, or when nobody is left"},
	{"C7", "each wrong command is refused, and changes nothing"},
	{"C8", "programs create buffers, which go with their last user"},
	{"C9", "a created buffer is a regular file, as a memfd is"},
	{"C11", "an eventfd and SIGIO tell of what happened, too"},
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

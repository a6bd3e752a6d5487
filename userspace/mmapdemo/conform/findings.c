// SPDX-License-Identifier: GPL-2.0-only
/* See findings.h. Headings are of docs/drivers.md: tests/suites/conform/run looks for them. */
#include <fnmatch.h>
#include <string.h>

#include "findings.h"
#include "support/row.h"

/* The class for each profile: memory, dma, registers, ring, readonly. */
#define ALWAYS(class)                             \
	{                                         \
		class, class, class, class, class \
	}
#define CLASSES_OF(memory, dma, registers, ring, readonly) \
	{                                                  \
		memory, dma, registers, ring, readonly     \
	}
/* Memory that programs share should support these. Other profiles may lack them. */
#define FOR_MEMORY CLASSES_OF(MISSING, CHOICE, FINE, CHOICE, CHOICE)

static const struct finding findings[] = {
	{"crash", "the kernel crashes",
	 "the driver uses a pointer, a page or an index that it has not checked, or calls a "
	 "function of the kernel for a mapping that this function has a BUG_ON() for",
	 "Crashes and warnings", ALWAYS(BROKEN)},
	{"kernel-warning", "the kernel logs a warning or an error while the test runs",
	 "the function that the log names was called in a way that it forbids; if the lines name "
	 "another driver, it is not yours",
	 "Crashes and warnings", ALWAYS(BROKEN)},
	{"hang", "a call or a page fault does not end",
	 ".fault returns VM_FAULT_NOPAGE with nothing mapped, or waits for something that does not "
	 "come, or for a lock that its own caller holds",
	 "Page faults that end", ALWAYS(BROKEN)},
	{"sigbus-inside", "a load or store inside the mapping ends in a signal",
	 ".fault does not find a page for an offset that .mmap accepted, or .mmap maps nothing, "
	 "has no vm_ops->fault, and returns 0",
	 "Page faults that end", ALWAYS(BROKEN)},
	{"past-the-end", "a mapping reaches past the end",
	 ".mmap does not check vm_pgoff and the length against the size, or adds them so that they "
	 "overflow; .fault does not check vmf->pgoff; VM_DONTEXPAND is missing where mremap() does "
	 "it",
	 "Bounds", ALWAYS(BROKEN)},
	{"foreign-memory", "a mapping shows memory that is not the device's",
	 "the driver maps memory that it has not zeroed, that kmalloc() shares with other objects, "
	 "or that is beyond the buffer",
	 "Nothing of the kernel's is shown", ALWAYS(BROKEN)},
	{"read-past-the-end", "read() returns bytes from past the end",
	 ".read does not compare *ppos with the size", "Bounds", ALWAYS(BROKEN)},
	{"write-past-the-end", "write() takes bytes past the end",
	 ".write does not compare *ppos with the size", "Bounds", ALWAYS(BROKEN)},
	{"offset-ignored", "mmap()'s offset is ignored",
	 ".mmap or .fault counts from the start of the buffer and does not add vma->vm_pgoff",
	 "Offsets", ALWAYS(BROKEN)},
	{"lost-store", "a store to a shared mapping is lost",
	 ".fault allocates a page at each page fault and does not keep the first one, or two page "
	 "faults at once each allocate one",
	 "One page for an offset", CLASSES_OF(BROKEN, BROKEN, FINE, BROKEN, BROKEN)},
	{"stale-pages", "a mapping shows pages that the device has replaced",
	 "open() or a command replaces the pages and does not call unmap_mapping_range(); stores "
	 "to the old pages are lost",
	 "One page for an offset", ALWAYS(BROKEN)},
	{"two-offsets-one-page", "two offsets show one page",
	 ".fault does not use vmf->pgoff, or .mmap maps the same page at each address", "Offsets",
	 ALWAYS(BROKEN)},
	{"not-one-memory", "read() and write() use other memory than mappings",
	 ".read and .write use another buffer than .mmap maps", "One page for an offset",
	 CLASSES_OF(BROKEN, BROKEN, FINE, CHOICE, CHOICE)},
	{"open-not-counted", "memory is freed while it is still mapped",
	 "vm_ops->open is missing: fork(), a split and mremap() copy a VMA without mmap(), and "
	 "each copy calls vm_ops->close",
	 "VMAs are counted", ALWAYS(BROKEN)},
	{"freed-on-close", "close() frees memory that is mapped",
	 ".flush, which each close() calls, frees the memory; or .mmap replaced vma->vm_file, so "
	 "that the kernel calls .release while the VMA exists; or the device itself wrote there",
	 "A mapping outlives close()", ALWAYS(BROKEN)},
	{"busy-after-close", "the device stays busy after its last user has gone",
	 ".mmap or .open increments a count of users, and one way out does not decrement it",
	 "VMAs are counted", ALWAYS(BROKEN)},
	{"leak", "each use leaks memory",
	 "what .open, .mmap or .fault allocates is never freed, or .fault calls get_page() and "
	 "then vm_insert_page(), which takes a reference of its own",
	 "Memory is given back", ALWAYS(BROKEN)},
	{"shared-private", "a MAP_PRIVATE store reaches the device",
	 ".mmap makes the pages writable although VM_SHARED is not set, or sets VM_SHARED itself",
	 "Private mappings", ALWAYS(BROKEN)},
	{"private-differs", "a private mapping does not behave like one",
	 ".mmap or .fault supports only shared mappings, but does not refuse private ones",
	 "Private mappings", ALWAYS(BROKEN)},
	{"private-frames", "a process with a private mapping cannot fork()",
	 "remap_pfn_range() made a private mapping of frames: on x86 before Linux 6.16, "
	 "track_pfn_copy() finds no frame where a store has made a copy; refuse mappings without "
	 "VM_MAYSHARE, or insert pages",
	 "Private mappings", ALWAYS(BROKEN)},
	{"writable-after-read-only", "a read-only mapping can be made writable",
	 ".mmap refuses VM_WRITE and does not clear VM_MAYWRITE, or sets VM_MAYWRITE itself",
	 "Read-only", ALWAYS(BROKEN)},
	{"wrong-rights", "a mapping allows other accesses than it was mapped for",
	 ".mmap changes vm_page_prot or vm_flags without regard to prot", "Read-only",
	 ALWAYS(BROKEN)},
	{"maps-write-only", "a descriptor that is open with O_WRONLY can be mapped",
	 ".open adds FMODE_READ: do_mmap() refuses O_WRONLY itself", "Read-only", ALWAYS(BROKEN)},
	{"lost-mapping", "a part of a mapping is lost when another part goes or moves",
	 "vm_ops->close or .fault takes vma->vm_start for the start of the buffer",
	 "VMAs are counted", ALWAYS(BROKEN)},
	{"wrong-address", "the mapping is not where the program asked for it",
	 ".get_unmapped_area does not obey its arguments", "Offsets", ALWAYS(BROKEN)},
	{"contract", "the module's own contract does not hold", "this concerns /dev/mmapdemo alone",
	 "What is tested", ALWAYS(BROKEN)},

	{"no-futex",
	 "a futex in it does not work between processes: a process-shared mutex or semaphore fails "
	 "with EFAULT when it has to wait",
	 "a futex in MAP_SHARED memory needs pages of the page cache", "What the kernel can use",
	 CLASSES_OF(CHOICE, CHOICE, FINE, CHOICE, CHOICE)},
	{"no-direct-io",
	 "the kernel cannot pin its pages: O_DIRECT, vmsplice(), io_uring buffers and RDMA fail",
	 "VM_PFNMAP or VM_IO is set, as remap_pfn_range() does: get_user_pages() refuses it",
	 "What the kernel can use", FOR_MEMORY},
	{"no-ptrace", "debuggers cannot read it",
	 "VM_PFNMAP or VM_IO is set, and vm_ops->access is missing: copy from the buffer there, or "
	 "use generic_access_phys() for a BAR",
	 "What the kernel can use", CLASSES_OF(MISSING, MISSING, CHOICE, CHOICE, CHOICE)},
	{"no-fsync", "fsync() and msync() fail", ".fsync is missing: noop_fsync() would do",
	 "What the kernel can use", CLASSES_OF(MISSING, CHOICE, FINE, FINE, FINE)},
	{"no-splice", "splice() and sendfile() fail",
	 ".splice_read and .splice_write are missing, or .read_iter and .write_iter, which they "
	 "call, are",
	 "read() and write()", CLASSES_OF(MISSING, CHOICE, FINE, FINE, CHOICE)},

	{"fixed-size", "a mapping cannot be made longer with mremap()",
	 "VM_DONTEXPAND is set, as it should be for a fixed size, or VM_PFNMAP is set", "Choices",
	 ALWAYS(CHOICE)},
	{"not-moved", "a mapping cannot be moved", "vm_ops->may_split or vm_ops->mremap refuses it",
	 "Choices", ALWAYS(CHOICE)},
	{"no-split", "a part of a mapping cannot be unmapped", "vm_ops->may_split refuses it",
	 "Choices", ALWAYS(CHOICE)},
	{"mirrored", "its pages are mapped a second time, right behind the first",
	 "a ring is mapped twice, so that data that wraps around is contiguous", "Choices",
	 ALWAYS(CHOICE)},
	{"other-region",
	 "an offset past the end maps something else: an offset seems to name a region or a "
	 "buffer, and not a byte",
	 ".mmap takes vm_pgoff for a number or a cookie; if that is not intended, a check of "
	 "vm_pgoff is missing",
	 "Offsets", ALWAYS(CHOICE)},
	{"no-end", "no end was found, so that only its first page was tested",
	 ".mmap does not check the length, or .fault the offset; or the memory is larger than the "
	 "sizes tried, or allocated for each mapping: .llseek or --size would give its size",
	 "Bounds", ALWAYS(CHOICE)},
	{"length-unit", "mmap() accepts only some lengths",
	 ".mmap accepts only powers of 2 or multiples of some pages", "Choices", ALWAYS(CHOICE)},
	{"not-dumped", "core dumps leave it out", "VM_DONTDUMP is set, as remap_pfn_range() does",
	 "Choices", ALWAYS(CHOICE)},
	{"not-inherited", "a child process does not have the mapping", "VM_DONTCOPY is set",
	 "Choices", ALWAYS(CHOICE)},
	{"per-open", "each open() has memory of its own", "the buffer belongs to the open file",
	 "Choices", ALWAYS(CHOICE)},
	{"per-mapping", "each mmap() has memory of its own",
	 ".mmap allocates memory for each mapping, as /dev/zero's does, so that only fork() shares "
	 "it; if programs should share it, the buffer must belong to the device",
	 "Choices", ALWAYS(CHOICE)},
	{"forgets-on-close", "its contents are lost when its last user has gone",
	 "the buffer is freed or zeroed when nobody uses it", "Choices", ALWAYS(CHOICE)},
	{"one-at-a-time", "one program at a time can use it",
	 ".open or .mmap refuses a second user", "Choices", ALWAYS(CHOICE)},
	{"read-only", "it is read-only",
	 ".open or .mmap refuses write access, or the node's mode does", "Choices",
	 CLASSES_OF(CHOICE, CHOICE, CHOICE, CHOICE, FINE)},
	{"no-private", "private mappings are refused",
	 ".mmap refuses mappings without VM_MAYSHARE, which is right if no copy can be made; a "
	 "check of VM_SHARED also refuses MAP_SHARED with a descriptor that is open with O_RDONLY",
	 "Private mappings", CLASSES_OF(CHOICE, FINE, FINE, FINE, CHOICE)},
	{"private-only", "shared mappings are refused", ".mmap refuses VM_SHARED", "Choices",
	 ALWAYS(CHOICE)},
	{"only-whole", "only the whole of it can be mapped", ".mmap accepts only the exact size",
	 "Choices", CLASSES_OF(CHOICE, CHOICE, CHOICE, FINE, CHOICE)},
	{"only-from-the-start", "it can be mapped from offset 0 only",
	 ".mmap refuses each other offset", "Offsets",
	 CLASSES_OF(CHOICE, CHOICE, CHOICE, FINE, CHOICE)},
	{"only-start-loads", "away from offset 0, mmap() works and a load ends in SIGBUS",
	 ".mmap accepts an offset for which .fault finds no page; it should return EINVAL",
	 "Offsets", CLASSES_OF(CHOICE, CHOICE, CHOICE, FINE, CHOICE)},
	{"no-size", "programs cannot ask for its size",
	 ".llseek is missing, or does not know SEEK_END: fixed_size_llseek() would do",
	 "read() and write()", CLASSES_OF(CHOICE, CHOICE, CHOICE, FINE, CHOICE)},
	{"no-read", "read() does not work",
	 ".read_iter and .read are missing, or return something else", "read() and write()",
	 CLASSES_OF(CHOICE, CHOICE, FINE, FINE, CHOICE)},
	{"no-write", "write() does not work", ".write_iter and .write are missing, or refuse",
	 "read() and write()", CLASSES_OF(CHOICE, CHOICE, FINE, FINE, FINE)},
	{"short-read", "read() returns fewer bytes than it was asked for and has",
	 ".read ends at a boundary of the driver's own: programs have to call it again",
	 "read() and write()", ALWAYS(CHOICE)},
	{"short-write", "write() takes fewer bytes than it was given and has room for",
	 ".write ends at a boundary of the driver's own: programs have to call it again",
	 "read() and write()", ALWAYS(CHOICE)},
	{"waits", "read() or write() waits, although O_NONBLOCK is set",
	 ".read or .write does not look at O_NONBLOCK", "read() and write()", ALWAYS(CHOICE)},
	{"read-write-differs", "read() and write() differ from a file's",
	 "positions, the end or flags work differently from a file's", "read() and write()",
	 ALWAYS(CHOICE)},
	{"no-seek", "lseek() does not do all that it does for a file",
	 ".llseek knows neither SEEK_DATA nor SEEK_HOLE, or no position at all",
	 "read() and write()", ALWAYS(CHOICE)},
	{"no-fault-again", "pages that madvise(MADV_DONTNEED) unmapped cannot be accessed again",
	 ".mmap maps all pages, and there is no vm_ops->fault to map one again", "Choices",
	 ALWAYS(CHOICE)},
	{"maps-at-once", "all pages are mapped when mmap() returns",
	 "remap_pfn_range() and vm_insert_pages() do that", "Choices", ALWAYS(CHOICE)},
	{"not-populated", "MAP_POPULATE and MADV_POPULATE do not map all pages",
	 "VM_IO or VM_PFNMAP is set, or .fault fails", "Choices", ALWAYS(CHOICE)},
	{"mapping-refused", "some mappings are refused that a file would allow",
	 ".mmap checks more than the size", "Choices", ALWAYS(CHOICE)},
	{"no-mlock", "mlock() does not lock its pages",
	 "VM_DONTEXPAND, VM_IO, VM_PFNMAP or VM_MIXEDMAP is set; pages that the driver allocated "
	 "are not on the LRU lists, and so are not reclaimed",
	 "Choices", ALWAYS(CHOICE)},
	{"no-mincore", "mincore() does not report which of its pages are in memory",
	 "the pages are not page cache", "Choices", ALWAYS(CHOICE)},
	{"advice-refused", "madvise() refuses some advice",
	 "VM_IO, VM_PFNMAP or VM_DONTEXPAND is set", "Choices", ALWAYS(CHOICE)},
	{"other-errno", "a call fails with another errno than for a file",
	 ".mmap returns an errno of its own", "Choices", ALWAYS(CHOICE)},
	{"no-exec", "code in the mapping does not run",
	 "the node is on a file system that is mounted noexec, or .mmap refuses VM_EXEC", "Choices",
	 ALWAYS(CHOICE)},
	{"no-userfaultfd", "userfaultfd does not work on it",
	 "the pages are not page cache of a file system that supports it", "Choices",
	 ALWAYS(CHOICE)},
	{"not-charged", "its pages are not charged to a memory control group",
	 "pages are allocated without __GFP_ACCOUNT", "Choices", ALWAYS(CHOICE)},
	{"no-huge-pages", "only small pages map it",
	 "vm_ops->huge_fault is missing, or its memory is not aligned", "Choices", ALWAYS(CHOICE)},
	{"pages-stay", "its pages cannot be migrated, and do not follow memory policies",
	 "the pages are not on the LRU lists", "Choices", ALWAYS(CHOICE)},
	{"newer-calls", "newer system calls behave differently than for a memfd",
	 "the pages are not page cache", "Choices", ALWAYS(CHOICE)},
	{"end-refused",
	 "mmap() refuses a mapping past the end, where a load from a file's raises SIGBUS",
	 ".mmap checks the size, as it should if the size is fixed", "Bounds", ALWAYS(FINE)},
};

/* The first line that matches gives the finding. probe.h lists the keys, and rows.c those of rows.
 */
static const struct words {
	const char *tests, *key, *slug;
} words[] = {
	{"*", "kernel-crash", "crash"},
	{"*", "kernel-warning", "kernel-warning"},
	{"*", "stuck", "hang"},
	{"D.reads", "timeout", "waits"},
	{"D.writes", "timeout", "waits"},
	{"D.read-beyond", "timeout", "waits"},
	{"D.write-beyond", "timeout", "waits"},
	{"*", "timeout", "hang"},

	{"D.close", "sig*", "freed-on-close"},
	{"D.fork", "sig*", "open-not-counted"},
	{"D.split", "sig*", "open-not-counted"},
	{"D.move", "sig*", "open-not-counted"},
	{"D.*", "sigbus", "sigbus-inside"},
	{"D.*", "sigsegv", "sigbus-inside"},
	{"D.*", "killed", "sigbus-inside"},
	{"D.opens", "read-only", "read-only"},
	{"D.opens", "once", "one-at-a-time"},
	{"D.size", "no-size", "no-size"},
	{"D.reads", "short", "short-read"},
	{"D.reads", "*", "no-read"},
	{"D.writes", "short", "short-write"},
	{"D.writes", "*", "no-write"},
	{"D.maps", "read-only", "read-only"},
	{"D.maps", "private-only", "private-only"},
	{"D.maps", "no-private", "no-private"},
	{"D.maps", "only-whole", "only-whole"},
	{"D.maps", "only-start", "only-from-the-start"},
	{"D.maps", "unit", "length-unit"},
	{"D.loads", "only-start", "only-from-the-start"},
	{"D.loads", "only-start-loads", "only-start-loads"},
	{"D.end", "beyond", "past-the-end"},
	{"D.end", "other", "other-region"},
	{"D.far-offsets", "beyond", "past-the-end"},
	{"D.far-offsets", "other", "other-region"},
	{"D.endless", "beyond", "past-the-end"},
	{"D.endless", "other", "other-region"},
	{"D.foreign", "foreign", "foreign-memory"},
	{"D.tail", "tail", "foreign-memory"},
	{"D.stale", "foreign", "foreign-memory"},
	{"D.upgrade", "upgraded", "writable-after-read-only"},
	{"D.write-only", "upgraded", "maps-write-only"},
	{"D.grows", "beyond", "past-the-end"},
	{"D.grows", "fixed", "fixed-size"},
	{"D.loads", "no-end", "no-end"},
	{"D.stores", "one-mapping", "one-at-a-time"},
	{"D.stores", "own", "per-mapping"},
	{"D.stores", "lost", "lost-store"},
	{"D.stores", "forgets", "forgets-on-close"},
	{"D.descriptors", "per-open", "per-open"},
	{"D.once", "mirrored", "mirrored"},
	{"D.once", "aliased", "two-offsets-one-page"},
	{"D.offsets", "aliased", "two-offsets-one-page"},
	{"D.offsets", "*", "offset-ignored"},
	{"D.offsets-loaded", "ignored", "offset-ignored"},
	{"D.file", "apart", "not-one-memory"},
	{"D.read-beyond", "beyond", "read-past-the-end"},
	{"D.write-beyond", "beyond", "write-past-the-end"},
	{"D.emptied", "stale", "stale-pages"},
	{"D.close", "forgets", "forgets-on-close"},
	{"D.close", "*", "freed-on-close"},
	{"D.fork", "not-inherited", "not-inherited"},
	{"D.fork", "not-shared", "lost-store"},
	{"D.fork", "*", "open-not-counted"},
	{"D.split", "no-split", "no-split"},
	{"D.split", "*", "open-not-counted"},
	{"D.move", "refused", "not-moved"},
	{"D.move", "*", "open-not-counted"},
	{"D.dontneed", "no-fault", "no-fault-again"},
	{"D.dontneed", "lost", "lost-store"},
	{"D.private", "reaches", "shared-private"},
	{"D.private", "no-fork", "private-frames"},
	{"D.private", "*", "private-differs"},
	{"D.private-loads", "*", "private-differs"},
	{"D.race", "lost", "lost-store"},
	{"D.futex", "none", "no-futex"},
	{"D.pins", "none", "no-direct-io"},
	{"D.debugger", "none", "no-ptrace"},
	{"D.dumped", "none", "not-dumped"},
	{"D.inherited", "not-inherited", "not-inherited"},
	{"D.leaks", "lost", "leak"},
	{"D.reopens", "busy", "busy-after-close"},

	/* Rows of the contract. */
	{"C*", "*", "contract"},
	{"V*", "*", "contract"},
	{"[SM]*.*past-end*", "refused", "end-refused"},
	{"S9.whole-target*", "refused", "end-refused"},
	{"S12.highest-offset*", "refused", "end-refused"},
	{"[SM]*", "refused", "mapping-refused"},
	{"S1.*", "unsupported", "no-read"},
	{"M8.*", "unsupported", "no-read"},
	{"S1.pages-are-distinct*", "*", "offset-ignored"},
	{"S1.read-into-own-mapping*", "*", "not-one-memory"},
	{"S1.*", "*", "lost-store"},
	{"S2.*", "*", "lost-store"},
	{"S[347].*", "*", "lost-store"},
	{"S[56].*", "*", "shared-private"},
	{"S8.*", "*", "wrong-address"},
	{"S9.past-end*", "*", "end-refused"},
	{"S9.whole-target*", "*", "end-refused"},
	{"S9.*", "*", "other-errno"},
	{"S10.*code-runs*", "*", "no-exec"},
	{"S10.*", "*", "wrong-rights"},
	{"S11.kind-private*", "*", "private-differs"},
	{"S11.populate-past-end*", "*", "end-refused"},
	{"S11.populate*", "*", "not-populated"},
	{"S11.nonblock*", "*", "maps-at-once"},
	{"S11.locked*", "*", "no-mlock"},
	{"S11.*", "*", "other-errno"},
	{"S12.maps-that-page*", "*", "offset-ignored"},
	{"S12.stores-to-that-page*", "*", "offset-ignored"},
	{"S12.past-end*", "*", "end-refused"},
	{"S12.highest-offset*", "*", "end-refused"},
	{"S12.*", "*", "other-errno"},
	{"S13.eagain*", "*", "no-mlock"},
	{"S13.*", "*", "other-errno"},
	{"S14.*", "*", "lost-mapping"},
	{"M1.kind-grows*", "*", "fixed-size"},
	{"M1.grow*", "signal", "no-fault-again"},
	{"M1.grow*", "*", "fixed-size"},
	{"M1.dontunmap*", "*", "fixed-size"},
	{"M1.duplicate*", "*", "fixed-size"},
	{"M1.*", "*", "lost-mapping"},
	{"M2.dontneed-locked*", "*", "no-mlock"},
	{"M2.dontneed*", "signal", "no-fault-again"},
	{"M2.dontneed*", "*", "lost-store"},
	{"M2.populate-past-end*", "*", "end-refused"},
	{"M2.populate-read*", "failed", "maps-at-once"},
	{"M2.populate*", "*", "not-populated"},
	{"M2.*", "*", "advice-refused"},
	{"M3.mincore*", "*", "no-mincore"},
	{"M3.*", "*", "no-mlock"},
	{"M4.msync-past-end*", "*", "end-refused"},
	{"M4.msync-locked*", "*", "no-mlock"},
	{"M4.*", "*", "no-fsync"},
	{"M5.*", "*", "no-futex"},
	{"M6.process-vm-past-end*", "failed", "end-refused"},
	{"M6.ptrace*", "*", "no-ptrace"},
	{"M6.proc*", "*", "no-ptrace"},
	{"M6.*", "*", "no-direct-io"},
	{"M7.*", "*", "not-dumped"},
	{"M8.*splice*", "*", "no-splice"},
	{"M8.sendfile*", "*", "no-splice"},
	{"M8.*seek*", "*", "no-seek"},
	{"M8.data-and-holes*", "*", "no-seek"},
	{"M8.*", "*", "read-write-differs"},
	{"M9.*", "*", "no-userfaultfd"},
	{"M10.*", "*", "not-charged"},
	{"M11.*", "*", "no-huge-pages"},
	{"M12.survives*", "signal", "no-fault-again"},
	{"M12.migration*", "*", "pages-stay"},
	{"M12.*", "*", "lost-store"},
	{"M13.*", "*", "foreign-memory"},
	{"M14.*", "*", "newer-calls"},
	{"M15.*", "*", "lost-store"},
	{"M16.*", "*", "pages-stay"},
	{"M17.*", "*", "newer-calls"},
	{"M18.*", "*", "waits"},
	{"M19.*", "*", "no-userfaultfd"},
};

static const struct finding *named(const char *slug)
{
	for (size_t i = 0; i < ARRAY_SIZE(findings); i++)
		if (!strcmp(findings[i].slug, slug))
			return &findings[i];
	return NULL;
}

const struct finding *finding_of(const char *test, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (fnmatch(words[i].tests, test, 0) || fnmatch(words[i].key, key, 0))
			continue;
		return named(words[i].slug);
	}
	return NULL;
}

size_t findings_count(void)
{
	return ARRAY_SIZE(findings);
}

const struct finding *finding_at(size_t i)
{
	return &findings[i];
}

const char *class_word(enum class class)
{
	static const char *const names[] = {"broken", "missing", "choice", "fine"};

	return names[class];
}

static const char *const profiles[] = {"memory", "dma", "registers", "ring", "readonly"};

const char *profile_word(enum profile profile)
{
	return profiles[profile];
}

int profile_named(const char *word, enum profile *profile)
{
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		if (strcmp(profiles[i], word))
			continue;
		*profile = i;
		return 1;
	}
	return 0;
}

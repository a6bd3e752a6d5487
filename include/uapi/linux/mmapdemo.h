/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The commands of /dev/mmapdemo: the ABI between the module and programs.
 *
 * Each command is an ioctl whose argument points to a struct that begins with
 * its own size in bytes. A program sets @size to the sizeof() it was built
 * with, and everything it does not use to zero.
 *
 * A struct grows at its end only, and an added field means nothing while it is
 * zero. So programs that are older or newer than the module work with it:
 *   - The module takes any @size from the struct's first version on, which the
 *     struct's SIZE_VER1 names, to a page.
 *   - Where @size is less than the module's struct, the module treats missing
 *     fields as zero, and writes nothing beyond @size.
 *   - Where @size is more, the rest must be zero, and stays zero.
 * The module ignores the size inside the command's number, so that the struct can grow, and
 * checks the direction.
 *
 * Units: offsets, lengths and sizes are bytes from the device's start; times
 * are microseconds.
 *
 * Errors that all commands share:
 *   ENOTTY      no such command
 *   EFAULT      the struct, or memory it points to, cannot be read or written
 *   EINVAL      @size is less than the struct's SIZE_VER1, or more than a page;
 *               a field, or a combination, is out of range
 *   E2BIG       @size goes beyond what the module knows, and not all of that
 *               is zero
 *   EOPNOTSUPP  a flag, action or other named value that the module does not
 *               know; a reserved field that is not zero; a command that this
 *               buffer does not support
 *   EBADF       the descriptor's mode does not allow it: a command that changes
 *               something needs it open for writing, one that shows contents
 *               needs it open for reading
 *   EINTR       a signal came before anything was changed; after a fatal one
 *               a FILL, SUM, PUNCH, WIPE or COLLAPSE may be done in part
 *   EMFILE      the process has no descriptor left; ENFILE: no file left
 * A command that fails otherwise has changed nothing, unless its own text says so.
 *
 * A page is broken after an uncorrected memory error, or MADV_HWPOISON: page
 * faults there are SIGBUS, BUS_MCEERR_AR; read(2) and write(2) are EIO. PUNCH or
 * RESIZE frees it.
 */
#ifndef _UAPI_LINUX_MMAPDEMO_H
#define _UAPI_LINUX_MMAPDEMO_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Free in Documentation/userspace-api/ioctl/ioctl-number.rst of Linux 7.3 */
#define MMAPDEMO_IOCTL_TYPE	0xE7

/* enum mmapdemo_feature - bits of &struct mmapdemo_info.features */
#define MMAPDEMO_FEATURE_HUGE	(1u << 0)	/* makes large folios where it can */
#define MMAPDEMO_FEATURE_RESIZE	(1u << 1)	/* RESIZE and PUNCH work */
#define MMAPDEMO_FEATURE_INJECT	(1u << 2)	/* INJECT_SET works */
#define MMAPDEMO_FEATURE_CONTENTS (1u << 3)	/* write, FILL, SUM and WIPE work */

/**
 * struct mmapdemo_info - MMAPDEMO_IOCTL_INFO: state and counters
 * @size: sizeof(struct mmapdemo_info); on return, as it was
 * @flags: must be 0
 * @bytes: size of the device
 * @resident: bytes that hold memory
 * @page_size: bytes of a page
 * @huge_size: bytes of a huge page (PMD), 0 where the kernel has none
 * @huge_folios: huge folios held; they are part of @resident
 * @features: MMAPDEMO_FEATURE_
 * @wipe_policy: MMAPDEMO_WIPE_ON_, see WIPE
 * @opens: open file descriptions, now
 * @vmas: live mappings (VMAs) in all processes, now
 * @vmas_peak: the most @vmas has been
 * @rules: ranges with a rule, see INJECT_SET
 * @last_closes: how often @vmas fell to zero
 * @faults_read: page faults that mapped a page for reading
 * @faults_write: page faults that mapped a page of a shared mapping for writing
 * @faults_cow: page faults that copied a page which was not mapped before, for
 *	a store to a private mapping
 * @faults_huge: huge pages mapped by page faults
 * @generation: how many times KICK was called
 * @strategy: how memory is allocated and mapped: "pagecache", "anon", "fault",
 *	"insert", "vmalloc", "pfn", "pfn-fault" or "dma"; ends in a zero byte
 *
 * Works on any descriptor. Each counter is exact, but not all are of one moment.
 *
 * Errors: those that all commands share.
 */
struct mmapdemo_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 bytes;
	__aligned_u64 resident;
	__u32 page_size;
	__u32 huge_size;
	__aligned_u64 huge_folios;
	__u32 features;
	__u32 wipe_policy;
	__u32 opens;
	__u32 vmas;
	__u32 vmas_peak;
	__u32 rules;
	__aligned_u64 last_closes;
	__aligned_u64 faults_read;
	__aligned_u64 faults_write;
	__aligned_u64 faults_cow;
	__aligned_u64 faults_huge;
	__aligned_u64 generation;
	char strategy[16];
};

/* sizeof() of each struct as first published: the least that @size may be. */
#define MMAPDEMO_INFO_SIZE_VER1	128u

/**
 * struct mmapdemo_resize - MMAPDEMO_IOCTL_RESIZE: change the size
 * @size: sizeof(struct mmapdemo_resize)
 * @flags: must be 0
 * @bytes: the new size, a multiple of the page size, above 0
 *
 * RESIZE does what ftruncate(2) does for a file. Pages beyond the new end are freed, broken
 * ones too, private copies there are dropped, and accesses there are SIGBUS. If the device
 * grows again, the new part is zero.
 *
 * Needs a descriptor open for writing. Besides the shared errors:
 *   EBUSY   a page that would be freed is pinned, or a large folio that would be
 *           split is pinned or in use by I/O: try again when that is over
 *   ENOMEM  @bytes is more than the machine has, or with prealloc=1 there is no
 *           memory for the new part
 */
struct mmapdemo_resize {
	__u32 size;
	__u32 flags;
	__aligned_u64 bytes;
};

#define MMAPDEMO_RESIZE_SIZE_VER1	16u

/**
 * struct mmapdemo_punch - MMAPDEMO_IOCTL_PUNCH: free memory
 * @size: sizeof(struct mmapdemo_punch)
 * @flags: must be 0
 * @offset: first byte
 * @length: bytes, above 0; what lies past the end is left out
 *
 * PUNCH does what fallocate(2) with FALLOC_FL_PUNCH_HOLE does for a file. Whole pages are
 * freed, and are zero when used again. Where the range has a part of a page, that part is zeroed.
 * Private copies stay. A folio that cannot be split is zeroed in part, and
 * keeps its memory.
 *
 * A broken page that is freed is a hole again. Mappings that had the page when it
 * broke keep failing there until munmap(2) or MADV_DONTNEED, as a memfd's do.
 *
 * Needs a descriptor open for writing. Besides the shared errors, where nothing
 * is punched:
 *   EBUSY   a page that would be freed is pinned; or a broken page of the range is
 *           part of a large folio that is pinned or in use by I/O
 *   EIO     the range has a part of a broken page, which cannot be zeroed
 */
struct mmapdemo_punch {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
};

#define MMAPDEMO_PUNCH_SIZE_VER1	24u

/**
 * struct mmapdemo_fill - MMAPDEMO_IOCTL_FILL: the kernel writes a pattern
 * @size: sizeof(struct mmapdemo_fill)
 * @flags: must be 0
 * @offset: first byte, inside the device
 * @length: bytes, above 0, to the end of the device at most
 * @seed: of the pattern
 *
 * The pattern depends on a byte's place in the device, not on @offset: at each
 * multiple o of 8 it has the 64-bit word, least significant byte first,
 *
 *   z = seed + (o / 8 + 1) * 0x9e3779b97f4a7c15
 *   z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
 *   z = (z ^ (z >> 27)) * 0x94d049bb133111eb
 *   word = z ^ (z >> 31)
 *
 * (SplitMix64).
 *
 * Needs a descriptor open for writing. Besides the shared errors, where all bytes
 * before the page that failed are filled:
 *   EIO     the page is broken, or has a rule of INJECT_SET
 *   ENOMEM  there is no memory for the page, or it has a rule of INJECT_SET
 */
struct mmapdemo_fill {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
	__aligned_u64 seed;
};

#define MMAPDEMO_FILL_SIZE_VER1	32u

/**
 * struct mmapdemo_sum - MMAPDEMO_IOCTL_SUM: the kernel takes a checksum
 * @size: sizeof(struct mmapdemo_sum)
 * @flags: must be 0
 * @offset: first byte, inside the device
 * @length: bytes, above 0, to the end of the device at most
 * @crc32c: returned: CRC-32C of the range, as in iSCSI (RFC 3720, B.4):
 *	of "123456789" it is 0xe3069283. Holes count as zeros, and stay holes.
 * @reserved: must be 0
 *
 * Needs a descriptor open for reading. Besides the shared errors:
 *   EIO     a page is broken, or has a rule of INJECT_SET
 *   ENOMEM  a page has a rule of INJECT_SET
 */
struct mmapdemo_sum {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
	__u32 crc32c;
	__u32 reserved;
};

#define MMAPDEMO_SUM_SIZE_VER1	32u

/**
 * enum mmapdemo_inject_action - what an access to a page does
 * @MMAPDEMO_INJECT_NONE: works as usual: the rules of the range are removed
 * @MMAPDEMO_INJECT_COUNT: works, and is counted (after the delay, if any)
 * @MMAPDEMO_INJECT_SIGBUS: a page fault is SIGBUS, BUS_ADRERR; read(2) and
 *	write(2) are EIO
 * @MMAPDEMO_INJECT_HWPOISON: a page fault is SIGBUS, BUS_MCEERR_AR, as if the
 *	hardware had found the memory broken; read(2) and write(2) are EIO. The
 *	kernel logs a line for each such page fault.
 * @MMAPDEMO_INJECT_ENOMEM: as if no memory were left: read(2), write(2),
 *	MADV_POPULATE_READ are ENOMEM. The kernel answers a program's own access
 *	by trying again, until the rule is over (or for ever).
 *
 * An access is a page fault, or a part of a read(2), write(2), FILL or SUM. A
 * page that is mapped causes no page fault until MADV_DONTNEED unmaps it.
 */
enum mmapdemo_inject_action {
	MMAPDEMO_INJECT_NONE,
	MMAPDEMO_INJECT_COUNT,
	MMAPDEMO_INJECT_SIGBUS,
	MMAPDEMO_INJECT_HWPOISON,
	MMAPDEMO_INJECT_ENOMEM,
};

/**
 * enum mmapdemo_inject_when - which accesses
 * @MMAPDEMO_INJECT_ALWAYS: each
 * @MMAPDEMO_INJECT_ONCE: the first
 * @MMAPDEMO_INJECT_NTH: every @n-th: @n - 1 work, one does not, and so on
 * @MMAPDEMO_INJECT_RANDOM: each with a chance of @n in 2^32, by a generator
 *	that begins with @seed
 */
enum mmapdemo_inject_when {
	MMAPDEMO_INJECT_ALWAYS,
	MMAPDEMO_INJECT_ONCE,
	MMAPDEMO_INJECT_NTH,
	MMAPDEMO_INJECT_RANDOM,
};

/*
 * The longest delay, in microseconds, and the most rules that INJECT_SET makes.
 * MMAPDEMO_INJECT_NONE may cut them into more parts.
 */
#define MMAPDEMO_INJECT_DELAY_MAX	60000000u
#define MMAPDEMO_INJECT_RULES_MAX	4096u
/* The most parts that it cuts them into. */
#define MMAPDEMO_INJECT_PARTS_MAX	1048576u

/**
 * struct mmapdemo_injection - MMAPDEMO_IOCTL_INJECT_SET: make accesses to a range fail; an
 *	element of INJECT_LIST
 * @size: sizeof(struct mmapdemo_injection)
 * @flags: must be 0
 * @offset: first byte, a multiple of the page size
 * @length: bytes, above 0, a multiple of the page size. It may reach past the
 *	end: a rule stays when the device shrinks, and works when it grows.
 * @action: enum mmapdemo_inject_action
 * @when: enum mmapdemo_inject_when; only with an action that fails
 * @n: for NTH above 0, for RANDOM any; otherwise 0
 * @delay: microseconds that each access takes longer, MMAPDEMO_INJECT_DELAY_MAX
 *	at most; a fatal signal ends the delay. 0 with MMAPDEMO_INJECT_NONE.
 * @seed: for RANDOM; otherwise 0
 * @hits: in INJECT_LIST, accesses so far; otherwise 0, or EINVAL
 * @fired: in INJECT_LIST, accesses that failed so far; otherwise 0, or EINVAL
 *
 * Earlier rules end inside the range; one that reaches beyond both its ends stays in
 * two parts. The rule holds at once for pages that are mapped already, in all
 * processes, and not for private copies made before. Huge folios in the
 * range are split into single pages; their contents and charges stay.
 *
 * Needs a descriptor open for writing. Besides the shared errors:
 *   EBUSY   a large folio in the range is pinned or in use by I/O; no rule has
 *           changed, but others before it may be small folios now
 *   ENOMEM  there is no memory for the rule; otherwise as EBUSY
 *   ENOSPC  there would be more than MMAPDEMO_INJECT_RULES_MAX rules and parts of
 *           rules. MMAPDEMO_INJECT_NONE may cut rules in two beyond that, up to
 *           MMAPDEMO_INJECT_PARTS_MAX parts.
 */
struct mmapdemo_injection {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
	__u32 action;
	__u32 when;
	__u32 n;
	__u32 delay;
	__aligned_u64 seed;
	__aligned_u64 hits;
	__aligned_u64 fired;
};

#define MMAPDEMO_INJECT_SIZE_VER1	64u

/**
 * struct mmapdemo_inject_list - MMAPDEMO_IOCTL_INJECT_LIST: list the rules
 * @size: sizeof(struct mmapdemo_inject_list)
 * @flags: must be 0
 * @count: room in @rules, in elements; returned: how many rules there are. The
 *	first ones are written, as many as fit. A rule that was cut in two is
 *	listed twice, with one count of hits. Rules may change while a list of
 *	more than MMAPDEMO_INJECT_RULES_MAX is made.
 * @rule_size: sizeof(struct mmapdemo_injection): distance of elements in @rules,
 *	from MMAPDEMO_INJECT_SIZE_VER1 to a page
 * @rules: address of an array of struct mmapdemo_injection, by offset; each
 *	element's @size is set to @rule_size. An element gets as many fields as
 *	fit into @rule_size; where that is more than the module's struct, the
 *	rest of the element is zeroed.
 *
 * Works on any descriptor. Errors: those that all commands share.
 */
struct mmapdemo_inject_list {
	__u32 size;
	__u32 flags;
	__u32 count;
	__u32 rule_size;
	__aligned_u64 rules;
};

#define MMAPDEMO_INJECT_LIST_SIZE_VER1	24u

/**
 * struct mmapdemo_kick - MMAPDEMO_IOCTL_KICK: wake all waiters
 * @size: sizeof(struct mmapdemo_kick)
 * @flags: must be 0
 * @generation: returned: how many times KICK was called, this time included
 *
 * Needs a descriptor open for writing. Errors: those that all commands share.
 */
struct mmapdemo_kick {
	__u32 size;
	__u32 flags;
	__aligned_u64 generation;
};

#define MMAPDEMO_KICK_SIZE_VER1	16u

/* Bits of &struct mmapdemo_wait.events */
#define MMAPDEMO_EVENT_KICK		(1u << 0)	/* poll: EPOLLIN */
#define MMAPDEMO_EVENT_LAST_CLOSE	(1u << 1)	/* the last mapping went; poll: EPOLLPRI */
#define MMAPDEMO_EVENT_RESIZE		(1u << 2)	/* poll: EPOLLPRI */
#define MMAPDEMO_EVENT_WIPE		(1u << 3)	/* poll: EPOLLPRI */

/**
 * struct mmapdemo_wait - MMAPDEMO_IOCTL_WAIT: wait for an event
 * @size: sizeof(struct mmapdemo_wait)
 * @flags: must be 0
 * @events: MMAPDEMO_EVENT_ bits to wait for, not 0; returned: those that
 *	happened, once or more, since this file description was opened or last
 *	reported them
 * @reserved: must be 0
 * @generation: returned: how many times KICK was called; one that comes
 *	meanwhile may be counted here and still be new to the next wait
 *
 * An event that WAIT returns is no longer new to this file description (dup and fork
 * share it; open does not), and poll(2) does not report it until it happens again.
 *
 * Any descriptor may wait. Besides the shared errors: EAGAIN with O_NONBLOCK
 * where nothing is new.
 */
struct mmapdemo_wait {
	__u32 size;
	__u32 flags;
	__u32 events;
	__u32 reserved;
	__aligned_u64 generation;
};

#define MMAPDEMO_WAIT_SIZE_VER1	24u

/**
 * struct mmapdemo_eventfd - MMAPDEMO_IOCTL_EVENTFD: count events in an eventfd
 * @size: sizeof(struct mmapdemo_eventfd)
 * @flags: must be 0
 * @events: MMAPDEMO_EVENT_ bits: each such event adds 1 to the eventfd; 0 with @fd -1
 * @fd: a descriptor of eventfd(2), which may be closed afterwards; -1 to end it
 *
 * A file description has one eventfd, which the next EVENTFD replaces and the end of the
 * file description drops. When a driver revokes the buffer, 1 is added whatever @events is, and
 * EVENTFD is ENODEV from then on.
 *
 * Works on any descriptor. Besides the shared errors:
 *   EBADF   @fd is no descriptor
 *   EINVAL  @fd is not of eventfd(2); or @events is 0 and @fd is not -1, or the other way round
 */
struct mmapdemo_eventfd {
	__u32 size;
	__u32 flags;
	__u32 events;
	__s32 fd;
};

#define MMAPDEMO_EVENTFD_SIZE_VER1	16u

/* Bits of &struct mmapdemo_wipe.flags */
#define MMAPDEMO_WIPE_NOW		(1u << 0)	/* zero all of it */
#define MMAPDEMO_WIPE_SET_POLICY	(1u << 1)	/* set @policy */

/* Bits of &struct mmapdemo_wipe.policy and &struct mmapdemo_info.wipe_policy */
#define MMAPDEMO_WIPE_ON_LAST_UNMAP	(1u << 0)	/* zero it when the last mapping goes */
#define MMAPDEMO_WIPE_ON_LAST_CLOSE	(1u << 1)	/* when the last file description goes */

/**
 * struct mmapdemo_wipe - MMAPDEMO_IOCTL_WIPE: zero the contents, now or later
 * @size: sizeof(struct mmapdemo_wipe)
 * @flags: MMAPDEMO_WIPE_NOW, MMAPDEMO_WIPE_SET_POLICY or both
 * @policy: with SET_POLICY, MMAPDEMO_WIPE_ON_ bits or 0; otherwise 0
 * @reserved: must be 0
 *
 * Pages are zeroed in place: mappings show zeros, and the memory stays allocated.
 * Private copies stay. A wipe by policy ends before anybody can map or open the
 * device anew; it skips broken pages without an error.
 *
 * Needs a descriptor open for writing. Besides the shared errors:
 *   EIO     a page is broken, which cannot be zeroed; all other pages are zero,
 *           and @policy is not set
 */
struct mmapdemo_wipe {
	__u32 size;
	__u32 flags;
	__u32 policy;
	__u32 reserved;
};

#define MMAPDEMO_WIPE_SIZE_VER1	16u

/* Longest name of a buffer, without the zero byte at its end */
#define MMAPDEMO_NAME_MAX	200u

/**
 * struct mmapdemo_create - MMAPDEMO_IOCTL_CREATE: create a buffer
 * @size: sizeof(struct mmapdemo_create)
 * @flags: must be 0
 * @bytes: its size; any, 0 included, up to the largest size of a file
 * @name: address of a string, or 0 for an empty one: at most MMAPDEMO_NAME_MAX bytes, none of
 *	them a control character
 *
 * CREATE returns a new descriptor, open for reading and writing, with the close-on-exec flag
 * set. The descriptor is a regular file without a name in any folder, as memfd_create(2) makes.
 * ftruncate(2), write(2) past the end, fallocate(2) (0, FALLOC_FL_KEEP_SIZE and
 * FALLOC_FL_PUNCH_HOLE) and madvise(2) with MADV_REMOVE work. Its mode is 0600, its owner the
 * caller, and it cannot be executed. It is gone, with its memory, once no descriptor, mapping,
 * open path or driver uses it.
 *
 * Memory is zero, allocated on first use and charged to the memory cgroup of the task that
 * uses it first. The kernel's structures are charged to the caller's.
 *
 * The commands above work on such a descriptor, but for CREATE itself and for
 * MMAPDEMO_WIPE_SET_POLICY, which are EOPNOTSUPP. RESIZE wants whole pages, as on the device.
 * Where a page that would be freed is pinned, or held by a driver, ftruncate(2) and fallocate(2)
 * are EBUSY.
 *
 * Needs a descriptor of the device node, of the strategy "pagecache", open for reading and
 * writing. Besides the shared errors:
 *   EINVAL  @bytes or @name is too long, or a byte of @name is a control character
 *   EFBIG   @bytes is more than RLIMIT_FSIZE allows; the caller gets SIGXFSZ, too
 *   ENOMEM  there is no memory for the kernel's structures, or the memory cgroup has no room
 */
struct mmapdemo_create {
	__u32 size;
	__u32 flags;
	__aligned_u64 bytes;
	__aligned_u64 name;
};

#define MMAPDEMO_CREATE_SIZE_VER1	24u

/* Bits of &struct mmapdemo_seal.seals, of the same values as F_SEAL_ */
#define MMAPDEMO_SEAL_SEAL		(1u << 0)	/* no more seals */
#define MMAPDEMO_SEAL_SHRINK		(1u << 1)	/* the size does not fall */
#define MMAPDEMO_SEAL_GROW		(1u << 2)	/* the size does not rise */
#define MMAPDEMO_SEAL_WRITE		(1u << 3)	/* the contents do not change */
#define MMAPDEMO_SEAL_FUTURE_WRITE	(1u << 4)	/* only mappings of now can change them */

/**
 * struct mmapdemo_seal - MMAPDEMO_IOCTL_SEAL: forbid changes, for good
 * @size: sizeof(struct mmapdemo_seal)
 * @flags: must be 0
 * @seals: MMAPDEMO_SEAL_ bits to add, 0 to ask only; returned: all that are set
 * @reserved: must be 0
 *
 * Seals mean what fcntl(2), F_ADD_SEALS, says of them. The kernel refuses F_ADD_SEALS and
 * F_GET_SEALS (EINVAL) for all files but those of tmpfs and hugetlbfs. Once
 * a seal is set, a call that it forbids is EPERM, for each descriptor of the buffer:
 *   SHRINK        ftruncate(2) and RESIZE to less
 *   GROW          ftruncate(2), RESIZE, fallocate(2) and write(2) past the end. A write(2) that
 *                 begins before the end is cut there.
 *   WRITE,        write(2), FILL, WIPE, PUNCH, fallocate(2) with FALLOC_FL_PUNCH_HOLE,
 *   FUTURE_WRITE  MADV_REMOVE, and MAP_SHARED with PROT_WRITE. Mappings that are made
 *                 read-only stay so. Drivers can neither write nor hold pages.
 *
 * WRITE waits up to a fifth of a second for pages that are pinned (FOLL_PIN). Unlike a memfd's, it
 * does not see plain references, which O_DIRECT takes before 6.5, and FUSE, NFS and Ceph take:
 * such a transfer writes on. Do not trust WRITE against a peer that may have begun one.
 *
 * Any descriptor of CREATE may ask. To add seals, it must be open for writing (EBADF).
 * Besides the shared errors:
 *   EPERM       MMAPDEMO_SEAL_SEAL is set
 *   EBUSY       with WRITE, a shared mapping exists that may be written, or a page is pinned,
 *               or a driver holds one
 */
struct mmapdemo_seal {
	__u32 size;
	__u32 flags;
	__u32 seals;
	__u32 reserved;
};

#define MMAPDEMO_SEAL_SIZE_VER1	16u

/**
 * struct mmapdemo_export - MMAPDEMO_IOCTL_EXPORT: make a dma-buf of a range
 * @size: sizeof(struct mmapdemo_export)
 * @flags: must be 0
 * @offset: first byte, a multiple of the page size
 * @length: bytes, above 0, a multiple of the page size
 *
 * EXPORT returns the dma-buf's descriptor, open for reading and writing, with the close-on-exec
 * flag set. Its offset 0 is the buffer's @offset. No mapping of it reaches outside the range, and
 * mremap(2) does not make one longer.
 *
 * As long as the dma-buf exists, its pages are allocated, do not migrate, and RESIZE and PUNCH of
 * them are EBUSY. It counts as an open file description in @opens of INFO, also for WIPE.
 *
 * Needs a descriptor open for reading and writing, as a device may do both. Besides the shared
 * errors:
 *   EINVAL      the range is not inside the device
 *   EBUSY       a page lies in ZONE_MOVABLE, or in a zone that has CMA
 *   EIO         a page is broken
 *   EPERM       a seal forbids writing
 *   ENOMEM      there is no memory
 *   EOPNOTSUPP  the kernel has no CONFIG_DMA_SHARED_BUFFER
 */
struct mmapdemo_export {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
};

#define MMAPDEMO_EXPORT_SIZE_VER1	24u

/**
 * struct mmapdemo_collapse - MMAPDEMO_IOCTL_COLLAPSE: make huge folios again
 * @size: sizeof(struct mmapdemo_collapse)
 * @flags: must be 0
 * @offset: first byte
 * @length: bytes, above 0; what lies past the end is left out
 *
 * Each aligned piece of @huge_size bytes (INFO) that lies whole in the range gets a huge folio
 * with the same contents, where FEATURE_HUGE is. A piece with a hole, a broken page, a rule, or
 * memory of several nodes or memcgs stays as it is.
 *
 * Needs a descriptor open for writing. Besides the shared errors, once all other pieces are done:
 *   EBUSY   a page is in use
 *   ENOMEM  there is no memory for a huge folio
 */
struct mmapdemo_collapse {
	__u32 size;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
};

#define MMAPDEMO_COLLAPSE_SIZE_VER1	24u

#define MMAPDEMO_IOCTL_INFO	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x00, struct mmapdemo_info)
#define MMAPDEMO_IOCTL_RESIZE	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x01, struct mmapdemo_resize)
#define MMAPDEMO_IOCTL_PUNCH	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x02, struct mmapdemo_punch)
#define MMAPDEMO_IOCTL_FILL	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x03, struct mmapdemo_fill)
#define MMAPDEMO_IOCTL_SUM	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x04, struct mmapdemo_sum)
#define MMAPDEMO_IOCTL_INJECT_SET  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x05, struct mmapdemo_injection)
#define MMAPDEMO_IOCTL_INJECT_LIST _IOWR(MMAPDEMO_IOCTL_TYPE, 0x06, struct mmapdemo_inject_list)
#define MMAPDEMO_IOCTL_KICK	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x07, struct mmapdemo_kick)
#define MMAPDEMO_IOCTL_WAIT	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x08, struct mmapdemo_wait)
#define MMAPDEMO_IOCTL_WIPE	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x09, struct mmapdemo_wipe)
#define MMAPDEMO_IOCTL_CREATE	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x0a, struct mmapdemo_create)
#define MMAPDEMO_IOCTL_SEAL	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x0b, struct mmapdemo_seal)
#define MMAPDEMO_IOCTL_EXPORT	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x0c, struct mmapdemo_export)
#define MMAPDEMO_IOCTL_EVENTFD	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x0d, struct mmapdemo_eventfd)
#define MMAPDEMO_IOCTL_COLLAPSE	  _IOWR(MMAPDEMO_IOCTL_TYPE, 0x0e, struct mmapdemo_collapse)

#endif

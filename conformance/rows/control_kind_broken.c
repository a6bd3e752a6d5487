// SPDX-License-Identifier: GPL-2.0-only
/*
 * M14 for strategies whose pages the kernel can neither move nor reclaim: it marks a broken one,
 * and the driver must do the rest. Nothing heals such a page, so that these rows need a machine of
 * their own: a kernel with `break_pages' among its arguments (tests/suites/broken/run).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define STORED 1
#define BAD    (TEST_PAGES + 4) /* pages that other rows do not use; each row breaks its own */
#define SEED   9

/* Whether the page begins with the bytes that /proc/kcore shows at this offset. */
static bool is_at(int kcore, off_t offset, const unsigned char *page)
{
	unsigned char seen[64];

	return pread(kcore, seen, sizeof(seen), offset) == sizeof(seen) &&
	       !memcmp(seen, page, sizeof(seen));
}

/*
 * The physical address of a page, of which pagemap says nothing: where the kernel's own mapping
 * of all memory shows what is stored to the page. A buffer that holds a copy does not follow
 * the second store.
 */
static uint64_t physical_address(unsigned char *page)
{
	int kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header;
	Elf64_Phdr part;

	ck_assert_int_eq(pread(kcore, &header, sizeof(header), 0), sizeof(header));
	ck_assert_int_eq(getrandom(page, pages(1), 0), pages(1));
	for (int i = 0; i < header.e_phnum; i++) {
		ck_assert_int_eq(pread(kcore, &part, sizeof(part),
				       (off_t)header.e_phoff + i * (off_t)sizeof(part)),
				 sizeof(part));
		if (part.p_type != PT_LOAD || part.p_paddr == UINT64_MAX)
			continue;
		for (uint64_t at = 0; at < part.p_memsz; at += pages(1)) {
			if (!is_at(kcore, (off_t)(part.p_offset + at), page))
				continue;
			page[0] = ~page[0];
			if (is_at(kcore, (off_t)(part.p_offset + at), page))
				return part.p_paddr + at;
		}
	}
	ck_abort_msg("/proc/kcore shows the page nowhere");
}

/* MADV_HWPOISON does not find pages that have no count. */
static void break_frame(uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)address);
	ck_assert_int_eq(write_text("/sys/devices/system/memory/hard_offline_page", text), EBUSY);
}

/* Breaks a page. Return: a mapping of it and of the two beside it. */
static unsigned char *break_page(int fd, size_t bad)
{
	uint64_t address = 0;
	unsigned char *map;
	char arguments[4096];

	ck_assert_int_eq(read_text("/proc/cmdline", arguments, sizeof(arguments)), 0);
	if (!strstr(arguments, "break_pages"))
		row_not_applicable("a page of this strategy that is broken stays so");
	map = target_map(pages(3), RW, MAP_SHARED, fd, pages(bad - 1));
	if (smaps_has_flag(map, "pf"))
		address = physical_address(map + pages(1));
	pattern_fill(map, pages(3), pages(bad - 1), STORED);
	if (address) {
		break_frame(address);
		return map;
	}
	ck_assert_int_eq(madvise(map + pages(1), pages(1), MADV_HWPOISON), -1);
	ck_assert_int_eq(errno, EBUSY);
	return map;
}

static int map_pages(int fd, size_t first, size_t count)
{
	return mmap_errno(NULL, pages(count), RW, MAP_SHARED, fd, pages(first));
}

ROW(M14, kind_mapped, "a broken page is not mapped anew: its page fault is SIGBUS, or mmap() fails")
{
	size_t bad = BAD;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);

	break_page(fd, bad);
	if (info_of(fd).features & MMAPDEMO_FEATURE_INJECT) {
		unsigned char *map = target_map(pages(3), RW, MAP_SHARED, fd, pages(bad - 1));
		unsigned char *middle = map + pages(1);

		assert_broken(try_read(middle), middle);
		assert_broken(try_write(middle, 1), middle);
		assert_memory(map, pages(1), pages(bad - 1), STORED);
		assert_memory(map + pages(2), pages(1), pages(bad + 1), STORED);
		return;
	}
	ck_assert_int_eq(map_pages(fd, bad, 1), EHWPOISON);
	ck_assert_int_eq(map_pages(fd, bad - 1, 3), EHWPOISON);
	ck_assert_int_eq(map_pages(fd, bad - 1, 1), 0);
	ck_assert_int_eq(map_pages(fd, bad + 1, 1), 0);
}

static void assert_no_debugger_reads(unsigned char *page)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	ck_assert(mem >= 0);
	ck_assert_int_eq(pread(mem, &byte, 1, (off_t)(uintptr_t)page), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pread(mem, &byte, 1, (off_t)(uintptr_t)(page + pages(1))), 1);
}

ROW(M14, kind_transfers, "a broken page is EIO when read, written, filled or summed")
{
	size_t bad = BAD + 4;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);
	unsigned char *bytes = calloc(3, pages(1)), *map = break_page(fd, bad);
	struct mmapdemo_sum sum = {
		.size = sizeof(sum),
		.offset = pages(bad - 1),
		.length = pages(3),
	};

	ck_assert_int_eq(pread(fd, bytes, pages(1), pages(bad)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pwrite(fd, bytes, 1, pages(bad + 1) - 1), -1);
	ck_assert_int_eq(errno, EIO);
	assert_errno(fill(fd, pages(bad) + 5, 10, SEED), EIO);
	assert_errno(command(fd, MMAPDEMO_IOCTL_SUM, &sum), EIO);
	/* The driver refuses a debugger if the kernel cannot take the page from the mapping. */
	if (smaps_has_flag(map, "pf"))
		assert_no_debugger_reads(map + pages(1));
	/* A transfer that reaches the page ends before it. */
	ck_assert_int_eq(pread(fd, bytes, pages(3), pages(bad - 1)), pages(1));
	assert_memory(bytes, pages(1), pages(bad - 1), STORED);
	assert_memory(map + pages(2), pages(1), pages(bad + 1), STORED);
}

ROW(M14, kind_wipe, "a wipe zeroes the pages behind a broken one")
{
	size_t bad = BAD + 8;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);
	unsigned char *map = break_page(fd, bad);

	wipe(fd, MMAPDEMO_WIPE_NOW, 0);
	assert_zero(map, pages(1));
	assert_zero(map + pages(2), pages(1));
	/* The memory is not really broken: nobody wrote to it. */
	assert_memory(map + pages(1), pages(1), pages(bad), STORED);
}

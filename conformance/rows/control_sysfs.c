// SPDX-License-Identifier: GPL-2.0-only
/* C1, C2, C6: a node's files in sysfs, debugfs and tracefs (docs/abi), beside its commands. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

static const char *file_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/class/mmapdemo/%s/%s", target.name, name);
	return path;
}

static void assert_file(const char *name, const char *expected)
{
	char text[64], line[64];

	snprintf(line, sizeof(line), "%s\n", expected);
	assert_done(read_text(file_of(name), text, sizeof(text)));
	ck_assert_str_eq(text, line);
}

static void assert_file_number(const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	assert_file(name, text);
}

ROW(C1, kind_sysfs, "sysfs and INFO agree")
{
	struct mmapdemo_info info = info_of(control_open_kind(0));

	assert_file_number("size", info.bytes);
	assert_file("wipe_policy", "none");
}

ROW(C1, counters_agree, "the counters in debugfs are those of INFO")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2, MAP_SHARED, 0);
	unsigned char *private = target_map_rw(1, MAP_PRIVATE, 0);
	struct mmapdemo_info info;

	assert_works(try_read(map));
	assert_works(try_write(map + pages(1), 1));
	assert_works(try_write(private, 1));
	info = info_of(fd);
	ck_assert_uint_gt(info.faults_cow, 0);
	ck_assert_uint_eq(counter("faults_read"), info.faults_read);
	ck_assert_uint_eq(counter("faults_write"), info.faults_write);
	ck_assert_uint_eq(counter("faults_cow"), info.faults_cow);
	ck_assert_uint_eq(counter("faults_huge"), info.faults_huge);
}

#define HUGE_FAULT "/sys/kernel/tracing/events/mmapdemo/huge_fault/enable"

static int open_since_huge_fault(void)
{
	if (kernel_before(6, 6))
		row_not_applicable("a kernel before 6.6 asks for no huge page by itself");
	return control_open();
}

static unsigned char *map_aligned(int fd, size_t size, off_t off)
{
	return target_map_at(reserve_aligned(size), size, RW, MAP_SHARED, fd, off);
}

static void trace_no_more(const void *what)
{
	(void)what;
	write_text(HUGE_FAULT, "0");
}

ROW(C1, traces_huge_fault, "a page fault that maps a huge page is traced as one")
{
	int fd = open_since_huge_fault();
	off_t off = make_chunk(fd, &folios[0], 1);
	size_t size = chunk_size(fd);
	struct mmapdemo_info before = info_of(fd);
	unsigned char *map = map_aligned(fd, size, off);
	static char text[1 << 16];

	after_test(trace_no_more, NULL);
	assert_done(write_text("/sys/kernel/tracing/trace", ""));
	assert_done(write_text(HUGE_FAULT, "1"));
	assert_works(try_read(map));
	ck_assert_uint_eq(info_of(fd).faults_huge, before.faults_huge + 1);
	assert_done(read_text("/sys/kernel/tracing/trace", text, sizeof(text)));
	ck_assert_msg(strstr(text, " huge_fault: ") != NULL, "the trace is: %s", text);
}

ROW(C2, sysfs_size, "a size written to sysfs acts as RESIZE does")
{
	int fd = control_open();
	uint64_t bytes = target.size - pages(2);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	assert_done(write_text(file_of("size"), text));
	ck_assert_uint_eq(info_of(fd).bytes, bytes);
	snprintf(text, sizeof(text), "%#" PRIx64 "\n", (uint64_t)target.size / 2);
	assert_done(write_text(file_of("size"), text));
	assert_file_number("size", target.size / 2);
	assert_done(write_text(file_of("size"), "1M"));
	ck_assert_uint_eq(info_of(fd).bytes, 1 << 20);
}

static const struct wrong_size {
	const char *name, *text;
	int error;
} wrong_sizes[] = {
	{"none", "0", EINVAL},
	{"no-page", "4097", EINVAL},
	{"no-number", "much", EINVAL},
	{"negative", "-4096", EINVAL},
	{"unit", "1X", EINVAL},
	{"beyond-64-bits", "99999999999999999999", ERANGE},
	{"beyond-memory", "1000000G", ENOMEM},
};

ROW_EACH(C2, sysfs_size_refused, "an invalid size written to sysfs changes nothing", wrong_sizes)
{
	int fd = control_open();

	assert_errno(write_text(file_of("size"), wrong_sizes[_i].text), wrong_sizes[_i].error);
	ck_assert_uint_eq(info_of(fd).bytes, target.size);
}

ROW(C6, sysfs_policy,
    "a policy written to sysfs is the one that WIPE sets, and other words are refused")
{
	static const struct {
		const char *word;
		uint32_t policy;
	} policies[] = {
		{"unmap", MMAPDEMO_WIPE_ON_LAST_UNMAP},
		{"close", MMAPDEMO_WIPE_ON_LAST_CLOSE},
		{"both", MMAPDEMO_WIPE_ON_LAST_UNMAP | MMAPDEMO_WIPE_ON_LAST_CLOSE},
		{"none", 0},
	};
	int fd = control_open();
	unsigned char byte = 1;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		assert_done(write_text(file_of("wipe_policy"), policies[i].word));
		ck_assert_uint_eq(info_of(fd).wipe_policy, policies[i].policy);
		assert_file("wipe_policy", policies[i].word);
		assert_errno(write_text(file_of("wipe_policy"), "sometimes"), EINVAL);
		ck_assert_uint_eq(info_of(fd).wipe_policy, policies[i].policy);
	}
	/* The policy acts. */
	assert_done(write_text(file_of("wipe_policy"), "unmap"));
	target_write(fd, "x", 1, 0);
	unmap(target_map_rw(1, MAP_SHARED, 0), pages(1));
	ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
	ck_assert_uint_eq(byte, 0);
}

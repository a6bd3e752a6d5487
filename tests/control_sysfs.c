// SPDX-License-Identifier: GPL-2.0-only
/* C1, C2, C6: what docs/abi/sysfs says of the files of a node, beside its commands. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/contents.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"
#include "support_control.h"
#include "support_system.h"

static const char *file_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", target.name, name);
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

ROW(C1, kind_sysfs, "sysfs says the same as INFO")
{
	struct mmapdemo_info info = info_of(control_open_kind(0));

	assert_file_number("size", info.bytes);
	assert_file_number("resident", info.resident);
	assert_file("wipe_policy", "none");
}

ROW(C2, sysfs_size, "a size that is written to sysfs is one that RESIZE was given")
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

ROW_EACH(C2, sysfs_size_refused, "what is no size for it changes nothing", wrong_sizes)
{
	int fd = control_open();

	assert_errno(write_text(file_of("size"), wrong_sizes[_i].text), wrong_sizes[_i].error);
	ck_assert_uint_eq(info_of(fd).bytes, target.size);
}

ROW(C6, sysfs_policy,
    "a policy that is written to sysfs is the one that WIPE sets, and no other word")
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
	/* And it is obeyed. */
	assert_done(write_text(file_of("wipe_policy"), "unmap"));
	target_write(fd, "x", 1, 0);
	unmap(target_map_rw(1, MAP_SHARED, 0), pages(1));
	ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
	ck_assert_uint_eq(byte, 0);
}

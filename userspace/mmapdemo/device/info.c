// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo info: the device's size, settings and counters. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "control.h"

#define FIELD(member, says)                                               \
	{                                                                 \
#member, offsetof(struct mmapdemo_info, member),          \
			sizeof(((struct mmapdemo_info *)0)->member), says \
	}

static const struct field {
	const char *name;
	size_t offset, width;
	const char *says;
} fields[] = {
	FIELD(bytes, "size of the device"),
	FIELD(resident, "bytes of memory that the device holds"),
	FIELD(page_size, "bytes of a page"),
	FIELD(huge_size, "bytes of a huge page (0 if the kernel has none)"),
	FIELD(huge_folios, "huge folios held"),
	FIELD(opens, "open file descriptions"),
	FIELD(vmas, "mappings in all processes"),
	FIELD(vmas_peak, "the most mappings so far"),
	FIELD(last_closes, "how often the last mapping ended"),
	FIELD(rules, "ranges with a rule (mmapdemo rules)"),
	FIELD(faults_read, "page faults that mapped a page for reading"),
	FIELD(faults_write, "page faults that mapped a shared page for writing"),
	FIELD(faults_cow, "page faults that made a private copy"),
	FIELD(faults_huge, "huge pages mapped by page faults"),
	FIELD(generation, "how often notify was called"),
};

static const struct word feature_words[] = {
	{MMAPDEMO_FEATURE_HUGE, "huge"},
	{MMAPDEMO_FEATURE_RESIZE, "resize"},
	{MMAPDEMO_FEATURE_INJECT, "inject"},
	{MMAPDEMO_FEATURE_CONTENTS, "contents"},
	{},
};

static uint64_t value_of(const struct mmapdemo_info *info, const struct field *field)
{
	uint64_t wide;
	uint32_t narrow;

	if (field->width == sizeof(narrow)) {
		memcpy(&narrow, (const char *)info + field->offset, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, (const char *)info + field->offset, sizeof(wide));
	return wide;
}

static void print_text(const struct mmapdemo_info *info, const char *features, const char *policy)
{
	printf("%-12s %12s  %s\n", "strategy", info->strategy, "how the device provides memory");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		printf("%-12s %12ju  %s\n", fields[i].name, (uintmax_t)value_of(info, &fields[i]),
		       fields[i].says);
	printf("%-12s %12s  %s\n", "wipe_policy", policy,
	       "zeroed at the end of the last mapping (unmap) or descriptor (close)");
	printf("%-12s %s\n", "features", features);
}

static void print_json(const struct mmapdemo_info *info, const char *features, const char *policy)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "strategy", info->strategy);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		add_number(object, fields[i].name, value_of(info, &fields[i]));
	add_text(object, "wipe_policy", policy);
	add_text(object, "features", features);
	show_pretty(object);
}

int info_main(int argc, char **argv)
{
	struct control control =
		control_plain(argc, argv, control_json_argp, NULL,
			      "Shows the device's size, settings and counters.\v" CONTROL_STATUS);
	char features[128], policy[128];
	struct mmapdemo_info info;
	int fd;

	fd = open_device(&control, O_RDONLY);
	info = control_info(&control, fd);
	close(fd);
	words_of(feature_words, info.features, features);
	words_of(wipe_words, info.wipe_policy, policy);
	(control.json ? print_json : print_text)(&info, features, policy);
	return 0;
}

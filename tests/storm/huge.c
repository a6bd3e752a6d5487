// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages are split, and put together. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storm.h"

#define SPLIT	   "/sys/kernel/debug/split_huge_pages"
#define KHUGEPAGED "/sys/kernel/mm/transparent_hugepage/khugepaged/"

static const char *prepare_split(void)
{
	return access(SPLIT, W_OK) ? "no " SPLIT " in debugfs" : NULL;
}

/* Every fourth time all huge pages there are, else those of one mapping of the device. */
static void round_split(struct tally *tally)
{
	uint64_t before = vmstat("thp_split_page");
	struct range range;
	char text[96] = "1";
	pid_t pid;
	int error;

	if (tally->tried % 4) {
		if (!processes_any_mapping(&pid, &range))
			return;
		snprintf(text, sizeof(text), "%d,0x%" PRIxPTR ",0x%" PRIxPTR, pid, range.start,
			 range.end);
	}
	error = write_text(SPLIT, text);
	tally_round(tally, vmstat("thp_split_page") - before, error);
}

const struct disturbance storm_split = {
	.name = "split",
	.says = "huge pages are split (split_huge_pages of debugfs)",
	.unit = "huge pages split",
	.pause = 100,
	.prepare = prepare_split,
	.round = round_split,
};

#define COLLAPSED (4 << 20)

static const char *prepare_khugepaged(void)
{
	if (settings_set(KHUGEPAGED "scan_sleep_millisecs", "0") ||
	    settings_set(KHUGEPAGED "alloc_sleep_millisecs", "0") ||
	    settings_set(KHUGEPAGED "pages_to_scan", "65536"))
		return "no " KHUGEPAGED;
	return NULL;
}

static uint64_t full_scans(void)
{
	uint64_t scans = 0;
	char text[32];

	if (!read_text(KHUGEPAGED "full_scans", text, sizeof(text)))
		sscanf(text, "%" SCNu64, &scans);
	return scans;
}

/* Memory of the storm's own gives khugepaged work where the command has none for it. */
static void round_khugepaged(struct tally *tally)
{
	static uint64_t before;
	static char *memory;
	uint64_t now = full_scans();

	if (!memory) {
		memory = mmap(NULL, COLLAPSED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
		if (memory == MAP_FAILED) {
			memory = NULL;
			tally_round(tally, 0, ENOMEM);
			return;
		}
		madvise(memory, COLLAPSED, MADV_HUGEPAGE);
		before = now;
	}
	memset(memory, 0xa5, COLLAPSED);
	madvise(memory, COLLAPSED / 2, MADV_DONTNEED);
	tally_round(tally, now - before, 0);
	before = now;
}

const struct disturbance storm_khugepaged = {
	.name = "khugepaged",
	.says = "khugepaged never sleeps",
	.unit = "full scans",
	.pause = 500,
	.prepare = prepare_khugepaged,
	.round = round_khugepaged,
};

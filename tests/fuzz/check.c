// SPDX-License-Identifier: GPL-2.0-only
/* Compares the device's own reports, and the kernel's on processes, with the model. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"

bool get_info(struct mmapdemo_info *info)
{
	*info = (struct mmapdemo_info){.size = sizeof(*info)};
	if (!ioctl(FD_BASE, MMAPDEMO_IOCTL_INFO, info))
		return true;
	mismatch("INFO: errno %d", errno);
	return false;
}

/* Returns whether the numbers are those that /proc/PID/maps shows, or may be fewer. */
static bool vmas_expected(int32_t *least, int32_t *most)
{
	bool known = true;

	*least = *most = world->vmas;
	for (unsigned int w = 1; w <= WORKERS; w++) {
		const struct worker *worker = &world->workers[w];

		*least += worker->known ? worker->exact : worker->least;
		*most += worker->known ? worker->exact : worker->most;
		known &= worker->known || !worker->mapped;
	}
	return known;
}

static void check_vmas(int32_t vmas)
{
	int32_t least, most;
	bool known = vmas_expected(&least, &most);

	if (vmas < least || vmas > most)
		mismatch("INFO: vmas %d, should be %s%d to %d", vmas,
			 known ? "by /proc/PID/maps just " : "", least, most);
}

static void check_resident(uint64_t bytes)
{
	uint32_t least = world->device.least, most = world->device.most;

	if (bytes < least * world->page || bytes > most * world->page)
		mismatch("INFO: resident %llu pages, should be %u to %u",
			 (unsigned long long)bytes / world->page, least, most);
}

/*
 * Whether a process that has ended may still count: migrate_pages(), which a storm calls,
 * holds its address space a moment longer.
 */
static bool lingers(const struct mmapdemo_info *info, uint32_t opens)
{
	int32_t least, most;

	vmas_expected(&least, &most);
	return info->opens > opens || (int32_t)info->vmas > most ||
	       info->last_closes < world->device.events[LAST_CLOSE];
}

void check_counts(void)
{
	const struct device *d = &world->device;
	struct mmapdemo_info info;
	uint32_t opens = world->others;
	int tries = world->weather ? 10000 : 0;

	if (!get_info(&info))
		return;
	for (uint8_t n = 0; n < DESCS; n++)
		opens += world->descs[n].refs != 0;
	for (; tries && lingers(&info, opens); tries--) {
		usleep(1000);
		if (!get_info(&info))
			return;
	}
	expect("INFO: bytes", d->size * world->page, info.bytes);
	expect("INFO: opens", opens, info.opens);
	expect("INFO: rules", world->device.rule_parts, info.rules);
	expect("INFO: wipe_policy", d->policy, info.wipe_policy);
	expect("INFO: last_closes", d->events[LAST_CLOSE], info.last_closes);
	expect("INFO: generation", d->events[KICK], info.generation);
	check_vmas(info.vmas);
	check_resident(info.resident);
	if ((int32_t)info.vmas_peak < (int32_t)info.vmas)
		mismatch("INFO: vmas_peak %u, yet %u now", info.vmas_peak, info.vmas);
}

struct line {
	unsigned long start, end, offset;
	const char *perms;
};

/* Whether it is as the model has it; how many pages it has is added up. */
static bool line_right(unsigned int w, const struct line *line, uint32_t *pages)
{
	uint32_t count = (line->end - line->start) / world->page;
	uint32_t at = (line->start - (uintptr_t)ARENA) / world->page;

	if (line->start < (uintptr_t)ARENA || at + count > ARENA_PAGES)
		return false;
	*pages += count;
	for (uint32_t i = 0; i < count; i++) {
		const struct page *page = &world->workers[w].pages[at + i];

		if (!page->mapped || page->dev != line->offset / world->page + i ||
		    (line->perms[0] == 'r') != !!(page->prot & PROT_R) ||
		    (line->perms[1] == 'w') != !!(page->prot & PROT_W) ||
		    (line->perms[3] == 's') != page->shared)
			return false;
	}
	return true;
}

/* sscanf() would take most of the time that a step has. */
static void parse_line(char *text, struct line *line)
{
	line->start = strtoul(text, &text, 16);
	line->end = strtoul(text + 1, &text, 16);
	line->perms = text + 1;
	line->offset = strtoul(text + 6, NULL, 16);
}

static ssize_t read_maps(unsigned int w, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd;

	snprintf(text, size, "/proc/%d/maps", world->workers[w].pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		mismatch("open %s: errno %d", text, errno);
	do {
		got = read(fd, text + used, size - 1 - used);
		used += got > 0 ? got : 0;
	} while (got > 0 && used < size - 1);
	if (got < 0)
		mismatch("read of the maps file of process %u: errno %d", w, errno);
	close(fd);
	text[used] = 0;
	return used;
}

/* The process's mappings of the device, as the kernel lists them. */
void check_maps(unsigned int w)
{
	static char text[1 << 17];
	struct worker *worker = &world->workers[w];
	uint32_t pages = 0, vmas = 0;
	struct line line;
	char *rest = text, *next;

	if (!read_maps(w, text, sizeof(text))) {
		/* It has died: the driver, who is its parent, can say of what. */
		sleep(1);
		mismatch("the maps file of process %u is empty", w);
	}
	while ((next = strsep(&rest, "\n"))) {
		if (!strstr(next, world->path))
			continue;
		parse_line(next, &line);
		vmas++;
		if (!line_right(w, &line, &pages))
			mismatch("the maps file of process %u has '%s'", w, next);
	}
	expect("pages of the device in the maps file", worker->mapped, pages);
	worker->exact = vmas;
	worker->known = true;
}

static void check_device(void)
{
	static unsigned char seen[16 * PAGE_MOST], zero[PAGE_MOST];
	uint32_t step = sizeof(seen) / world->page;

	for (uint32_t page = 0; page < world->device.size && !world->failed; page += step) {
		ssize_t got = pread(FD_BASE, seen, sizeof(seen), (off_t)page * world->page);

		for (uint32_t i = 0; i < step && page + i < world->device.size; i++) {
			const unsigned char *wanted =
				world->device.filled[page + i] ? device_bytes(page + i) : zero;

			if (got >= (ssize_t)((i + 1) * world->page) &&
			    memcmp(seen + i * world->page, wanted, world->page))
				mismatch("pread of all: page %u is not as it should be", page + i);
		}
	}
}

/* A page through a mapping, if it can be had without a trace. */
static void check_page(uint32_t at)
{
	const struct page *page = &world->workers[me].pages[at];
	const unsigned char *wanted = page_shows(page);
	static unsigned char seen[PAGE_MOST];
	struct fault fault;

	if (!pages_fit(me, at * world->page, 1, false))
		return;
	page_access(me, at, false);
	fault = touch_load(ARENA + at * world->page, seen, world->page);
	if (fault.signo)
		mismatch("page %u: signal %d, code %d", at, fault.signo, fault.code);
	else if (memcmp(seen, wanted, world->page))
		mismatch("page %u, the device's page %u%s, is not as it should be", at, page->dev,
			 page->copy ? " copied" : "");
}

/* All at once: the driver looks at the device, a worker at its own. */
bool run_check(struct step *s)
{
	(void)s;
	if (!me) {
		if (!world->device.rule_parts)
			check_device();
		for (unsigned int w = 1; w <= WORKERS; w++)
			if (world->workers[w].pid)
				check_maps(w);
		check_counts();
		return true;
	}
	for (uint32_t at = 0; at < ARENA_PAGES; at++)
		if (world->workers[me].pages[at].mapped)
			check_page(at);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table entries, which the module lists in debugfs for its own mappings, and facts about
 * frames from /proc/kpagecount and /proc/kpageflags. All of these are for root: others get what
 * pagemap says.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/proc.h"
#include "tables.h"

#define TABLES "/sys/kernel/debug/mmapdemo/*/tables"

/* Documentation/admin-guide/mm/pagemap.rst; a guard region is told since 6.15. */
#define PAGEMAP_GUARD (1ULL << 58)
/* A swap entry: five bits of type, and an offset. The types behind swap files: linux/swap.h */
#define SWAP_TYPE_BITS	  5
#define SWAP_TYPE_SPECIAL 23 /* the lowest one that no configuration gives to a swap file */
#define SWAP_TYPE_MARKER  31
#define MARKER_POISON	  (1 << 1)
#define MARKER_GUARD	  (1 << 2)

/* Bits of /proc/kpageflags: linux/kernel-page-flags.h */
#define KPF_UPTODATE (1ULL << 3)
#define KPF_LRU	     (1ULL << 5)
#define KPF_ANON     (1ULL << 12)
#define KPF_TAIL     (1ULL << 16)
#define KPF_HEAD     (1ULL << 15)
#define KPF_NOPAGE   (1ULL << 20)
#define KPF_BROKEN   (1ULL << 19)
#define KPF_ZERO     (1ULL << 24)

#define BLOCK	     512

/* One of the files with a number for each frame, and the block of it that was read last. */
struct numbers {
	int fd;
	uint64_t first, numbers[BLOCK];
	bool valid;
};

struct frames {
	struct numbers counts, flags;
	uint64_t first, end; /* of the folio that was looked at last */
	unsigned int order;
};

static uint64_t type_of(uint64_t pagemap)
{
	return pagemap & ((1 << SWAP_TYPE_BITS) - 1);
}

static uint64_t offset_of(uint64_t pagemap)
{
	return (pagemap & PAGEMAP_FRAME) >> SWAP_TYPE_BITS;
}

static uint64_t number_of(struct numbers *numbers, uint64_t frame)
{
	uint64_t first = frame - frame % BLOCK;

	if (!numbers->valid || numbers->first != first) {
		memset(numbers->numbers, 0, sizeof(numbers->numbers));
		numbers->first = first;
		numbers->valid = pread(numbers->fd, numbers->numbers, sizeof(numbers->numbers),
				       first * sizeof(*numbers->numbers)) > 0;
	}
	return numbers->numbers[frame - first];
}

uint32_t map_entry_of(uint64_t pagemap)
{
	uint32_t entry = pagemap & PAGEMAP_UFFD_WP ? ENTRY_UFFD : 0;

	if (pagemap & PAGEMAP_GUARD)
		entry |= ENTRY_GUARD;
	if (!(pagemap & PAGEMAP_SWAP))
		return entry;
	if (type_of(pagemap) == SWAP_TYPE_MARKER) {
		entry |= offset_of(pagemap) & MARKER_POISON ? ENTRY_POISON : 0;
		entry |= offset_of(pagemap) & MARKER_GUARD ? ENTRY_GUARD : 0;
	} else if (type_of(pagemap) >= SWAP_TYPE_SPECIAL) {
		struct numbers flags = {.fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC)};

		if (number_of(&flags, offset_of(pagemap)) & KPF_BROKEN)
			entry |= ENTRY_BROKEN;
		close(flags.fd);
	}
	return entry;
}

static enum map_holder holder_of(uint64_t flags)
{
	if (flags & KPF_ZERO)
		return HOLDER_ZERO;
	if (flags & KPF_ANON)
		return HOLDER_ANONYMOUS;
	/* A folio that was added just now is not on a list of pages yet. */
	return flags & (KPF_LRU | KPF_UPTODATE) ? HOLDER_CACHE : HOLDER_DRIVER;
}

/* The folio of a frame: kpageflags marks its first page and the others; their number is known. */
static void find_folio(struct frames *frames, uint64_t frame)
{
	uint64_t pages;

	if (frame >= frames->first && frame < frames->end)
		return;
	frames->first = frame;
	frames->end = frame + 1;
	frames->order = 0;
	if (!(number_of(&frames->flags, frame) & (KPF_HEAD | KPF_TAIL)))
		return;
	while (frames->first && number_of(&frames->flags, frames->first) & KPF_TAIL)
		frames->first--;
	while (number_of(&frames->flags, frames->end) & KPF_TAIL)
		frames->end++;
	for (pages = frames->end - frames->first; pages > 1; pages /= 2)
		frames->order++;
}

static void read_facts(struct frames *frames, uint64_t frame, struct map_facts *facts)
{
	if (number_of(&frames->flags, frame) & KPF_NOPAGE)
		return;
	find_folio(frames, frame);
	*facts = (struct map_facts){
		.maps = number_of(&frames->counts, frame),
		/* Before 6.9 the other pages of a folio have flags of their own. */
		.holder = holder_of(number_of(&frames->flags, frames->first)),
		.order = frames->order,
	};
}

static struct map_page *page_at(const struct map_picture *picture, struct map_process *process,
				uint64_t address)
{
	for (size_t i = 0; i < process->vma_count; i++) {
		struct map_vma *vma = &process->vmas[i];

		if (address >= vma->start && address < vma->end && vma->pages)
			return &vma->pages[(address - vma->start) / picture->page_size];
	}
	return NULL;
}

/* Entries that have changed since pagemap was read are of other frames. */
static void take_entry(struct map_page *page, uint64_t frame, uint32_t entry)
{
	if (!(page->flags & PAGE_PRESENT) || page->frame != frame)
		return;
	page->entry |= entry;
	page->flags &= ~(PAGE_HUGE | PAGE_HUGE_MAYBE);
	page->flags |= entry & ENTRY_HUGE ? PAGE_HUGE : 0;
}

/* "PID ADDRESS PAGES FRAME LEVEL FLAGS": docs/abi/debugfs */
static void read_tables(const char *path, const struct map_picture *picture,
			struct map_process *process)
{
	uint64_t address, pages, frame;
	FILE *file = fopen(path, "re");
	char line[128], level[8], flags[8];
	int pid;

	while (file && fgets(line, sizeof(line), file)) {
		uint32_t entry = ENTRY_KNOWN;

		if (sscanf(line, "%d %" SCNx64 " %" SCNu64 " %" SCNx64 " %7s %7s", &pid, &address,
			   &pages, &frame, level, flags) != 6 ||
		    pid != process->pid)
			continue;
		entry |= strchr(flags, 'w') ? ENTRY_WRITE : 0;
		entry |= strchr(flags, 'd') ? ENTRY_DIRTY : 0;
		entry |= strchr(flags, 'a') ? ENTRY_ACCESSED : 0;
		entry |= strcmp(level, "pmd") ? 0 : ENTRY_HUGE;
		for (uint64_t i = 0; i < pages; i++) {
			struct map_page *page =
				page_at(picture, process, address + i * picture->page_size);

			if (page)
				take_entry(page, frame + i, entry);
		}
	}
	if (file)
		fclose(file);
}

static bool open_frames(struct frames *frames)
{
	*frames = (struct frames){
		.counts.fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC),
		.flags.fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC),
	};
	return frames->flags.fd >= 0;
}

static void close_frames(const struct frames *frames)
{
	if (frames->counts.fd >= 0)
		close(frames->counts.fd);
	if (frames->flags.fd >= 0)
		close(frames->flags.fd);
}

bool map_frame_facts(uint64_t frame, struct map_facts *facts)
{
	struct frames frames;

	*facts = (struct map_facts){};
	if (open_frames(&frames))
		read_facts(&frames, frame, facts);
	close_frames(&frames);
	return facts->holder;
}

static void read_vma_facts(struct frames *frames, struct map_vma *vma)
{
	for (size_t i = 0; i < vma->count; i++)
		if (vma->pages[i].frame)
			read_facts(frames, vma->pages[i].frame, &vma->pages[i].facts);
}

void map_tables_read(const struct map_picture *picture, struct map_process *process)
{
	struct frames frames;
	glob_t found;

	if (!glob(TABLES, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_tables(found.gl_pathv[i], picture, process);
		globfree(&found);
	}
	if (open_frames(&frames)) {
		for (size_t i = 0; i < process->vma_count; i++)
			read_vma_facts(&frames, &process->vmas[i]);
	}
	close_frames(&frames);
}

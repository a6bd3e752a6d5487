// SPDX-License-Identifier: GPL-2.0-only
/*
 * map COMMAND DEVICE: maps all of it, in the VM.
 *	look	tells the module `fixed' where, which then says how the pages are cached
 *	blocks	what the mapping shows, wherever it begins, when it is split, and when it is moved
 *	fails	mmap() is ENOMEM, and again works at the same address once it may
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PARAMETERS "/sys/module/fixed/parameters/"

static size_t page, size;

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		err(1, "%s", path);
	page = sysconf(_SC_PAGESIZE);
	size = lseek(fd, 0, SEEK_END);
	return fd;
}

static uint64_t *map_at(void *at, size_t bytes, int flags, int fd, size_t offset)
{
	uint64_t *map = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, offset);

	if (map == MAP_FAILED)
		err(1, "mmap of %zu bytes from %zu on", bytes, offset);
	return map;
}

static void tell(const char *parameter, const char *text)
{
	int fd = open(parameter, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s: %s", parameter, text);
	close(fd);
}

static void look(int fd)
{
	uint64_t *map = map_at(NULL, size, 0, fd, 0);
	char text[64];

	for (size_t pos = 0; pos < size; pos += page)
		map[pos / sizeof(*map)] = pos;
	snprintf(text, sizeof(text), "%lx %lx", (long)map, (long)map + size);
	tell(PARAMETERS "look", text);
	for (size_t pos = 0; pos < size; pos += page) {
		uint64_t value;

		if (pread(fd, &value, sizeof(value), pos) != sizeof(value) || value != pos)
			errx(1, "what was stored is not what read() has, at %zu", pos);
	}
}

/* Each page begins with its place in the device. */
static void shows(const char *what, const uint64_t *map, size_t bytes, size_t offset)
{
	for (size_t pos = 0; pos < bytes; pos += page)
		if (map[pos / sizeof(*map)] != offset + pos)
			errx(1, "%s: the page at %zu is that of %llu", what, offset + pos,
			     (unsigned long long)map[pos / sizeof(*map)]);
}

static void write_places(int fd)
{
	for (uint64_t pos = 0; pos < size; pos += page)
		if (pwrite(fd, &pos, sizeof(pos), pos) != sizeof(pos))
			err(1, "pwrite at %llu", (unsigned long long)pos);
}

static void blocks(int fd)
{
	size_t odd[] = {0, page, size / 4 - page, size / 4, size / 2 + page, size - page};
	uint64_t *map, *moved;

	write_places(fd);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		map = map_at(NULL, size - odd[i], 0, fd, odd[i]);
		shows("a mapping from inside", map, size - odd[i], odd[i]);
		munmap(map, size - odd[i]);
		map = map_at(NULL, odd[i] + page, 0, fd, 0);
		shows("a mapping of the first part", map, odd[i] + page, 0);
		munmap(map, odd[i] + page);
	}
	map = map_at(NULL, size, 0, fd, 0);
	if (munmap((char *)map + size / 2 - page, 2 * page))
		err(1, "munmap of a part");
	shows("below a hole", map, size / 2 - page, 0);
	map = (uint64_t *)((char *)map + size / 2 + page);
	shows("above a hole", map, size / 2 - page, size / 2 + page);
	moved = mremap(map, size / 2 - page, size / 2 - page, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (char *)map_at(NULL, size, 0, fd, 0));
	if (moved == MAP_FAILED)
		err(1, "mremap");
	shows("moved", moved, size / 2 - page, size / 2 + page);
}

static void fails(int fd)
{
	void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	write_places(fd);
	munmap(at, size);
	if (mmap(at, size, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED || errno != ENOMEM)
		errx(1, "mmap() is not ENOMEM");
	if (msync(at, page, MS_ASYNC) != -1 || errno != ENOMEM)
		errx(1, "something is mapped after it");
	/* Entries left in the page tables would be in the way, with a BUG(). */
	tell(PARAMETERS "remap", "0 0");
	shows("mapped again", map_at(at, size, MAP_FIXED_NOREPLACE, fd, 0), size, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(int fd);
	} commands[] = {{"look", look}, {"blocks", blocks}, {"fails", fails}};

	for (size_t i = 0; argc == 3 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		commands[i].run(open_device(argv[2]));
		return 0;
	}
	errx(2, "usage: map look|blocks|fails DEVICE");
}

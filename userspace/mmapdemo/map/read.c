// SPDX-License-Identifier: GPL-2.0-only
/* A process's mappings, as /proc/PID/smaps tells them; pages.c has their pages. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/comm.h"
#include "common/memory.h"
#include "common/refuse.h"
#include "common/utf8.h"
#include "pages.h"
#include "read.h"

#define TRIES 3 /* of a process whose mappings change while we look */

void map_page_sizes(struct map_picture *picture)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	unsigned long long size;

	picture->page_size = sysconf(_SC_PAGESIZE);
	if (!file || fscanf(file, "%llu", &size) != 1 || !size)
		size = picture->page_size * (picture->page_size / 8); /* what a PMD spans */
	picture->huge_size = size;
	if (file)
		fclose(file);
}

static FILE *open_proc(int pid, const char *name, char reason[256])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		refuse(reason, "there is no process %d (any more)", pid);
	else if (!file && (errno == EACCES || errno == EPERM))
		refuse(reason, "process %d cannot be read by this user: run as root", pid);
	else if (!file)
		refuse(reason, "%s: %s", path, strerror(errno));
	return file;
}

/* "7f..-7f.. rw-s 00000000 00:06 123   NAME" */
static bool parse_head(char *line, struct map_vma *vma)
{
	unsigned long long start, end, offset;
	char device[24], inode[24];
	int name = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %23s %23s %n", &start, &end, vma->perms, &offset,
		   device, inode, &name) != 6)
		return false;
	line[strcspn(line, "\n")] = '\0';
	vma->start = start;
	vma->end = end;
	vma->offset = offset;
	if (strcmp(inode, "0"))
		snprintf(vma->file, sizeof(vma->file), "%s %s", device, inode);
	vma->name = utf8_clean(copy_text(line + name));
	return true;
}

/* As maps names the file at this path. */
static void file_id(const char *path, char id[48])
{
	struct stat st;

	*id = '\0';
	if (!stat(path, &st))
		snprintf(id, 48, "%02x:%02x %ju", major(st.st_dev), minor(st.st_dev),
			 (uintmax_t)st.st_ino);
}

/* Cuts it to the first range that it overlaps; false if there is none. */
static bool cut_to_range(const struct map_want *want, struct map_vma *vma)
{
	for (size_t i = 0; want->ranges && want->ranges[i][1]; i++) {
		uint64_t start = want->ranges[i][0], end = want->ranges[i][1];

		if (start >= vma->end || end <= vma->start)
			continue;
		/* A neighbour that it was merged with is not wanted. */
		vma->offset += start > vma->start ? start - vma->start : 0;
		vma->start = start > vma->start ? start : vma->start;
		vma->end = end < vma->end ? end : vma->end;
		return true;
	}
	return false;
}

/* The path of a mapping's file names the file, unless another has taken its place. */
static struct device find_device(int pid, const struct map_vma *vma)
{
	struct device device;
	char path[80], id[48];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%jx-%jx", pid, (uintmax_t)vma->start,
		 (uintmax_t)vma->end);
	device = device_find(path);
	if (!device.error)
		return device;
	/* Root alone may follow that link. */
	file_id(vma->name, id);
	return device_find(strcmp(id, vma->file) ? "" : vma->name);
}

/* The VMA of a line of maps or smaps, or of the part of it that is wanted; false if none is. */
static bool parse_wanted(char *line, int pid, const struct map_want *want, struct map_vma *vma)
{
	*vma = (struct map_vma){};
	if (!parse_head(line, vma))
		return false;
	if (*vma->name == '/') {
		const struct device device = find_device(pid, vma);

		vma->device =
			device.is_ours && (!want->device || device.number == want->device->number);
	}
	return want->all || vma->device || cut_to_range(want, vma);
}

/* The lines below a VMA's first. */
static void parse_field(const char *line, struct map_vma *vma)
{
	if (!strncmp(line, "VmFlags:", 8)) {
		free(vma->vm_flags);
		vma->vm_flags = copy_text(line + 8 + strspn(line + 8, " "));
		vma->vm_flags[strcspn(vma->vm_flags, "\n")] = '\0';
		for (char *end = strchr(vma->vm_flags, '\0');
		     end > vma->vm_flags && end[-1] == ' ';)
			*--end = '\0';
		return;
	}
	sscanf(line, "FilePmdMapped: %zu", &vma->huge.file);
	sscanf(line, "ShmemPmdMapped: %zu", &vma->huge.shmem);
	sscanf(line, "AnonHugePages: %zu", &vma->huge.anonymous);
}

static bool read_list(int pid, const struct map_want *want, const struct map_picture *picture,
		      struct map_process *process, char reason[256])
{
	FILE *file = open_proc(pid, "smaps", reason);
	struct map_vma *vma = NULL;
	char *line = NULL;
	size_t room = 0, all = 0;

	if (!file)
		return false;
	while (getline(&line, &room, file) > 0) {
		struct map_vma head;

		if (isupper((unsigned char)*line)) {
			if (vma)
				parse_field(line, vma);
			continue;
		}
		vma = NULL;
		all++;
		if (!parse_wanted(line, pid, want, &head)) {
			free(head.name);
		} else if (process->vma_count == want->most) {
			process->left_out++;
			process->left_out_pages += (head.end - head.start) / picture->page_size;
			free(head.name);
		} else {
			process->vmas = array_with_one_more(process->vmas, process->vma_count,
							    sizeof(head));
			vma = &process->vmas[process->vma_count++];
			*vma = head;
		}
	}
	free(line);
	fclose(file);
	return all ||
	       refuse(reason, "process %d has no memory: it has ended, or is a kernel thread", pid);
}

/* Are the mappings that were read still the same? */
static bool still_so(int pid, const struct map_want *want, const struct map_process *process)
{
	char reason[256], *line = NULL;
	FILE *file = open_proc(pid, "maps", reason);
	size_t room = 0, at = 0, wanted = 0;
	bool so = file;

	while (so && getline(&line, &room, file) > 0) {
		struct map_vma now;

		if (parse_wanted(line, pid, want, &now)) {
			const struct map_vma *then = &process->vmas[at];

			wanted++;
			if (at < process->vma_count) {
				so = now.start == then->start && now.end == then->end &&
				     now.offset == then->offset && !strcmp(now.perms, then->perms);
				at++;
			}
		}
		free(now.name);
	}
	free(line);
	if (file)
		fclose(file);
	return so && wanted == process->vma_count + process->left_out;
}

bool map_read(int pid, const struct map_want *want, const struct map_picture *picture,
	      struct map_process *process, char reason[256])
{
	for (int try = 0; try < TRIES; try++) {
		map_process_free(process);
		process->pid = pid;
		comm_read(pid, process->name);
		if (!read_list(pid, want, picture, process, reason) ||
		    !map_read_pages(want, picture, process, reason)) {
			map_process_free(process);
			return false;
		}
		process->changed = !still_so(pid, want, process);
		if (!process->changed)
			return true;
	}
	return true;
}

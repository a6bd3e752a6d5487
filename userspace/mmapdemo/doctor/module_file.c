// SPDX-License-Identifier: GPL-2.0-only
/* The installed module: its path, its kernel, and whether it is signed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/memory.h"
#include "facts.h"

#define SIGNED "~Module signature appended~\n" /* include/linux/module_signature.h */

enum { LARGEST = 32 << 20 };

static bool is_module(const char *name)
{
	return !strcmp(name, "mmapdemo.ko") || !strcmp(name, "mmapdemo.ko.xz") ||
	       !strcmp(name, "mmapdemo.ko.zst") || !strcmp(name, "mmapdemo.ko.gz");
}

static bool is_folder(int fd, const struct dirent *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return !fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) && S_ISDIR(status.st_mode);
}

/* The module below a folder; depmod prefers updates/ to the rest. */
static void find_below(const struct patient *patient, const char *folder, char found[400])
{
	int fd = fact_open(patient, folder, O_RDONLY | O_DIRECTORY);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		char *path = format_text("%s/%s", folder, entry->d_name);

		if (*entry->d_name == '.')
			;
		else if (is_folder(fd, entry))
			find_below(patient, path, found);
		else if (is_module(entry->d_name) && (!*found || strstr(path, "/updates/")))
			snprintf(found, 400, "%s", path);
		free(path);
	}
	if (stream)
		closedir(stream);
}

static void find_elsewhere(const struct patient *patient, char release[80])
{
	int fd = fact_open(patient, "/lib/modules", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (folder && !*release && (entry = readdir(folder))) {
		char *below = format_text("/lib/modules/%s", entry->d_name), found[400] = "";

		if (*entry->d_name != '.' && strcmp(entry->d_name, patient->release))
			find_below(patient, below, found);
		if (*found)
			snprintf(release, 80, "%.79s", entry->d_name);
		free(below);
	}
	if (folder)
		closedir(folder);
}

/* The program that reads a compressed file; NULL: it is not compressed. */
static char **unpacker(const char *path)
{
	static char *xz[] = {"xz", "-dc", NULL}, *zstd[] = {"zstd", "-qdc", NULL},
		    *gzip[] = {"gzip", "-dc", NULL};
	const char *end = strrchr(path, '.');

	return !strcmp(end, ".xz")    ? xz
	       : !strcmp(end, ".zst") ? zstd
	       : !strcmp(end, ".gz")  ? gzip
				      : NULL;
}

/* A descriptor of the contents as the kernel gets them, and the process that writes them. */
static int open_contents(const struct patient *patient, const char *path, pid_t *child)
{
	int file = fact_open(patient, path, O_RDONLY), ends[2];
	char **command = unpacker(path);

	*child = -1;
	if (file < 0 || !command)
		return file;
	if (pipe2(ends, O_CLOEXEC)) {
		close(file);
		return -1;
	}
	*child = fork();
	if (!*child) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (dup2(file, 0) < 0 || dup2(ends[1], 1) < 0 || (null >= 0 && dup2(null, 2) < 0))
			_exit(1);
		execvp(command[0], command);
		_exit(1);
	}
	close(file);
	close(ends[1]);
	return ends[0];
}

static size_t read_all(int fd, char *contents)
{
	size_t size = 0;
	ssize_t got;

	while (size < LARGEST && (got = read(fd, contents + size, LARGEST - size)) > 0)
		size += got;
	return size;
}

static void read_facts(struct module_file *file, const char *contents, size_t size)
{
	static const char magic[] = "vermagic=";
	const char *at = memmem(contents, size, magic, sizeof(magic) - 1);

	if (!at)
		return;
	at += sizeof(magic) - 1;
	snprintf(file->vermagic, sizeof(file->vermagic), "%.*s",
		 (int)strnlen(at, contents + size - at), at);
	file->is_signed = size > sizeof(SIGNED) && !memcmp(contents + size - (sizeof(SIGNED) - 1),
							   SIGNED, sizeof(SIGNED) - 1);
	/* Names of sections: same_magic() in kernel/module/version.c */
	file->has_checksums = strstr(file->vermagic, " modversions") &&
			      (memmem(contents, size, "__versions", 11) ||
			       memmem(contents, size, "__version_ext_crcs", 19));
	file->is_read = true;
}

struct module_file fact_module_file(const struct patient *patient)
{
	struct module_file file = {};
	char *folder = format_text("/lib/modules/%s", patient->release);
	char *contents;
	pid_t child;
	int fd;

	find_below(patient, folder, file.path);
	free(folder);
	if (!*file.path) {
		find_elsewhere(patient, file.elsewhere);
		return file;
	}
	fd = open_contents(patient, file.path, &child);
	if (fd < 0)
		return file;
	contents = new_array(LARGEST, 1);
	read_facts(&file, contents, read_all(fd, contents));
	free(contents);
	close(fd);
	if (child > 0)
		waitpid(child, NULL, 0);
	return file;
}

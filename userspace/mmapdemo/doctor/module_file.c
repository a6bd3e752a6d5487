// SPDX-License-Identifier: GPL-2.0-only
/* The installed module: where it is, what it was built for, whether it is signed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
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

/* nftw() hands nothing on. */
static char found_path[400];

static bool is_module(const char *name)
{
	return !strcmp(name, "mmapdemo.ko") || !strcmp(name, "mmapdemo.ko.xz") ||
	       !strcmp(name, "mmapdemo.ko.zst") || !strcmp(name, "mmapdemo.ko.gz");
}

/* depmod prefers updates/ to the rest. */
static int take_file(const char *path, const struct stat *stat_of, int type, struct FTW *at)
{
	(void)stat_of;
	if ((type != FTW_F && type != FTW_SL) || !is_module(path + at->base) ||
	    (*found_path && !strstr(path, "/updates/")))
		return 0;
	snprintf(found_path, sizeof(found_path), "%s", path);
	return 0;
}

static const char *find_below(const char *folder)
{
	*found_path = '\0';
	nftw(folder, take_file, 16, FTW_PHYS);
	return found_path;
}

static void find_elsewhere(const struct patient *patient, char release[80])
{
	char *path = format_text("%s/lib/modules", patient->root);
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder && !*release && (entry = readdir(folder))) {
		char *below = format_text("%s/%s", path, entry->d_name);

		if (*entry->d_name != '.' && strcmp(entry->d_name, patient->release) &&
		    *find_below(below))
			snprintf(release, 80, "%.79s", entry->d_name);
		free(below);
	}
	if (folder)
		closedir(folder);
	free(path);
}

/* What a compressed file is read by; NULL: it is not compressed. */
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
static int open_contents(const char *path, pid_t *child)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), ends[2];
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
	char *folder = format_text("%s/lib/modules/%s", patient->root, patient->release);
	char *contents;
	pid_t child;
	int fd;

	snprintf(file.path, sizeof(file.path), "%s", find_below(folder));
	free(folder);
	if (!*file.path) {
		find_elsewhere(patient, file.elsewhere);
		return file;
	}
	fd = open_contents(file.path, &child);
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

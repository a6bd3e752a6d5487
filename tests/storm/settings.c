// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of the machine get their values back when the storm ends, however it
 * ends: a process of its own restores them. It holds the reading end of a pipe
 * whose writing end all other processes of the storm keep open, and reads the
 * pipe's end only when the last of them has ended.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"

#define SETTINGS_MOST 64

struct setting {
	char path[128];
	char value[256];   /* what the file read before */
	char restore[256]; /* what is written to restore that */
	bool is_folder;
	bool is_gone; /* `value' is a path, which exists no more once `restore' is written */
};

static struct {
	size_t count;
	struct setting settings[SETTINGS_MOST];
} * kept;

static pid_t guard;
static int alive = -1;

static bool restore_folder(const char *path)
{
	/* The processes in a control group have been killed, and leave it a moment later. */
	for (int i = 0; i < 250; i++) {
		if (!rmdir(path) || errno == ENOENT)
			return true;
		usleep(20000);
	}
	warn("%s stays", path);
	return false;
}

static bool restore_gone(const struct setting *setting)
{
	for (int i = 0; i < 250; i++) {
		if (access(setting->value, F_OK))
			return true;
		if (i)
			usleep(20000);
		write_text(setting->path, setting->restore);
	}
	warnx("%s stays", setting->value);
	return false;
}

static bool restore_one(const struct setting *setting)
{
	char now[256];
	int error = 0;

	if (setting->is_folder)
		return restore_folder(setting->path);
	if (setting->is_gone)
		return restore_gone(setting);
	for (int i = 0; i < 250; i++) {
		if (!read_text(setting->path, now, sizeof(now)) && !strcmp(now, setting->value))
			return true;
		if (i)
			usleep(20000);
		error = write_text(setting->path, setting->restore);
	}
	/* A block with a frame that was taken out of use may not come back: the kernel says no. */
	if (error == EHWPOISON)
		return true;
	warnx("%s: is %s, was %s: %s", setting->path, strtok(now, "\n"), setting->restore,
	      strerror(error));
	return false;
}

_Noreturn static void guard_run(int from)
{
	bool good = true;
	char byte;

	setsid();
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	while (read(from, &byte, 1) < 0 && errno == EINTR)
		;
	for (size_t i = kept->count; i-- > 0;)
		good &= restore_one(&kept->settings[i]);
	_exit(!good);
}

void settings_guard(void)
{
	int ends[2];

	kept = mmap(NULL, sizeof(*kept), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (kept == MAP_FAILED || pipe2(ends, O_CLOEXEC))
		err(2, "memory or a pipe");
	guard = fork();
	if (guard < 0)
		err(2, "fork");
	if (!guard) {
		close(ends[1]);
		guard_run(ends[0]);
	}
	processes_spare(guard);
	close(ends[0]);
	alive = ends[1];
}

static struct setting *add(const char *path)
{
	struct setting *setting = &kept->settings[kept->count];

	if (kept->count == SETTINGS_MOST || strlen(path) >= sizeof(setting->path))
		errx(2, "%s: more settings than there is room for", path);
	strcpy(setting->path, path);
	return setting;
}

int settings_keep_as(const char *path, const char *text)
{
	struct setting *setting = add(path);
	int error = read_text(path, setting->value, sizeof(setting->value));

	if (error)
		return error;
	snprintf(setting->restore, sizeof(setting->restore), "%s", text ? text : setting->value);
	kept->count++;
	return 0;
}

int settings_keep(const char *path)
{
	return settings_keep_as(path, NULL);
}

int settings_set(const char *path, const char *value)
{
	int error = settings_keep(path);

	return error ? error : write_text(path, value);
}

void settings_keep_folder(const char *path)
{
	struct setting *setting = add(path);

	setting->is_folder = true;
	kept->count++;
}

void settings_keep_gone(const char *gone, const char *path, const char *text)
{
	struct setting *setting = add(path);

	snprintf(setting->value, sizeof(setting->value), "%s", gone);
	snprintf(setting->restore, sizeof(setting->restore), "%s", text);
	setting->is_gone = true;
	kept->count++;
}

bool settings_restore(void)
{
	int status;

	close(alive);
	while (waitpid(guard, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

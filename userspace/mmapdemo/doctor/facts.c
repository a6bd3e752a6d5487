// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/mounts.h"
#include "facts.h"
#include "support/text.h"

bool fact_line(const struct patient *patient, const char *path, char *line, size_t size)
{
	char *whole = format_text("%s%s", patient->root, path);
	int error = read_text(whole, line, size);

	free(whole);
	line[strcspn(line, "\n")] = '\0';
	return !error;
}

bool fact_exists(const struct patient *patient, const char *path)
{
	char *whole = format_text("%s%s", patient->root, path);
	bool exists = !access(whole, F_OK);

	free(whole);
	return exists;
}

bool fact_number(const struct patient *patient, const char *path, uint64_t *number)
{
	char line[64], *end;

	if (!fact_line(patient, path, line, sizeof(line)))
		return false;
	*number = strtoull(line, &end, 10);
	return end != line;
}

bool fact_is_loaded(const struct patient *patient)
{
	return fact_exists(patient, "/sys/module/mmapdemo");
}

const char *fact_container(const struct patient *patient)
{
	return *patient->root ? NULL : container_name();
}

void fact_install_headers(const struct patient *patient, char command[160])
{
	static const struct {
		const char *id, *command;
		bool with_release;
	} systems[] = {
		{"debian", "apt-get install linux-headers-", true},
		{"ubuntu", "apt-get install linux-headers-", true},
		{"fedora", "dnf install kernel-devel-", true},
		{"rhel", "dnf install kernel-devel-", true},
		{"suse", "zypper install kernel-devel", false},
		{"arch", "pacman -S linux-headers", false},
		{"alpine", "apk add linux-lts-dev", false},
	};
	char *path = format_text("%s/etc/os-release", patient->root), text[2048];
	const char *line = text;

	read_text(path, text, sizeof(text));
	free(path);
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char id[200];

		if (strncmp(line, "ID=", 3) && strncmp(line, "ID_LIKE=", 8))
			continue;
		snprintf(id, sizeof(id), "%.*s", (int)strcspn(line, "\n"), line);
		for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++) {
			if (!strstr(id, systems[i].id))
				continue;
			snprintf(command, 160, "%s%s", systems[i].command,
				 systems[i].with_release ? patient->release : "");
			return;
		}
	}
	snprintf(command, 160, "apt-get install linux-headers-%s (or what your system calls them)",
		 patient->release);
}

static void take_last(FILE *file, const char *word, const char *other, char last[200])
{
	char *line = NULL;
	const char *text;
	size_t room = 0;

	while (getline(&line, &room, file) >= 0) {
		if (!strstr(line, word) || !strstr(line, other))
			continue;
		line[strcspn(line, "\n")] = '\0';
		/* The head of a record, as Documentation/ABI/testing/dev-kmsg has it */
		text = strchr(line, ';');
		snprintf(last, 200, "%s", text ? text + 1 : line);
	}
	free(line);
}

/* Each read() of /dev/kmsg is a record; EPIPE: some were overwritten before they were read. */
static bool copy_kernel_log(const char *path, FILE *to)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	ssize_t length = 0;

	if (fd < 0)
		return false;
	for (;;) {
		length = read(fd, record, sizeof(record));
		if (length > 0)
			fwrite(record, 1, length, to);
		else if (!length || (errno != EPIPE && errno != EINTR))
			break;
	}
	close(fd);
	return !length || errno == EAGAIN;
}

bool fact_last_line(const struct patient *patient, const char *word, const char *other,
		    char line[200])
{
	char *path = format_text("%s/dev/kmsg", patient->root), *text = NULL;
	size_t size;
	FILE *log = text_stream(&text, &size), *audit;
	bool is_read;

	*line = '\0';
	is_read = copy_kernel_log(path, log);
	fclose(log);
	free(path);
	log = size ? fmemopen(text, size, "r") : NULL;
	if (log) {
		take_last(log, word, other, line);
		fclose(log);
	}
	free(text);
	/* Where auditd runs, denials go there and not to the kernel's log. */
	path = format_text("%s/var/log/audit/audit.log", patient->root);
	audit = fopen(path, "re");
	free(path);
	if (audit) {
		take_last(audit, word, other, line);
		fclose(audit);
		is_read = true;
	}
	return is_read;
}

static void look_at_version(const struct patient *patient, const char *version,
			    struct dkms_facts *facts)
{
	struct utsname system = {};
	char *path, *link, real[64];
	ssize_t length;

	uname(&system);
	*facts = (struct dkms_facts){};
	snprintf(facts->version, sizeof(facts->version), "%s", version);
	path = format_text("/var/lib/dkms/mmapdemo/%s/source/dkms.conf", version);
	facts->has_source = fact_exists(patient, path);
	free(path);
	path = format_text("/var/lib/dkms/mmapdemo/%s/%s/%s/module", version, patient->release,
			   system.machine);
	facts->is_built = fact_exists(patient, path);
	free(path);
	path = format_text("/var/lib/dkms/mmapdemo/%s/build/make.log", version);
	facts->has_log = fact_exists(patient, path);
	free(path);
	link = format_text("%s/var/lib/dkms/mmapdemo/kernel-%s-%s", patient->root, patient->release,
			   system.machine);
	length = readlink(link, real, sizeof(real) - 1);
	free(link);
	real[length < 0 ? 0 : length] = '\0';
	/* VERSION/RELEASE/MACHINE */
	facts->is_installed = facts->is_built && !strncmp(real, version, strlen(version)) &&
			      real[strlen(version)] == '/';
}

bool fact_dkms(const struct patient *patient, struct dkms_facts *facts)
{
	char *path = format_text("%s/var/lib/dkms/mmapdemo", patient->root);
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, versionsort);
	bool found = false;

	free(path);
	/* The newest comes last; an installed one is what counts. */
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (*name >= '0' && *name <= '9' && !(found && facts->is_installed)) {
			look_at_version(patient, name, facts);
			found = true;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

void fact_install_module(const struct patient *patient, char command[400])
{
	struct dkms_facts dkms;

	if (!fact_dkms(patient, &dkms) || !dkms.has_source)
		snprintf(command, 400, "make install (in a clone of mmapdemo)");
	else if (!dkms.is_built)
		snprintf(command, 400, "dkms install mmapdemo/%s -k %s", dkms.version,
			 patient->release);
	else
		snprintf(command, 400,
			 "dkms build --force mmapdemo/%s -k %s && dkms install --force "
			 "mmapdemo/%s -k %s",
			 dkms.version, patient->release, dkms.version, patient->release);
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/mounts.h"
#include "facts.h"

/* A word of a list such as that of ID_LIKE, or the first part of one: suse of suse-leap. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || strchr(" \"'-", at[-1])) && strchr(" \"'-", at[length]))
			return true;
	return false;
}

int fact_open(const struct patient *patient, const char *path, int flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

	if (!*patient->root)
		return open(path, flags | O_CLOEXEC);
	return syscall(SYS_openat2, patient->root_fd, path, &how, sizeof(how));
}

FILE *fact_stream(const struct patient *patient, const char *path)
{
	int fd = fact_open(patient, path, O_RDONLY);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

bool fact_line(const struct patient *patient, const char *path, char *line, size_t size)
{
	int fd = fact_open(patient, path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, line, size - 1);

	line[length < 0 ? 0 : length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
	return length >= 0;
}

bool fact_exists(const struct patient *patient, const char *path)
{
	int fd = fact_open(patient, path, O_PATH);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
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

bool fact_runs(const struct patient *patient)
{
	char running[80];

	if (!*patient->root)
		return true;
	fact_line(patient, "/proc/sys/kernel/osrelease", running, sizeof(running));
	return *running && !strcmp(running, patient->release);
}

bool fact_takes_modules(const struct patient *patient)
{
	return !fact_exists(patient, "/proc/self") || fact_exists(patient, "/proc/modules");
}

const char *fact_container(const struct patient *patient)
{
	return *patient->root ? NULL : container_name();
}

void fact_other_release(const struct patient *patient, char release[80])
{
	int fd = fact_open(patient, "/lib/modules", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	char running[80];
	const struct dirent *entry;
	size_t count = 0;

	*release = '\0';
	fact_line(patient, "/proc/sys/kernel/osrelease", running, sizeof(running));
	while (folder && (entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		if (!strcmp(entry->d_name, running)) {
			strcpy(release, running);
			count = 1;
			break;
		}
		snprintf(release, 80, "%.79s", entry->d_name);
		count++;
	}
	if (count != 1)
		*release = '\0';
	if (folder)
		closedir(folder);
}

/* The kind of kernel that a release ends in: "lts" of "6.12.9-1-lts". */
static const char *flavour_of(const char *release)
{
	const char *dash = strrchr(release, '-');

	return dash ? dash + 1 : "";
}

static bool is_flavour(const char *flavour, const char *list)
{
	return *flavour && has_word(list, flavour);
}

static void command_of(const char *id, const char *release, char command[160])
{
	const char *flavour = flavour_of(release);

	if (has_word(id, "debian") || has_word(id, "ubuntu"))
		snprintf(command, 160, "apt-get install linux-headers-%s", release);
	else if (has_word(id, "fedora") || has_word(id, "rhel"))
		snprintf(command, 160, "dnf install kernel-devel-%s", release);
	else if ((has_word(id, "suse") || has_word(id, "opensuse")) &&
		 is_flavour(flavour, "default azure rt"))
		snprintf(command, 160, "zypper install kernel-%s-devel", flavour);
	else if (has_word(id, "arch") && is_flavour(flavour, "lts zen hardened"))
		snprintf(command, 160, "pacman -S linux-%s-headers", flavour);
	else if (has_word(id, "arch") && strstr(release, "-arch"))
		strcpy(command, "pacman -S linux-headers");
	else if (has_word(id, "alpine") && is_flavour(flavour, "lts virt"))
		snprintf(command, 160, "apk add linux-%s-dev", flavour);
}

void fact_install_headers(const struct patient *patient, char command[160])
{
	FILE *file = fact_stream(patient, "/etc/os-release");
	char line[300];

	*command = '\0';
	while (file && !*command && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "ID=", 3) || !strncmp(line, "ID_LIKE=", 8))
			command_of(strchr(line, '=') + 1, patient->release, command);
	}
	if (file)
		fclose(file);
}

static int pattern_of(const struct log_words *patterns, const char *line)
{
	for (int i = 0; patterns[i].word; i++)
		if (strstr(line, patterns[i].word) && strstr(line, patterns[i].other))
			return i;
	return -1;
}

static int take_last(FILE *file, const struct log_words *patterns, char last[200])
{
	int found = -1, pattern;
	char *line = NULL;
	const char *text;
	size_t room = 0;

	while (getline(&line, &room, file) >= 0) {
		pattern = pattern_of(patterns, line);
		if (pattern < 0)
			continue;
		found = pattern;
		line[strcspn(line, "\n")] = '\0';
		/* The head of a record, as Documentation/ABI/testing/dev-kmsg has it */
		text = strchr(line, ';');
		snprintf(last, 200, "%s", text ? text + 1 : line);
	}
	free(line);
	return found;
}

/* Each read() of /dev/kmsg is a record; EPIPE: some were overwritten before they were read. */
static bool copy_kernel_log(const struct patient *patient, FILE *to)
{
	int fd = fact_open(patient, "/dev/kmsg", O_RDONLY | O_NONBLOCK);
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

int fact_kernel_said(const struct patient *patient, const struct log_words *patterns,
		     char line[200])
{
	char *text = NULL;
	size_t size;
	FILE *log = text_stream(&text, &size);
	bool is_read = copy_kernel_log(patient, log);
	int found = -1;

	*line = '\0';
	fclose(log);
	log = size ? fmemopen(text, size, "r") : NULL;
	if (log) {
		found = take_last(log, patterns, line);
		fclose(log);
	}
	free(text);
	return is_read ? found : -2;
}

/* If auditd runs, denials go to its log and not to the kernel's. */
int fact_audit_said(const struct patient *patient, const struct log_words *patterns, char line[200])
{
	int found = fact_kernel_said(patient, patterns, line), later;
	FILE *audit = fact_stream(patient, "/var/log/audit/audit.log");

	if (!audit)
		return found;
	later = take_last(audit, patterns, line);
	fclose(audit);
	return later >= 0 ? later : found >= 0 ? found : -1;
}

static void look_at_version(const struct patient *patient, const char *version,
			    struct dkms_facts *facts)
{
	struct utsname system = {};
	char *path, real[64];
	ssize_t length = -1;
	int link;

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
	path = format_text("/var/lib/dkms/mmapdemo/kernel-%s-%s", patient->release, system.machine);
	link = fact_open(patient, path, O_PATH | O_NOFOLLOW);
	free(path);
	if (link >= 0) {
		length = readlinkat(link, "", real, sizeof(real) - 1);
		close(link);
	}
	real[length < 0 ? 0 : length] = '\0';
	/* VERSION/RELEASE/MACHINE */
	facts->is_installed = facts->is_built && !strncmp(real, version, strlen(version)) &&
			      real[strlen(version)] == '/';
}

bool fact_dkms(const struct patient *patient, struct dkms_facts *facts)
{
	int folder = fact_open(patient, "/var/lib/dkms/mmapdemo", O_RDONLY | O_DIRECTORY);
	struct dirent **entries;
	int count = folder < 0 ? -1 : scandirat(folder, ".", &entries, NULL, versionsort);
	bool found = false;

	if (folder >= 0)
		close(folder);
	/* The newest comes last; an installed one is preferred. */
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

void fact_cure_on_host(const struct patient *patient, struct finding *finding, const char *command)
{
	if (fact_container(patient))
		hint(finding, "on the host, as root: %s", command);
	else
		cured_by_root(finding, "%s", command);
}

void fact_cure_module(const struct patient *patient, struct finding *finding, const char *then)
{
	struct dkms_facts dkms;

	if (fact_dkms(patient, &dkms) && dkms.has_source && !dkms.is_built) {
		cured_by_root(finding, "dkms install mmapdemo/%s -k %s%s", dkms.version,
			      patient->release, then);
	} else if (fact_dkms(patient, &dkms) && dkms.has_source) {
		cured_by_root(finding,
			      "dkms build --force mmapdemo/%s -k %s && dkms install --force "
			      "mmapdemo/%s -k %s%s",
			      dkms.version, patient->release, dkms.version, patient->release, then);
	} else if (*patient->root) {
		hint(finding, "`make install' in a clone of mmapdemo, in that system");
	} else {
		cured_by_root(finding, "make install%s", then);
		hint(finding, "in a clone of mmapdemo");
	}
}

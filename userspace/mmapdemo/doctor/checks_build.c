// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel's headers to a module that is loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "facts.h"

/* A build is not needed where the module is there. */
static bool is_there(const struct patient *patient)
{
	return fact_is_loaded(patient) || *fact_module_file(patient).path;
}

static void look_at_headers(const struct patient *patient, struct finding *finding)
{
	char *path = format_text("/lib/modules/%s/build/Makefile", patient->release);
	bool have = fact_exists(patient, path);
	char command[160];

	free(path);
	fact_install_headers(patient, command);
	if (have)
		fine(finding, "of %s, in /lib/modules/%s/build", patient->release,
		     patient->release);
	else if (is_there(patient))
		fine(finding, "not installed, and not needed: the module is there");
	else if (fact_container(patient))
		unknown(finding, "not looked at: a container (%s) has its host's kernel",
			fact_container(patient));
	else {
		wrong(finding,
		      "the headers of this kernel, %s, are not installed, and a build needs them",
		      patient->release);
		cured_by_root(finding, "%s", command);
	}
}

static void look_at_dkms(const struct patient *patient, struct finding *finding)
{
	struct dkms_facts dkms;

	if (!fact_dkms(patient, &dkms)) {
		fine(finding, "not used: dkms has no mmapdemo");
	} else if (!dkms.has_source) {
		wrong(finding, "dkms has mmapdemo/%s, whose source is gone: it builds nothing",
		      dkms.version);
		cured_by_root(finding, "rm -r /var/lib/dkms/mmapdemo/%s", dkms.version);
	} else if (dkms.is_installed) {
		fine(finding, "mmapdemo/%s is installed for %s", dkms.version, patient->release);
	} else if (dkms.is_built) {
		wrong(finding, "mmapdemo/%s is built for this kernel, %s, and not installed",
		      dkms.version, patient->release);
		cured_by_root(finding, "dkms install mmapdemo/%s -k %s", dkms.version,
			      patient->release);
	} else {
		wrong(finding, "mmapdemo/%s is not built for this kernel, %s%s%s%s", dkms.version,
		      patient->release, dkms.has_log ? " (the last build is told of in " : "",
		      dkms.has_log ? "/var/lib/dkms/mmapdemo/" : "",
		      dkms.has_log ? "VERSION/build/make.log)" : "");
		cured_by_root(finding, "dkms install mmapdemo/%s -k %s", dkms.version,
			      patient->release);
	}
}

static bool is_of_release(const struct module_file *file, const char *release)
{
	size_t length = strlen(release);

	return !strncmp(file->vermagic, release, length) &&
	       (file->vermagic[length] == ' ' || !file->vermagic[length]);
}

/* Does modprobe find it? It reads what depmod writes. */
static bool is_indexed(const struct patient *patient)
{
	char *path = format_text("%s/lib/modules/%s/modules.dep", patient->root, patient->release);
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	free(path);
	while (file && !found && getline(&line, &room, file) >= 0)
		found = strstr(line, "mmapdemo.ko");
	free(line);
	if (file)
		fclose(file);
	return found;
}

static void look_at_no_file(const struct patient *patient, const struct module_file *file,
			    struct finding *finding)
{
	char command[400];

	if (fact_is_loaded(patient)) {
		fine(finding,
		     "the module is loaded, and not installed: the next boot is without it");
		return;
	}
	if (fact_container(patient)) {
		unknown(finding, "not looked at: a container (%s) has its host's modules",
			fact_container(patient));
		return;
	}
	wrong(finding, "the module is not installed for this kernel, %s%s%s", patient->release,
	      *file->elsewhere ? ", but for " : "", file->elsewhere);
	fact_install_module(patient, command);
	cured_by_root(finding, "%s", command);
}

static void look_at_installed(const struct patient *patient, struct finding *finding)
{
	const struct module_file file = fact_module_file(patient);
	const char *path = file.path + strlen(patient->root);
	char command[400];

	if (!*file.path) {
		look_at_no_file(patient, &file, finding);
	} else if (!file.is_read) {
		unknown(finding, "%s cannot be read, or xz, zstd or gzip is missing", path);
	} else if (!is_of_release(&file, patient->release) && !file.has_checksums) {
		wrong(finding, "%s was built for %.*s, and this kernel is %s (vermagic)", path,
		      (int)strcspn(file.vermagic, " "), file.vermagic, patient->release);
		fact_install_module(patient, command);
		cured_by_root(finding, "%s", command);
	} else if (!is_indexed(patient)) {
		wrong(finding, "%s is there, and modprobe does not know it", path);
		cured_by_root(finding, "depmod %s", patient->release);
	} else if (!is_of_release(&file, patient->release)) {
		fine(finding,
		     "%s, for %.*s, which this kernel takes if the checksums of symbols agree",
		     path, (int)strcspn(file.vermagic, " "), file.vermagic);
	} else {
		fine(finding, "%s, for %s", path, patient->release);
	}
}

/* Why this kernel takes signed modules only; NULL: it takes others, or it cannot be told. */
static const char *enforced_by(const struct patient *patient, bool *is_known)
{
	char line[128];

	*is_known = fact_line(patient, "/sys/kernel/security/lockdown", line, sizeof(line));
	if (strstr(line, "[integrity]") || strstr(line, "[confidentiality]"))
		return "lockdown, as with Secure Boot";
	if (!fact_line(patient, "/sys/module/module/parameters/sig_enforce", line, sizeof(line)))
		return NULL;
	return *line == 'Y' ? "module.sig_enforce" : NULL;
}

static void cure_signature(const struct patient *patient, struct finding *finding, bool is_signed)
{
	struct dkms_facts dkms;

	if (is_signed)
		cured_by_root(finding, "mokutil --import /var/lib/dkms/mok.pub");
	else if (fact_dkms(patient, &dkms) && dkms.has_source)
		cured_by_root(finding,
			      "dkms build --force mmapdemo/%s -k %s && dkms install --force "
			      "mmapdemo/%s -k %s",
			      dkms.version, patient->release, dkms.version, patient->release);
	else
		cured_by(finding, "make sign KEY=$HOME/mok.key CERT=$HOME/mok.pem (in a clone)");
}

static void look_at_signature(const struct patient *patient, struct finding *finding)
{
	bool is_known;
	const char *because = enforced_by(patient, &is_known);
	struct module_file file;
	char line[200];

	if (fact_is_loaded(patient)) {
		fine(finding, "%s",
		     because ? "asked for, and the module is loaded"
			     : "not asked for: the module is loaded");
		return;
	}
	if (!because && is_known) {
		fine(finding, "this kernel takes modules without a signature");
		return;
	}
	if (!because) {
		unknown(finding,
			"/sys/kernel/security/lockdown cannot be read (mount -t securityfs "
			"none /sys/kernel/security), and sig_enforce is off");
		return;
	}
	file = fact_module_file(patient);
	fact_last_line(patient, "Loading of module with unavailable key", "", line);
	if (!file.is_read) {
		unknown(finding,
			"this kernel takes signed modules only (%s), and there is none to look at",
			because);
	} else if (!file.is_signed) {
		wrong(finding, "this kernel takes signed modules only (%s), and %s is not signed",
		      because, file.path + strlen(patient->root));
		cure_signature(patient, finding, false);
	} else if (*line) {
		wrong(finding,
		      "this kernel takes signed modules only (%s), and does not know the key of %s",
		      because, file.path + strlen(patient->root));
		cure_signature(patient, finding, true);
	} else {
		fine(finding, "asked for (%s), and the module is signed", because);
	}
}

static void look_at_loaded(const struct patient *patient, struct finding *finding)
{
	char version[64], state[32];

	fact_line(patient, "/sys/module/mmapdemo/version", version, sizeof(version));
	if (fact_line(patient, "/sys/module/mmapdemo/initstate", state, sizeof(state)) &&
	    strcmp(state, "live")) {
		unknown(finding, "it is %s just now", state);
	} else if (*version && strcmp(version, MMAPDEMO_VERSION)) {
		wrong(finding, "version %s is loaded, and this command is of %s", version,
		      MMAPDEMO_VERSION);
		cured_by_root(finding, "modprobe -r mmapdemo && modprobe mmapdemo");
	} else {
		fine(finding, "version %s is loaded", *version ? version : "unknown");
	}
}

/* What the kernel said last of a module that it refused. True: it wants another build. */
static bool kernel_said(const struct patient *patient, char said[240])
{
	static const struct {
		const char *word, *other;
		bool wants_build;
	} lines[] = {
		{"mmapdemo: ", "version magic", true},
		{"mmapdemo: ", "disagrees about version", true},
		{"mmapdemo: ", "Unknown symbol", true},
		{"Lockdown: ", "unsigned module", false},
		{"Loading of ", " is rejected", false},
	};
	const struct module_file file = fact_module_file(patient);
	char line[200], magic[140];

	snprintf(magic, sizeof(magic), "magic '%s'", file.vermagic);
	*said = '\0';
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		fact_last_line(patient, lines[i].word, lines[i].other, line);
		/* Not of the module that is installed meanwhile */
		if (!*line || (!strcmp(lines[i].other, "version magic") && !strstr(line, magic)))
			continue;
		snprintf(said, 240, "; the kernel said: %s", line);
		return lines[i].wants_build;
	}
	return false;
}

/* It is not loaded, and could be. */
static void look_at_refusal(const struct patient *patient, struct finding *finding)
{
	char said[240], command[400];
	bool wants_build = kernel_said(patient, said);

	wrong(finding, "not loaded%s", said);
	fact_install_module(patient, command);
	if (wants_build)
		cured_by_root(finding, "%s && modprobe mmapdemo", command);
	else
		cured_by_root(finding, "modprobe mmapdemo");
}

static void look_at_module(const struct patient *patient, struct finding *finding)
{
	char line[32];

	if (!fact_exists(patient, "/sys/module")) {
		wrong(finding, "sysfs is not mounted, and tells of modules and devices");
		cured_by_root(finding, "mount -t sysfs none /sys");
	} else if (fact_is_loaded(patient)) {
		look_at_loaded(patient, finding);
	} else if (!fact_exists(patient, "/proc/modules")) {
		wrong(finding, "this kernel takes no modules (CONFIG_MODULES is off)");
		cured_by(finding, "make demo (in a clone: a VM with a kernel that does)");
	} else if (fact_line(patient, "/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
		   *line == '1') {
		wrong(finding, "not loaded, and loading is switched off until the next boot "
			       "(kernel.modules_disabled)");
		cured_by_root(finding, "reboot");
	} else if (fact_container(patient)) {
		wrong(finding, "not loaded; a container (%s) has its host's modules",
		      fact_container(patient));
		cured_by(finding, "on the host, as root: modprobe mmapdemo");
	} else {
		look_at_refusal(patient, finding);
	}
}

const struct check build_checks[] = {
	{"headers", look_at_headers, false},	 {"dkms", look_at_dkms, false},
	{"installed", look_at_installed, false}, {"signature", look_at_signature, false},
	{"module", look_at_module, false},	 {},
};

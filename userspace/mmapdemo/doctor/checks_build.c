// SPDX-License-Identifier: GPL-2.0-only
/* The checks from the kernel's headers to a loaded module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "facts.h"

/* No build is needed if the module is loaded or installed. */
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
	if (have) {
		fine(finding, "/lib/modules/%s/build has those of %s", patient->release,
		     patient->release);
	} else if (is_there(patient)) {
		fine(finding, "not installed, and not needed: the module is built already");
	} else if (!fact_takes_modules(patient)) {
		unknown(finding, "not checked: this kernel takes no modules");
	} else if (fact_container(patient)) {
		unknown(finding, "not checked: a container (%s) uses its host's kernel",
			fact_container(patient));
	} else {
		wrong(finding,
		      "the headers of this kernel, %s, are not installed, and a build needs them",
		      patient->release);
		if (*command)
			cured_by_root(finding, "%s", command);
		else
			hint(finding, "install the headers of the kernel %s", patient->release);
	}
}

static void look_at_dkms(const struct patient *patient, struct finding *finding)
{
	struct dkms_facts dkms;

	if (fact_container(patient)) {
		unknown(finding, "not checked: a container (%s) uses its host's modules",
			fact_container(patient));
	} else if (!fact_dkms(patient, &dkms)) {
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
		      patient->release, dkms.has_log ? " (the log of the last build: " : "",
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

/* Does modprobe find it? It reads the file that depmod writes. */
static bool is_indexed(const struct patient *patient)
{
	char *path = format_text("/lib/modules/%s/modules.dep", patient->release), *line = NULL;
	FILE *file = fact_stream(patient, path);
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
	if (fact_is_loaded(patient)) {
		fine(finding,
		     "the module is loaded but not installed: the next boot will not load it");
		return;
	}
	if (fact_container(patient)) {
		unknown(finding, "not checked: a container (%s) uses its host's modules",
			fact_container(patient));
		return;
	}
	if (!fact_takes_modules(patient)) {
		unknown(finding, "not checked: this kernel takes no modules");
		return;
	}
	wrong(finding, "the module is not installed for this kernel, %s%s%s", patient->release,
	      *file->elsewhere ? ", but for " : "", file->elsewhere);
	fact_cure_module(patient, finding, "");
}

static void look_at_installed(const struct patient *patient, struct finding *finding)
{
	const struct module_file file = fact_module_file(patient);
	const char *path = file.path;

	if (!*file.path) {
		look_at_no_file(patient, &file, finding);
	} else if (!file.is_read) {
		unknown(finding, "%s cannot be read, or xz, zstd or gzip is missing", path);
	} else if (!is_of_release(&file, patient->release) && !file.has_checksums) {
		wrong(finding, "%s was built for %.*s, and this kernel is %s (vermagic)", path,
		      (int)strcspn(file.vermagic, " "), file.vermagic, patient->release);
		fact_cure_module(patient, finding, "");
	} else if (!is_indexed(patient)) {
		wrong(finding, "%s is there, and modules.dep does not name it", path);
		cured_by_root(finding, "depmod %s", patient->release);
	} else if (!is_of_release(&file, patient->release)) {
		fine(finding,
		     "%s, for %.*s, which this kernel takes if the checksums of symbols agree",
		     path, (int)strcspn(file.vermagic, " "), file.vermagic);
	} else {
		fine(finding, "%s, for %s", path, patient->release);
	}
}

/* Why this kernel takes only signed modules; NULL: it takes others, too, or *is_known is false. */
static const char *enforced_by(const struct patient *patient, bool *is_known)
{
	bool mounted = fact_exists(patient, "/sys/kernel/security/lsm");
	char line[128];

	fact_line(patient, "/sys/kernel/security/lockdown", line, sizeof(line));
	/* Without the lockdown LSM securityfs has no such file. */
	*is_known = *line || mounted;
	if (strstr(line, "[integrity]") || strstr(line, "[confidentiality]"))
		return "lockdown, as with Secure Boot";
	/* Without CONFIG_MODULE_SIG there is no such parameter, and no check. */
	fact_line(patient, "/sys/module/module/parameters/sig_enforce", line, sizeof(line));
	if (!*line && fact_exists(patient, "/sys/module"))
		*is_known = true;
	return *line == 'Y' ? "module.sig_enforce" : NULL;
}

/*
 * Lines of the kernel's log about a module whose signature it refuses, and about one for another
 * kernel. The first three name no module, and count only if signatures are enforced.
 */
static const struct log_words refusals[] = {
	{"Lockdown: ", "unsigned module"},
	{"Loading of ", "unavailable key"},
	{"Loading of ", " is rejected"},
	{"mmapdemo: ", "version magic"},
	{"mmapdemo: ", "disagrees about version"},
	{"mmapdemo: ", "Unknown symbol"},
	{},
};

enum { OF_SIGNATURES = 3, VERSION_MAGIC = 3 };

static void cure_key(const struct patient *patient, struct finding *finding)
{
	/* Ubuntu's dkms signs with the first one, and dkms itself with the second. */
	static const char *const certificates[] = {"/var/lib/shim-signed/mok/MOK.der",
						   "/var/lib/dkms/mok.pub"};
	struct dkms_facts dkms;

	for (size_t i = 0; fact_dkms(patient, &dkms) && i < 2; i++) {
		if (!fact_exists(patient, certificates[i]))
			continue;
		cured_by_root(finding, "mokutil --import %s", certificates[i]);
		hint(finding, "then reboot, and enrol the key when the firmware's screen asks");
		return;
	}
	hint(finding, "`mokutil --import' of the certificate that the module was signed with, then "
		      "reboot, and enrol the key when the firmware's screen asks");
}

static void cure_signature(const struct patient *patient, struct finding *finding)
{
	struct dkms_facts dkms;

	if (fact_dkms(patient, &dkms) && dkms.has_source) {
		cured_by_root(finding,
			      "dkms build --force mmapdemo/%s -k %s && dkms install --force "
			      "mmapdemo/%s -k %s",
			      dkms.version, patient->release, dkms.version, patient->release);
		return;
	}
	if (!*patient->root)
		cured_by(finding, "make sign KEY=$HOME/mok.key CERT=$HOME/mok.pem && "
				  "sudo make install");
	hint(finding, "in a clone of mmapdemo; docs/faq.md says how to make and enrol the key");
}

static void look_at_enforced(const struct patient *patient, const char *because,
			     struct finding *finding)
{
	const struct module_file file = fact_module_file(patient);
	char line[200];
	int said;

	if (!file.is_read) {
		unknown(finding,
			"this kernel takes signed modules only (%s), and no module could be read",
			because);
		return;
	}
	if (!file.is_signed) {
		wrong(finding, "this kernel takes signed modules only (%s), and %s is not signed",
		      because, file.path);
		cure_signature(patient, finding);
		return;
	}
	said = fact_kernel_said(patient, refusals, line);
	if (said == -2) {
		unknown(finding,
			"this kernel requires signatures (%s); the module has one; the kernel's "
			"log, which root may read, tells whether it knows the key",
			because);
	} else if (said == 0 || said == 1) {
		wrong(finding,
		      "this kernel requires signatures (%s); the module has one, and the kernel "
		      "may not know its key; it said, without naming the module: %s",
		      because, line);
		cure_key(patient, finding);
	} else {
		fine(finding, "this kernel requires signatures (%s); the module has one", because);
	}
}

static void look_at_signature(const struct patient *patient, struct finding *finding)
{
	bool is_known;
	const char *because = enforced_by(patient, &is_known);

	if (fact_is_loaded(patient)) {
		fine(finding, "the module is loaded%s",
		     because ? ", and this kernel requires signatures" : "");
	} else if (fact_container(patient)) {
		unknown(finding, "not checked: a container (%s) uses its host's modules",
			fact_container(patient));
	} else if (because) {
		look_at_enforced(patient, because, finding);
	} else if (is_known) {
		fine(finding, "this kernel takes modules without a signature");
	} else {
		unknown(finding, "/sys/kernel/security/lockdown cannot be read: securityfs is not "
				 "mounted");
		if (fact_exists(patient, "/sys/kernel/security"))
			cured_by_root(finding, "mount -t securityfs none /sys/kernel/security");
	}
}

static void look_at_loaded(const struct patient *patient, struct finding *finding)
{
	char version[64], state[32];

	fact_line(patient, "/sys/module/mmapdemo/version", version, sizeof(version));
	if (fact_line(patient, "/sys/module/mmapdemo/initstate", state, sizeof(state)) &&
	    strcmp(state, "live")) {
		unknown(finding, "the module is %s at the moment", state);
	} else if (*version && strcmp(version, MMAPDEMO_VERSION)) {
		wrong(finding, "version %s is loaded, and this command has version %s", version,
		      MMAPDEMO_VERSION);
		fact_cure_on_host(patient, finding, "modprobe -r mmapdemo && modprobe mmapdemo");
	} else {
		fine(finding, "version %s is loaded", *version ? version : "unknown");
	}
}

/* The module is not loaded, but could be. */
static void look_at_refusal(const struct patient *patient, struct finding *finding)
{
	const struct module_file file = fact_module_file(patient);
	bool is_known, is_enforced = enforced_by(patient, &is_known);
	char line[200], magic[140];
	int said =
		fact_kernel_said(patient, is_enforced ? refusals : refusals + OF_SIGNATURES, line);

	said += said >= 0 && !is_enforced ? OF_SIGNATURES : 0;
	snprintf(magic, sizeof(magic), "magic '%s'", file.vermagic);
	/* A line about a file that was replaced since does not concern the installed one. */
	if (said == VERSION_MAGIC && !strstr(line, magic))
		said = -1;
	if (said < 0) {
		wrong(finding, "not loaded");
		cured_by_root(finding, "modprobe mmapdemo");
		if (said == -2)
			hint(finding,
			     "the kernel's log, which root may read, would show a refusal");
	} else if (said < OF_SIGNATURES) {
		wrong(finding, "not loaded; the kernel said, without naming the module: %s", line);
		hint(finding, "what `signature' says comes first; then modprobe mmapdemo");
	} else {
		wrong(finding, "not loaded; the kernel said: %s", line);
		fact_cure_module(patient, finding, " && modprobe mmapdemo");
	}
}

static void look_at_module(const struct patient *patient, struct finding *finding)
{
	char line[32];

	if (*patient->root && !fact_exists(patient, "/sys/module")) {
		unknown(finding, "not checked: --root has no sysfs of a running system");
	} else if (!fact_exists(patient, "/sys/module")) {
		wrong(finding, "sysfs is not mounted, and without it no module or device is seen");
		cured_by_root(finding, "mount -t sysfs none /sys");
	} else if (fact_is_loaded(patient)) {
		look_at_loaded(patient, finding);
	} else if (!fact_exists(patient, "/proc/self")) {
		wrong(finding, "not loaded; proc, which other checks need, is not mounted");
		cured_by_root(finding, "mount -t proc none /proc");
	} else if (!fact_takes_modules(patient)) {
		wrong(finding, "this kernel takes no modules (CONFIG_MODULES is off)");
		hint(finding,
		     "`make demo' in a clone of mmapdemo has a VM with a kernel that does");
	} else if (fact_line(patient, "/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
		   *line == '1') {
		wrong(finding, "not loaded, and loading is switched off until the next boot "
			       "(kernel.modules_disabled)");
		cured_by_root(finding, "reboot");
	} else if (fact_container(patient)) {
		wrong(finding, "not loaded; a container (%s) uses its host's modules",
		      fact_container(patient));
		hint(finding, "on the host, as root: modprobe mmapdemo");
	} else {
		look_at_refusal(patient, finding);
	}
}

const struct check build_checks[] = {
	{"headers", look_at_headers, OF_KERNEL},
	{"dkms", look_at_dkms, OF_KERNEL},
	{"installed", look_at_installed, OF_KERNEL},
	{"signature", look_at_signature, OF_KERNEL | OF_RUNNING},
	{"module", look_at_module, OF_KERNEL | OF_RUNNING},
	{},
};

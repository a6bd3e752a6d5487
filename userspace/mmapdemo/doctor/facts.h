/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts that several checks want, read below the patient's root. */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "check.h"

/* The first line of a file, empty if it cannot be read; false then. */
bool fact_line(const struct patient *patient, const char *path, char *line, size_t size);
bool fact_exists(const struct patient *patient, const char *path);
bool fact_number(const struct patient *patient, const char *path, uint64_t *number);

bool fact_is_loaded(const struct patient *patient);

/* What contains this process, as container_name() has it; NULL of another root. */
const char *fact_container(const struct patient *patient);

/* The command that installs the kernel's headers here. */
void fact_install_headers(const struct patient *patient, char command[160]);

/* The last line of a log that has both words; empty if there is none, false if no log is readable.
 */
bool fact_last_line(const struct patient *patient, const char *word, const char *other,
		    char line[200]);

/* The module as a file, for this kernel. */
struct module_file {
	char path[400];	    /* below root; empty: there is none */
	char elsewhere[80]; /* another kernel that has one; empty: there is none */
	bool is_read;	    /* the rest is known */
	bool is_signed;
	bool has_checksums; /* of symbols: the kernel compares these, not the release */
	char vermagic[120];
};

struct module_file fact_module_file(const struct patient *patient);

/* The newest version that dkms has of the module; false: it has none. */
struct dkms_facts {
	char version[64];
	bool has_source, is_built, is_installed, has_log;
};

bool fact_dkms(const struct patient *patient, struct dkms_facts *facts);

/* The command that builds and installs the module for this kernel. */
void fact_install_module(const struct patient *patient, char command[400]);

#endif

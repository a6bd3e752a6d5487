/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts for several checks, read below the patient's root. */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "check.h"

/* The first line of a file, empty if it cannot be read; false then. */
bool fact_line(const struct patient *patient, const char *path, char *line, size_t size);
bool fact_exists(const struct patient *patient, const char *path);
bool fact_number(const struct patient *patient, const char *path, uint64_t *number);

bool fact_is_loaded(const struct patient *patient);
/* False: proc is there and has no list of modules (CONFIG_MODULES is off). */
bool fact_takes_modules(const struct patient *patient);

/* Opens a path below the patient's root, where symbolic links lead below that root, too. */
int fact_open(const struct patient *patient, const char *path, int flags);
FILE *fact_stream(const struct patient *patient, const char *path);

/* The kernel of another root: the one that its /proc or its /lib/modules names; or empty. */
void fact_other_release(const struct patient *patient, char release[80]);

/* False: another root's kernel is not the one that runs. */
bool fact_runs(const struct patient *patient);

/* container_name(); NULL for another root. */
const char *fact_container(const struct patient *patient);

/* The command that installs the kernel's headers here; empty: the system is not known. */
void fact_install_headers(const struct patient *patient, char command[160]);

/* A line of a log counts if it has both words. */
struct log_words {
	const char *word, *other;
};

/*
 * The newest line of the kernel's log that one of the patterns takes; the list of them ends with
 * an empty one. Returns which pattern, -1: none takes a line, -2: the log cannot be read.
 */
int fact_kernel_said(const struct patient *patient, const struct log_words *patterns,
		     char line[200]);

/* The newest line of that kind in the kernel's log or in the one of auditd. */
int fact_audit_said(const struct patient *patient, const struct log_words *patterns,
		    char line[200]);

/* The module as a file, for this kernel. */
struct module_file {
	char path[400];	    /* as seen from the root; empty: there is none */
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

/* The cure that builds and installs the module for this kernel; `then' follows it. */
void fact_cure_module(const struct patient *patient, struct finding *finding, const char *then);

/* A cure for the module; in a container the host must run it. */
void fact_cure_on_host(const struct patient *patient, struct finding *finding, const char *command);

#endif

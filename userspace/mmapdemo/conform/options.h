/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "findings.h"
#include "run.h"

struct options {
	const char *target, *default_target; /* default_target: NULL if one must be named */
	const char *globs;		     /* NULL: all tests */
	off_t size;			     /* 0: the target's own */
	double timeout;			     /* seconds; 0: the tests' own */
	bool may_write;
	bool list;
	bool verbose;
	const struct view *view;

	bool examine; /* or else rows alone, as the view has them */
	enum form { FORM_TEXT, FORM_JSON, FORM_REPORT, FORM_PAGE } form;
	enum profile profile;
	bool profile_given;
	bool no_fill, no_read;
	bool words;	      /* the table of findings.c, for its test */
	char **command;	      /* that hands over a descriptor, or NULL */
	const char *setup;    /* a command, or NULL */
	const char *baseline; /* a file, or NULL */
	const char *compare;  /* a file that `target' is compared with, or NULL */
};

/* Starts from the defaults in options. Ends the program where the command line is wrong. */
void options_parse(struct options *options, int argc, char **argv);

#endif

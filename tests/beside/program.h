/* SPDX-License-Identifier: GPL-2.0-only */
/* A program: a few operations on one object and its mappings, by a process and its child. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdio.h>

#include "beside.h"
#include "result.h"

#define STEPS_MAX 12

struct step {
	const struct op *op;
	unsigned int map, page, count;
	unsigned int who; /* 1 for the child, once there is one */
};

struct program {
	bool huge;
	unsigned int maps;
	struct {
		unsigned int first, pages;
		bool shared;
	} map[MAPS_MAX];
	unsigned int fork_at; /* the child is made before this step; STEPS_MAX for never */
	unsigned int steps;
	struct step step[STEPS_MAX];
};

/* Runs it on a fresh object. */
void program_run(const struct program *program, enum kind kind, struct result *result);

/* As text of one line for the program and one for each step; each line begins with the prefix. */
void program_print(const struct program *program, const char *prefix);
/* Reads that text. It exits if the text is no program. */
void program_read(FILE *file, struct program *program);

#endif

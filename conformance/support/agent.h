/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An unrelated process: another run of this program, which opens the target itself, inherits
 * nothing from the test, and follows the test's commands.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stddef.h>
#include <sys/types.h>

#include "process.h"

struct agent {
	struct peer peer;
	unsigned char *map; /* where it is in the agent's address space */
};

void agent_start(struct agent *agent);
void agent_stop(struct agent *agent);

/* Maps pages of the target for reading and writing. The agent then uses this mapping only. */
void agent_map(struct agent *agent, size_t len, int flags, off_t off);
unsigned char agent_load(struct agent *agent, size_t at);
void agent_store(struct agent *agent, size_t at, unsigned char value);
uint64_t agent_frame(struct agent *agent, size_t at);

/* Becomes an agent by exec, in a child that its parent then talks to as one. */
_Noreturn void agent_exec(const struct peer *parent);
/* The parent's side of that: returns when exec is over. */
void agent_adopt(struct agent *agent, struct peer *child);

/* For ROW_EACH: how a child's address space ends. */
static const char *const agent_endings[] __attribute__((unused)) = {"exit", "killed", "exec"};
enum agent_ending { AGENT_EXITS, AGENT_KILLED, AGENT_EXECS };

/* In the child: waits for that end. In its parent: the child's address space ends so. */
_Noreturn void agent_await_end(struct peer *parent, enum agent_ending ending);
void agent_end(struct peer *child, enum agent_ending ending);

/* mmapdemo-rows --agent, with what agent_exec() passes. */
int agent_main(const char *argument);

#endif

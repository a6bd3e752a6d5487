/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of subject: a device of the module, and its peers. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "subject.h"

extern const struct bench_subject bench_device, bench_peers[];
extern const size_t bench_peer_count;

/* Does the path name a device of the module, which may be overwritten and knows its ioctls? */
bool bench_is_ours(const char *path);

#endif

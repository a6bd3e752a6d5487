/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of subjects, and the operations on each, whatever its kind. */
#ifndef BENCH_SUBJECTS_H
#define BENCH_SUBJECTS_H

#include <sys/types.h>

#include "subject.h"

/* Lists the devices, or without any all devices of the module that exist; and their peers. */
size_t bench_subject_list(char **devices, struct bench_subject **subjects);
void bench_subject_make(struct bench_subject *subject, size_t size);
void bench_subject_unmake(struct bench_subject *subject);
/* Bytes of memory it holds. */
size_t bench_subject_held(const struct bench_subject *subject);
/* Frees a part of its memory; -1 and errno: it could not. */
int bench_subject_punch(const struct bench_subject *subject, off_t offset, size_t size);
/* The offset of memory that is not allocated yet; -1 if there is none. */
off_t bench_subject_fresh(const struct bench_subject *subject, size_t size);

#endif

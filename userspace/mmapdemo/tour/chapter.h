/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOUR_CHAPTER_H
#define TOUR_CHAPTER_H

struct tour_chapter {
	const char *name, *rows; /* of the contract */
	const char *title, *says;
	const char *roles[2]; /* what its processes are called */
	void (*run)(void);
};

extern const struct tour_chapter tour_mapping, tour_file, tour_anonymous, tour_processes,
	tour_fork_shared, tour_fork_private, tour_protection, tour_arguments, tour_munmap,
	tour_vmas, tour_huge, tour_poison, tour_fault, tour_zero, tour_moved;

#endif

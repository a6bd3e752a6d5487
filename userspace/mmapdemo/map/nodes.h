/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that are the same memory, for layout.c. */
#ifndef MAP_NODES_H
#define MAP_NODES_H

#include "runs.h"

/* Pages are a file's own, or copies and anonymous memory, by frame. */
enum map_group { GROUP_NONE, GROUP_FILE, GROUP_COPY, GROUP_ANONYMOUS };

/* A part of a VMA that is drawn as one, and what it shows. */
struct map_part {
	size_t process, vma;
	struct map_run run;
	enum map_group group;
	const char *file; /* of GROUP_FILE: its id */
	uint64_t object;  /* the first page of the file, or the first frame */
	uint64_t page;	  /* what it is called: of the file, or of the VMA */
	int node;
};

/* Frames, as seen by one part or by several. */
struct map_node {
	enum map_group group;
	const char *file, *name;
	uint64_t object, page, count, frame;
	bool scattered;
	const char *content;
	uint32_t flags; /* of one of its parts */
	struct map_facts facts;
	size_t users;
	size_t first; /* of its parts */
	int letter;   /* that a series of pictures gave it; -1: none */
	int row;
};

struct map_nodes {
	struct map_part *parts;
	struct map_node *nodes;
	size_t part_count, node_count;
};

/* Parts in order of process, VMA, page; cut so that each shows one node, which are in order. */
struct map_nodes map_nodes(const struct map_picture *picture, size_t runs);
void map_nodes_free(struct map_nodes *nodes);

#endif

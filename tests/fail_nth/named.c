// SPDX-License-Identifier: GPL-2.0-only
/* Nodes that are made and destroyed at run time (docs/abi/sysfs), as the table at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "sweep.h"

#define PAGES 4

static int write_to(const char *attribute, const char *text)
{
	char path[64];
	int fd, error;

	snprintf(path, sizeof(path), "/sys/class/mmapdemo/%s", attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

static char words[80];

/* A node takes long, and the load has made one of each other strategy fail. */
static int prepare_words(struct subject *s)
{
	if (!(s->features & MMAPDEMO_FEATURE_RESIZE))
		return EOPNOTSUPP;
	write_to("delete_node", NAMED); /* of an attempt that failed */
	snprintf(words, sizeof(words), NAMED " size=%zu prealloc=1", PAGES * s->page);
	return 0;
}

static int act_make(struct subject *s)
{
	(void)s;
	return write_to("new_node", words);
}

static int open_named(struct subject *s)
{
	s->other = open("/dev/" NAMED, O_RDWR | O_CLOEXEC);
	if (s->other < 0)
		return errno;
	s->mapped = s->page;
	s->map = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, s->other, 0);
	return s->map == MAP_FAILED ? errno : 0;
}

static const char *check_made(struct subject *s)
{
	if (open_named(s))
		return "it is made, and cannot be opened and mapped";
	if (lseek(s->other, 0, SEEK_END) != (off_t)(PAGES * s->page))
		return "it has another size";
	if (touch(s->map, true))
		return "it has no memory";
	/* The kernel's rule is that nothing fails where debugfs has no memory. */
	if (access("/sys/class/mmapdemo/" NAMED "/strategy", R_OK))
		return "sysfs lacks it";
	return write_to("delete_node", NAMED) ? "it cannot be destroyed" : NULL;
}

static int prepare_made(struct subject *s)
{
	int error = prepare_words(s);

	if (!error)
		error = act_make(s);
	return error ? error : open_named(s);
}

static int act_destroy(struct subject *s)
{
	(void)s;
	return write_to("delete_node", NAMED);
}

static const char *check_destroyed(struct subject *s)
{
	if (touch(s->map, true) || *s->map != MARK)
		return "the mapping has no memory any more";
	if (open("/dev/" NAMED, O_RDWR | O_CLOEXEC) >= 0)
		return "it can still be opened";
	return errno == ENOENT ? NULL : "open() fails with another errno than ENOENT";
}

const struct operation named_operations[] = {
	{.name = "named-make", .prepare = prepare_words, .act = act_make, .check = check_made},
	{.name = "named-destroy",
	 .prepare = prepare_made,
	 .act = act_destroy,
	 .check = check_destroyed},
};

const size_t named_operations_count = ARRAY_SIZE(named_operations);

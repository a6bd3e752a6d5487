// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "row.h"
#include "target.h"
#include "target_reset.h"
#include "weather.h"

/* The pattern of the first TEST_PAGES and the last two, made once, because huge pages take long. */
static unsigned char *original, *original_end;

/* Some tests make a file longer, or find that it was. */
static void reset_size(void)
{
	int fd = target_open(O_RDWR);
	struct stat stat;

	ck_assert_int_eq(fstat(fd, &stat), 0);
	if (stat.st_size != target.size)
		ck_assert_msg(!ftruncate(fd, target.size), "ftruncate: %s", strerror(errno));
	close(fd);
}

void target_make_original(void)
{
	original = malloc(pages(TEST_PAGES));
	original_end = malloc(pages(2));
	if (!original || !original_end)
		err(2, "malloc");
	pattern_fill(original, pages(TEST_PAGES), 0, ORIGINAL);
	pattern_fill(original_end, pages(2), target.size - pages(2), ORIGINAL);
}

void target_reset(void)
{
	int fd;

	weather_begin();
	if (target.kind == TARGET_ANONYMOUS || !target.has_end)
		return;
	if (target.kind == TARGET_FILE)
		reset_size();
	fd = target_open(O_RDWR);
	target_write(fd, original, pages(TEST_PAGES), 0);
	target_write(fd, original_end, pages(2), target.size - pages(2));
	close(fd);
}

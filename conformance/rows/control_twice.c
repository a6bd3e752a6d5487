// SPDX-License-Identifier: GPL-2.0-only
/*
 * C7: an argument that changes during the command. The kernel must use the values that it checked:
 * a struct that is read twice may differ the second time.
 */
#include <errno.h>
#include <pthread.h>

#include "support/contents.h"
#include "support/control.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

/* In the byte of the known flag, because copy_from_user() may copy byte by byte (rep movsb). */
#define UNKNOWN (1U << 7)
#define TRIES	10000
#define MOST	(20 * TRIES)
/* Changes of the answer, which are few if the threads run in turn and not at once. */
#define TURNS 2000

struct changer {
	struct mmapdemo_wipe wipe;
	volatile bool over;
};

static void *change(void *argument)
{
	struct changer *changer = argument;
	volatile uint32_t *flags = &changer->wipe.flags;

	while (!changer->over)
		*flags ^= MMAPDEMO_WIPE_NOW ^ UNKNOWN;
	return NULL;
}

ROW(C7, read_once,
    "a struct that changes meanwhile is read once: the command works or fails as a whole",
    .timeout = 120)
{
	int fd = control_open();
	struct changer changer = {
		.wipe = {.size = sizeof(changer.wipe), .flags = MMAPDEMO_WIPE_NOW},
	};
	unsigned int done = 0, refused = 0, turns = 0;
	int last = 0;
	unsigned char *map;
	pthread_t thread;

	/* The only page to wipe. */
	assert_done(punch(fd, 0, target.size));
	assert_done(resize(fd, pages(1)));
	map = target_map_rw(1, MAP_SHARED, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, change, &changer), 0);
	for (int i = 0; i < TRIES || (i < MOST && turns < TURNS) || !done || !refused; i++) {
		int error;

		map[0] = 1;
		error = command(fd, MMAPDEMO_IOCTL_WIPE, &changer.wipe);
		if (error)
			assert_errno(error, EOPNOTSUPP);
		ck_assert_msg(map[0] == !!error, "%s, and the byte is %u",
			      error ? "refused" : "done", map[0]);
		done += !error;
		refused += !!error;
		turns += error != last;
		last = error;
	}
	changer.over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

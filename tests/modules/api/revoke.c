// SPDX-License-Identifier: GPL-2.0-only
/* Tests of mmapdemo_revoke(): calls that fail afterwards, and calls that still work. */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "api.h"

/* A hold from before a revoke still works. All other uses fail. */
static int api_revoke_use(struct mmapdemo_buffer *buffer, struct mmapdemo_hold *hold)
{
	char *at = mmapdemo_hold_vmap(hold);
	char seen;

	EXPECT(at);
	EXPECT(!mmapdemo_revoke(buffer) && !mmapdemo_revoke(buffer));
	*at = 'h';
	EXPECT(READ_ONCE(*at) == 'h');
	EXPECT(!mmapdemo_bytes(buffer));
	EXPECT(mmapdemo_copy_in(buffer, 0, "x", 1) == -ENODEV);
	EXPECT(mmapdemo_copy_out(buffer, 0, &seen, 1) == -ENODEV);
	EXPECT(mmapdemo_hold(buffer, 0, PAGE_SIZE) == ERR_PTR(-ENODEV));
	EXPECT(mmapdemo_punch(buffer, 0, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_resize(buffer, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_resize(buffer, API_BYTES) == -ENODEV);
	EXPECT(mmapdemo_resize(buffer, 8 * PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_file(buffer, "[api]", O_RDWR) == ERR_PTR(-ENODEV));
	mmapdemo_notify(buffer);
	return 0;
}

int api_revoke(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, 0, API_BYTES);
	int err;

	EXPECT(!IS_ERR(hold));
	err = api_revoke_use(buffer, hold);
	mmapdemo_hold_end(hold);
	return err;
}

#define API_RACES	40
#define API_RACE_BYTES	SZ_2M
#define API_RACE_TRIES	1000000

struct api_race;

/**
 * struct api_racer - an operation that is repeated until the buffer is revoked
 * @work: repeats it
 * @race: the race that it is a part of
 * @run: the operation
 * @err: -ENODEV, which a test expects in the end, or an unexpected error
 */
struct api_racer {
	struct work_struct work;
	struct api_race *race;
	int (*run)(struct api_race *race, int try);
	int err;
};

struct api_race {
	struct mmapdemo_buffer *buffer;
	struct file *file;
	struct api_racer racers[5];
	struct work_struct put;
};

/* This splits huge folios, with the invalidate lock dropped. */
static int api_race_resize(struct api_race *race, int try)
{
	int err = mmapdemo_resize(race->buffer, try & 1 ? API_RACE_BYTES :
						API_RACE_BYTES / 4 + PAGE_SIZE);

	return err == -EBUSY ? 0 : err;
}

static int api_race_punch(struct api_race *race, int try)
{
	int err = mmapdemo_punch(race->buffer, PAGE_SIZE / 2 * (try % 8), 3 * PAGE_SIZE);

	return err == -EBUSY ? 0 : err;
}

static int api_race_seek(struct api_race *race, int try)
{
	loff_t found = vfs_llseek(race->file, 0, try & 1 ? SEEK_DATA : SEEK_HOLE);

	if (found == -ENXIO)
		return 0;
	return found > API_RACE_BYTES ? -ERANGE : min_t(loff_t, found, 0);
}

static int api_race_copy(struct api_race *race, int try)
{
	return mmapdemo_copy_in(race->buffer, PAGE_SIZE - 2, "race", 4);
}

static int api_race_hold(struct api_race *race, int try)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(race->buffer, 0, 2 * PAGE_SIZE);

	if (IS_ERR(hold))
		return PTR_ERR(hold);
	mmapdemo_hold_end(hold);
	return 0;
}

static void api_race_work(struct work_struct *work)
{
	struct api_racer *racer = container_of(work, struct api_racer, work);
	int try;

	for (try = 0; try < API_RACE_TRIES && !racer->err; try++) {
		racer->err = racer->run(racer->race, try);
		cond_resched();
	}
}

static int api_race_run(struct api_race *race, struct workqueue_struct *queue, int round)
{
	struct api_racer *racer;
	int err = 0;

	for (racer = race->racers; racer < race->racers + ARRAY_SIZE(race->racers); racer++) {
		racer->race = race;
		racer->err = 0;
		INIT_WORK(&racer->work, api_race_work);
		queue_work(queue, &racer->work);
	}
	usleep_range(200 * round, 200 * round + 200);
	CHECK(err, !mmapdemo_revoke(race->buffer));
	for (racer = race->racers; racer < race->racers + ARRAY_SIZE(race->racers); racer++) {
		flush_work(&racer->work);
		CHECK(err, racer->err == -ENODEV);
	}
	return err;
}

/*
 * A worker's fput() ends with flush_delayed_fput(). insmod's own would run when insmod
 * ends, and keep the memory of all rounds until then, which a small machine with KASAN lacks.
 */
static void api_race_put(struct work_struct *work)
{
	fput(container_of(work, struct api_race, put)->file);
}

static int api_race_once(struct api_race *race, struct workqueue_struct *queue, int round)
{
	int err = 0;

	race->buffer = mmapdemo_create("api-race", API_RACE_BYTES, NUMA_NO_NODE,
				       MMAPDEMO_CREATE_PREALLOC);
	EXPECT(!IS_ERR(race->buffer));
	race->file = mmapdemo_file(race->buffer, "[api-race]", O_RDWR);
	CHECK(err, !IS_ERR(race->file));
	if (!err) {
		err = api_race_run(race, queue, round);
		INIT_WORK(&race->put, api_race_put);
		queue_work(queue, &race->put);
		flush_work(&race->put);
		flush_delayed_fput();
	}
	mmapdemo_put(race->buffer);
	return err;
}

/* Each operation that runs when a buffer is revoked ends, with no other error than -ENODEV. */
int api_race(struct mmapdemo_buffer *buffer)
{
	static struct api_race race = {
		.racers = {
			{ .run = api_race_resize },
			{ .run = api_race_punch },
			{ .run = api_race_seek },
			{ .run = api_race_copy },
			{ .run = api_race_hold },
		},
	};
	struct workqueue_struct *queue = alloc_workqueue("api", WQ_UNBOUND, 0);
	int i, err = 0;

	EXPECT(queue);
	for (i = 0; i < API_RACES && !err; i++)
		err = api_race_once(&race, queue, i);
	destroy_workqueue(queue);
	return err;
}

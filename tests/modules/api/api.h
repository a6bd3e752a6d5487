/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef API_H
#define API_H

#include <linux/err.h>
#include <linux/mmapdemo.h>
#include <linux/printk.h>

#define API_BYTES	(4 * PAGE_SIZE)

/* Ends a test that has nothing to undo. */
#define EXPECT(condition)							\
	do {									\
		if (!(condition)) {						\
			pr_err("line %d: not so: %s\n", __LINE__, #condition);	\
			return -EINVAL;						\
		}								\
	} while (0)

/* Remembers that a test failed, and goes on. */
#define CHECK(err, condition)							\
	do {									\
		if (!(condition)) {						\
			pr_err("line %d: not so: %s\n", __LINE__, #condition);	\
			err = -EINVAL;						\
		}								\
	} while (0)

/* A descriptor of insmod's, for tests that take one. */
extern int api_insmod_fd;

int api_register(struct mmapdemo_buffer *buffer, const struct mmapdemo_frames *frames);

/* Each test gets a new buffer of API_BYTES. */
int api_copy(struct mmapdemo_buffer *buffer);
int api_piece(struct mmapdemo_buffer *buffer);
int api_hold(struct mmapdemo_buffer *buffer);
int api_movable(struct mmapdemo_buffer *buffer);
int api_dma(struct mmapdemo_buffer *buffer);
int api_revoke(struct mmapdemo_buffer *buffer);
int api_race(struct mmapdemo_buffer *buffer);
int api_file(struct mmapdemo_buffer *buffer);
int api_attach(struct mmapdemo_buffer *buffer);
int api_give(struct mmapdemo_buffer *buffer);
int api_node(struct mmapdemo_buffer *buffer);
int api_fd(struct mmapdemo_buffer *buffer);
int api_reader(struct mmapdemo_buffer *buffer);
int api_injected(struct mmapdemo_buffer *buffer);
int api_fixed(struct mmapdemo_buffer *buffer);
int api_created(struct mmapdemo_buffer *buffer);
int api_sealed(struct mmapdemo_buffer *buffer);
int api_foreign(struct mmapdemo_buffer *buffer);

#endif

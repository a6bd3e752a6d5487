// SPDX-License-Identifier: GPL-2.0-only
/* Files of a buffer, and buffers of a file. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "api.h"

static int api_file_use(struct mmapdemo_buffer *buffer, struct file *file)
{
	struct mmapdemo_buffer *found = mmapdemo_from_file(file);
	char seen[4];
	loff_t pos = PAGE_SIZE - 2;

	EXPECT(found == buffer);
	mmapdemo_put(found);
	EXPECT(mmapdemo_file(buffer, "[api]", O_ACCMODE) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_file(buffer, "[api]", O_RDWR | O_APPEND) == ERR_PTR(-EINVAL));
	EXPECT(kernel_write(file, "file", 4, &pos) == 4);
	EXPECT(!mmapdemo_copy_out(buffer, PAGE_SIZE - 2, seen, 4) && !memcmp(seen, "file", 4));
	pos = PAGE_SIZE - 2;
	EXPECT(kernel_read(file, seen, 2, &pos) == 2 && !memcmp(seen, "fi", 2));
	pos = API_BYTES;
	EXPECT(kernel_read(file, seen, 1, &pos) == 0);
	EXPECT(kernel_write(file, "x", 1, &pos) == -ENOSPC);
	EXPECT(!mmapdemo_revoke(buffer));
	pos = 0;
	EXPECT(kernel_read(file, seen, 1, &pos) == -ENODEV);
	EXPECT(kernel_write(file, "x", 1, &pos) == -ENODEV);
	EXPECT(vfs_llseek(file, 0, SEEK_DATA) == -ENODEV);
	EXPECT(mmapdemo_wait(file) == -ENODEV);
	return 0;
}

int api_file(struct mmapdemo_buffer *buffer)
{
	struct file *file = mmapdemo_file(buffer, "[api]", O_RDWR);
	int err;

	EXPECT(!IS_ERR(file));
	err = api_file_use(buffer, file);
	fput(file);
	return err;
}

static const struct file_operations api_own_fops = {
	.owner	= THIS_MODULE,
	.poll	= mmapdemo_notify_poll,
};

static const struct file_operations api_core_fops = {
	.owner		= THIS_MODULE,
	.read_iter	= mmapdemo_io_read_iter,
	.write_iter	= mmapdemo_io_write_iter,
};

/* After detach the buffer still exists, and the file is attached to none. */
static int api_attach_use(struct mmapdemo_buffer *buffer, struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	struct mmapdemo_buffer *found;

	EXPECT(!mmapdemo_io_attach(file, buffer, &mapping));
	found = mmapdemo_from_file(file);
	EXPECT(found == buffer && mmapdemo_io_data(file) == &mapping);
	mmapdemo_put(found);
	mmapdemo_io_detach(file);
	EXPECT(!file->private_data && file->f_mapping == mapping);
	EXPECT(mmapdemo_from_file(file) == ERR_PTR(-EINVAL));
	return 0;
}

/* Only a file with the core's own read and write functions gets FMODE_NOWAIT. */
static int api_attach_as(struct mmapdemo_buffer *buffer, const struct file_operations *fops,
			 bool nowait)
{
	struct file *file = anon_inode_getfile("[api]", fops, NULL, O_RDWR);
	int err;

	EXPECT(!IS_ERR(file));
	err = api_attach_use(buffer, file);
	if (!err)
		err = api_attach_use(buffer, file);
	CHECK(err, !!(file->f_mode & FMODE_NOWAIT) == nowait);
	fput(file);
	return err;
}

int api_attach(struct mmapdemo_buffer *buffer)
{
	return api_attach_as(buffer, &api_own_fops, false) ?:
	       api_attach_as(buffer, &api_core_fops, true);
}

/* insmod, which is the program consumer then, gets the next descriptor. */
int api_give(struct mmapdemo_buffer *buffer)
{
	struct file *file;
	int given = get_unused_fd_flags(O_CLOEXEC);

	EXPECT(given >= 0);
	file = mmapdemo_file(buffer, "[api]", O_RDWR | O_NONBLOCK);
	if (IS_ERR(file)) {
		put_unused_fd(given);
		return PTR_ERR(file);
	}
	fd_install(given, file);
	mmapdemo_notify(buffer);
	return 0;
}

/* The descriptor is /dev/mmapdemo's, whose first bytes are "mine". */
int api_fd(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *node = mmapdemo_from_fd(api_insmod_fd, FMODE_READ | FMODE_WRITE);
	struct mmapdemo_hold *hold;
	char seen[4] = "";
	int err = 0;

	EXPECT(!IS_ERR(node));
	CHECK(err, !mmapdemo_copy_out(node, 0, seen, 4) && !memcmp(seen, "mine", 4));
	CHECK(err, mmapdemo_revoke(node) == -EOPNOTSUPP);
	CHECK(err, api_register(node, NULL) == -EOPNOTSUPP);
	hold = mmapdemo_hold(node, 0, PAGE_SIZE);
	CHECK(err, !IS_ERR(hold));
	if (!IS_ERR(hold)) {
		CHECK(err, mmapdemo_punch(node, 0, PAGE_SIZE) == -EBUSY);
		mmapdemo_hold_end(hold);
	}
	CHECK(err, !mmapdemo_copy_in(node, 0, "ours", 4));
	mmapdemo_put(node);
	return err;
}

/* The descriptor is /dev/mmapdemo's, for reading only. */
int api_reader(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *node = mmapdemo_from_fd(api_insmod_fd, FMODE_READ);

	EXPECT(!IS_ERR(node));
	mmapdemo_put(node);
	EXPECT(mmapdemo_from_fd(api_insmod_fd, FMODE_WRITE) == ERR_PTR(-EBADF));
	EXPECT(mmapdemo_from_fd(api_insmod_fd, FMODE_READ | FMODE_WRITE) == ERR_PTR(-EBADF));
	return 0;
}

static int api_injected_use(struct mmapdemo_buffer *node)
{
	struct mmapdemo_piece piece = { .bytes = 2 * PAGE_SIZE };
	char seen[4];

	EXPECT(mmapdemo_copy_in(node, PAGE_SIZE, "x", 1) == -EIO);
	EXPECT(mmapdemo_copy_in(node, PAGE_SIZE - 2, "test", 4) == -EIO);
	EXPECT(mmapdemo_copy_out(node, 2 * PAGE_SIZE - 1, seen, 4) == -EIO);
	EXPECT(mmapdemo_piece_get(node, PAGE_SIZE + 8, false, &piece) == -EIO);
	/* Accesses beside it work. */
	EXPECT(!mmapdemo_copy_out(node, PAGE_SIZE - 2, seen, 2) && !memcmp(seen, "test", 2));
	EXPECT(!mmapdemo_copy_in(node, 2 * PAGE_SIZE, "test", 4));
	piece = (struct mmapdemo_piece) { .bytes = 2 * PAGE_SIZE };
	EXPECT(!mmapdemo_piece_get(node, 8, false, &piece));
	mmapdemo_piece_put(&piece, false);
	EXPECT(piece.bytes && piece.bytes <= PAGE_SIZE - 8);
	return 0;
}

/* The descriptor is /dev/mmapdemo's, whose page 1 has a rule: each access fails. */
int api_injected(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *node = mmapdemo_from_fd(api_insmod_fd, FMODE_READ | FMODE_WRITE);
	int err;

	EXPECT(!IS_ERR(node));
	err = api_injected_use(node);
	mmapdemo_put(node);
	return err;
}

static int api_fixed_use(struct mmapdemo_buffer *node)
{
	char seen[4] = "";

	EXPECT(mmapdemo_resize(node, PAGE_SIZE) == -EOPNOTSUPP);
	EXPECT(mmapdemo_resize(node, 1ULL << 40) == -EOPNOTSUPP);
	EXPECT(mmapdemo_punch(node, 0, PAGE_SIZE) == -EOPNOTSUPP);
	EXPECT(mmapdemo_hold(node, 0, PAGE_SIZE) == ERR_PTR(-EOPNOTSUPP));
	EXPECT(mmapdemo_file(node, "[api]", O_RDWR) == ERR_PTR(-EOPNOTSUPP));
	EXPECT(mmapdemo_revoke(node) == -EOPNOTSUPP);
	EXPECT(api_register(node, NULL) == -EOPNOTSUPP);
	EXPECT(!mmapdemo_copy_in(node, PAGE_SIZE - 2, "made", 4));
	EXPECT(!mmapdemo_copy_out(node, PAGE_SIZE - 2, seen, 4) && !memcmp(seen, "made", 4));
	return 0;
}

/* The descriptor is of a strategy whose memory exists from the start, and stays. */
int api_fixed(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *node = mmapdemo_from_fd(api_insmod_fd, FMODE_READ | FMODE_WRITE);
	int err;

	EXPECT(!IS_ERR(node));
	err = api_fixed_use(node);
	mmapdemo_put(node);
	return err;
}

static int api_created_use(struct mmapdemo_buffer *created)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(created, PAGE_SIZE, PAGE_SIZE);
	char seen[4] = "";
	int err = 0;

	EXPECT(!IS_ERR(hold));
	CHECK(err, mmapdemo_resize(created, PAGE_SIZE) == -EBUSY);
	CHECK(err, mmapdemo_punch(created, PAGE_SIZE, PAGE_SIZE) == -EBUSY);
	mmapdemo_hold_end(hold);
	CHECK(err, !mmapdemo_resize(created, PAGE_SIZE));
	CHECK(err, mmapdemo_revoke(created) == -EOPNOTSUPP);
	CHECK(err, api_register(created, NULL) == -EOPNOTSUPP);
	CHECK(err, !mmapdemo_copy_out(created, 0, seen, 4) && !memcmp(seen, "mine", 4));
	CHECK(err, !mmapdemo_copy_in(created, 0, "ours", 4));
	return err;
}

/* The descriptor is of a created buffer of two pages, whose first bytes are "mine". */
int api_created(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *created = mmapdemo_from_fd(api_insmod_fd,
							   FMODE_READ | FMODE_WRITE);
	int err;

	EXPECT(!IS_ERR(created));
	err = api_created_use(created);
	mmapdemo_put(created);
	return err;
}

/* The same, with the seals SHRINK and WRITE. */
int api_sealed(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *created = mmapdemo_from_fd(api_insmod_fd,
							   FMODE_READ | FMODE_WRITE);
	char seen[4] = "";
	int err = 0;

	EXPECT(!IS_ERR(created));
	CHECK(err, mmapdemo_copy_in(created, 0, "ours", 4) == -EPERM);
	CHECK(err, mmapdemo_copy_in(created, PAGE_SIZE, "ours", 4) == -EPERM);
	CHECK(err, mmapdemo_hold(created, 0, PAGE_SIZE) == ERR_PTR(-EPERM));
	CHECK(err, mmapdemo_resize(created, PAGE_SIZE) == -EPERM);
	CHECK(err, mmapdemo_punch(created, 0, PAGE_SIZE) == -EPERM);
	CHECK(err, !mmapdemo_copy_out(created, 0, seen, 4) && !memcmp(seen, "mine", 4));
	mmapdemo_put(created);
	return err;
}

/* The descriptor is of no buffer, or of another core's buffer. */
int api_foreign(struct mmapdemo_buffer *buffer)
{
	EXPECT(mmapdemo_from_fd(api_insmod_fd, FMODE_READ) == ERR_PTR(-EINVAL));
	EXPECT(mmapdemo_from_fd(-1, FMODE_READ) == ERR_PTR(-EBADF));
	return 0;
}

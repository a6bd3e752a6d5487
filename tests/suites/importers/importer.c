// SPDX-License-Identifier: GPL-2.0-only
/*
 * importer vivid VIDEO: frames that vivid captures into a dma-buf of /dev/mmapdemo are those
 *	that it captures into its own memory, in each byte
 * importer attached CARD: what stays while vgem has imported a dma-buf
 * importer movable: where the device's pages lie in ZONE_MOVABLE, there is no dma-buf of them
 * importer held CARD: imports, drops all else, says so, and waits for a signal
 */
#include <fcntl.h>
#include <poll.h>
#include <linux/dma-buf.h>
#include <linux/mmapdemo.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../drivers/check.h"

#define DEVICE "/dev/mmapdemo"
#define FRAMES 3
#define BEGIN  (3UL << 20) /* not at the device's start, nor at a huge page's */

/* Of drm/drm.h and drm/drm_mode.h, which libc's headers do not have. */
struct drm_prime_handle {
	__u32 handle;
	__u32 flags;
	__s32 fd;
};

struct drm_gem_close {
	__u32 handle;
	__u32 pad;
};

#define DRM_IOCTL_GEM_CLOSE	     _IOW('d', 0x09, struct drm_gem_close)
#define DRM_IOCTL_PRIME_FD_TO_HANDLE _IOWR('d', 0x2e, struct drm_prime_handle)

static int open_of(const char *path)
{
	int fd = open(path, O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

/* The dma-buf's descriptor, or -errno. */
static int try_export(int fd, size_t offset, size_t length)
{
	struct mmapdemo_export argument = {
		.size = sizeof(argument),
		.offset = offset,
		.length = length,
	};
	int dmabuf = ioctl(fd, MMAPDEMO_IOCTL_EXPORT, &argument);

	return dmabuf < 0 ? -errno : dmabuf;
}

static int export(int fd, size_t offset, size_t length)
{
	int dmabuf = try_export(fd, offset, length);

	CHECK(dmabuf >= 0);
	return dmabuf;
}

static int punch(int fd, size_t offset, size_t length)
{
	struct mmapdemo_punch argument = {
		.size = sizeof(argument),
		.offset = offset,
		.length = length,
	};

	return ioctl(fd, MMAPDEMO_IOCTL_PUNCH, &argument) ? errno : 0;
}

static unsigned char *map(int fd, size_t offset, size_t length)
{
	unsigned char *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	CHECK(at != MAP_FAILED);
	return at;
}

/* The picture's text tells the time, so that no two frames would be the same. */
static void without_text(int video)
{
	struct v4l2_queryctrl control = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
	struct v4l2_control value = {};

	while (!ioctl(video, VIDIOC_QUERYCTRL, &control)) {
		if (!strcmp((char *)control.name, "OSD Text Mode")) {
			value.id = control.id;
			value.value = control.maximum; /* "None" */
		}
		control.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	CHECK(value.id);
	CHECK(!ioctl(video, VIDIOC_S_CTRL, &value));
}

static size_t set_format(int video)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix =
			{
				.width = 320,
				.height = 180,
				.pixelformat = V4L2_PIX_FMT_RGB24,
				.field = V4L2_FIELD_NONE,
			},
	};

	CHECK(!ioctl(video, VIDIOC_S_FMT, &format));
	CHECK(format.fmt.pix.pixelformat == V4L2_PIX_FMT_RGB24);
	CHECK(format.fmt.pix.sizeimage == 3 * format.fmt.pix.width * format.fmt.pix.height);
	return format.fmt.pix.sizeimage;
}

/* One frame into each buffer; dmabuf has their descriptors, or memory is mapped from vivid. */
static void capture(int video, enum v4l2_memory memory, size_t size, const int *dmabuf,
		    unsigned char *copy)
{
	enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_requestbuffers request = {.count = FRAMES, .type = type, .memory = memory};

	CHECK(!ioctl(video, VIDIOC_REQBUFS, &request));
	CHECK(request.count == FRAMES);
	for (int i = 0; i < FRAMES; i++) {
		struct v4l2_buffer buffer = {.type = type, .memory = memory, .index = i};

		if (memory == V4L2_MEMORY_DMABUF)
			buffer.m.fd = dmabuf[i];
		CHECK(!ioctl(video, VIDIOC_QBUF, &buffer));
	}
	CHECK(!ioctl(video, VIDIOC_STREAMON, &type));
	for (int i = 0; i < FRAMES; i++) {
		struct v4l2_buffer buffer = {.type = type, .memory = memory};

		CHECK(!ioctl(video, VIDIOC_DQBUF, &buffer));
		CHECK(buffer.bytesused == size && !(buffer.flags & V4L2_BUF_FLAG_ERROR));
		if (memory == V4L2_MEMORY_MMAP) {
			unsigned char *at;

			CHECK(!ioctl(video, VIDIOC_QUERYBUF, &buffer));
			at = map(video, buffer.m.offset, buffer.length);
			memcpy(copy, at, size);
			munmap(at, buffer.length);
		}
	}
	CHECK(!ioctl(video, VIDIOC_STREAMOFF, &type));
	if (memory == V4L2_MEMORY_DMABUF)
		CHECK(punch(open_of(DEVICE), BEGIN, page) == EBUSY);
	request.count = 0;
	CHECK(!ioctl(video, VIDIOC_REQBUFS, &request));
}

/* Colour bars: neither all the same, nor only grey. */
static void check_picture(const unsigned char *frame, size_t size)
{
	size_t changes = 0, coloured = 0;

	for (size_t i = 3; i < size; i += 3) {
		changes += !!memcmp(frame + i, frame + i - 3, 3);
		coloured += frame[i] != frame[i + 1];
	}
	CHECK(changes > 100 && coloured > size / 30);
}

static void vivid(const char *path)
{
	int video = open_of(path), device = open_of(DEVICE), dmabuf[FRAMES];
	size_t size, room;
	unsigned char *wanted, *seen;

	without_text(video);
	size = set_format(video);
	room = (size + page - 1) / page * page;
	wanted = malloc(size);
	CHECK(wanted);
	capture(video, V4L2_MEMORY_MMAP, size, NULL, wanted);
	check_picture(wanted, size);

	/* mapped before, and a private copy */
	seen = map(device, BEGIN, FRAMES * room);
	memset(seen, 0xee, FRAMES * room);
	for (int i = 0; i < FRAMES; i++)
		dmabuf[i] = export(device, BEGIN + i * room, room);
	capture(video, V4L2_MEMORY_DMABUF, size, dmabuf, NULL);
	for (int i = 0; i < FRAMES; i++) {
		struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START};

		CHECK(!ioctl(dmabuf[i], DMA_BUF_IOCTL_SYNC, &sync));
		CHECK(!memcmp(seen + i * room, wanted, size));
		for (size_t at = size; at < room; at++)
			CHECK(seen[i * room + at] == 0xee);
		close(dmabuf[i]);
	}
	free(wanted);
	CHECK(!punch(device, BEGIN, FRAMES * room));
}

static __u32 import(int card, int dmabuf)
{
	struct drm_prime_handle prime = {.fd = dmabuf};

	if (ioctl(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime))
		return 0;
	return prime.handle;
}

static void drop(int card, __u32 handle)
{
	struct drm_gem_close argument = {.handle = handle};

	CHECK(!ioctl(card, DRM_IOCTL_GEM_CLOSE, &argument));
}

static void sync_for(int dmabuf, __u64 flags)
{
	struct dma_buf_sync sync = {.flags = flags};

	CHECK(!ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
}

static void attached(const char *path)
{
	int card = open_of(path), device = open_of(DEVICE);
	size_t length = 16 * page;
	int dmabuf = export(device, BEGIN, length);
	unsigned char *seen = map(device, BEGIN, length);
	__u32 handle = import(card, dmabuf);

	CHECK(handle);
	/* Some kernels' vgem has them mapped for DMA meanwhile, in a bounce buffer. */
	sync_for(dmabuf, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START);
	memset(seen, 1, length);
	sync_for(dmabuf, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END);
	sync_for(dmabuf, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START);
	for (size_t at = 0; at < length; at++)
		CHECK(seen[at] == 1);
	sync_for(dmabuf, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END);
	/* vgem has a reference to the dma-buf, whose descriptor is not needed. */
	close(dmabuf);
	CHECK(punch(device, BEGIN, page) == EBUSY);
	drop(card, handle);
	CHECK(!punch(device, BEGIN, length));
}

static void movable(const char *path)
{
	int device = open_of(path);
	size_t bytes = lseek(device, 0, SEEK_END);
	unsigned char *seen = map(device, 0, bytes);

	memset(seen, 1, bytes);
	CHECK(try_export(device, 0, bytes) == -EBUSY);
	CHECK(!punch(device, 0, page));
	for (size_t at = page; at < bytes; at++)
		CHECK(seen[at] == 1);
}

static void held(const char *path)
{
	int card = open_of(path), device = open_of(DEVICE);
	int dmabuf = export(device, BEGIN, 4096);

	CHECK(import(card, dmabuf));
	close(dmabuf);
	close(device);
	puts("held");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *path);
	} commands[] = {
		{"vivid", vivid}, {"attached", attached}, {"movable", movable}, {"held", held}};

	begin();
	for (size_t i = 0; argc == 3 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name)) {
			commands[i].run(argv[2]);
			return 0;
		}
	fprintf(stderr, "usage: importer vivid|attached|movable|held NODE\n");
	return 2;
}

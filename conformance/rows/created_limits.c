// SPDX-License-Identifier: GPL-2.0-only
/* C8: the refusals of CREATE, its limits, and the charging of its buffers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control_refusals.h"
#include "support/control.h"
#include "support/created.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

static int descriptors(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	close(fd);
	return fd;
}

static const char too_long[] = {[0 ... MMAPDEMO_NAME_MAX] = 'n', 0};
static const char far_too_long[] = {[0 ... 299] = 'n', 0};

static const struct refusal {
	const char *name;
	struct mmapdemo_create argument;
	int error;
	const char *text; /* instead of argument.name, which is wider than a pointer of 32 bits */
} refusals[] = {
	{"beyond-a-file", {.size = 24, .bytes = 1ULL << 63}, EINVAL, NULL},
	{"all-bits", {.size = 24, .bytes = ~0ULL}, EINVAL, NULL},
	{"flag", {.size = 24, .flags = 1}, EOPNOTSUPP, NULL},
	{"top-flag", {.size = 24, .flags = 1U << 31}, EOPNOTSUPP, NULL},
	{"name-unmapped", {.size = 24, .name = 8}, EFAULT, NULL},
	{"name-of-300-bytes", {.size = 24}, EINVAL, far_too_long},
	{"name-one-too-long", {.size = 24}, EINVAL, too_long},
	{"name-with-a-line-break", {.size = 24}, EINVAL, "a\nb"},
	{"struct-too-short", {.size = 23}, EINVAL, NULL},
	{"struct-beyond-a-page", {.size = ~0U}, EINVAL, NULL},
};

ROW_EACH(C8, refused, "a refused CREATE returns its errno, and leaves no descriptor", refusals)
{
	struct mmapdemo_create argument = refusals[_i].argument;
	int device = control_open();
	int free_before = descriptors();

	if (refusals[_i].text)
		argument.name = (uintptr_t)refusals[_i].text;
	assert_errno(command(device, MMAPDEMO_IOCTL_CREATE, &argument), refusals[_i].error);
	ck_assert_int_eq(descriptors(), free_before);
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}

static const struct sized {
	const char *name;
	unsigned long number;
	size_t first_size; /* of the struct, when it was first published */
	size_t size;
	bool of_created; /* asked of a created buffer, not of the device */
} sized[] = {
	{"create", MMAPDEMO_IOCTL_CREATE, MMAPDEMO_CREATE_SIZE_VER1, sizeof(struct mmapdemo_create),
	 false},
	{"seal", MMAPDEMO_IOCTL_SEAL, MMAPDEMO_SEAL_SIZE_VER1, sizeof(struct mmapdemo_seal), true},
};

union sized_argument {
	uint32_t size;
	struct mmapdemo_create create;
	struct mmapdemo_seal seal;
	unsigned char bytes[128];
};

/* CREATE is asked for another size each time, SEAL for the same seal. */
static union sized_argument sized_argument(const struct sized *tried, uint32_t size)
{
	union sized_argument argument = {.size = size};

	if (tried->of_created)
		argument.seal.seals = MMAPDEMO_SEAL_SHRINK;
	else
		argument.create.bytes = pages(1) + size;
	return argument;
}

static void assert_sized(const struct sized *tried, int fd, uint32_t size)
{
	union sized_argument argument = sized_argument(tried, size);
	int result = ioctl(fd, tried->number, &argument);

	ck_assert_msg(result >= 0, "a struct of %u bytes: %m", size);
	if (tried->of_created) {
		ck_assert_uint_eq(argument.seal.seals, MMAPDEMO_SEAL_SHRINK);
		return;
	}
	ck_assert_int_eq(size_of(result), pages(1) + size);
	close(result);
}

ROW_EACH(C8, each_size,
	 "a struct of each size from the first version on works, a longer one where its rest is "
	 "zero; otherwise it is E2BIG",
	 sized)
{
	const struct sized *tried = &sized[_i];
	size_t known = tried->size + module_grown();
	int device = control_open();
	int fd = tried->of_created ? create_on(device, 1, NULL) : device;
	union sized_argument argument;

	for (uint32_t size = tried->first_size; size <= sizeof(argument); size++)
		assert_sized(tried, fd, size);
	for (uint32_t size = known + 1; size <= sizeof(argument); size++) {
		argument = sized_argument(tried, size);
		argument.bytes[size - 1] = 1;
		assert_errno(command(fd, tried->number, &argument), E2BIG);
	}
}

ROW(C8, longest_name, "a name may have MMAPDEMO_NAME_MAX bytes")
{
	char name[MMAPDEMO_NAME_MAX + 1] = {[0 ... MMAPDEMO_NAME_MAX - 1] = 'n'};

	ck_assert_int_ge(create_on(control_open(), 0, name), 0);
}

static const struct opened {
	const char *name;
	int flags, error;
} opened[] = {
	{"for-reading", O_RDONLY, EBADF},
	{"for-writing", O_WRONLY, EBADF},
	{"path-only", O_PATH, EBADF},
};

ROW_EACH(C8, rights, "CREATE needs a descriptor of the device that is open for reading and writing",
	 opened)
{
	control_open();
	ck_assert_int_eq(create_on(target_open(opened[_i].flags), 1, NULL), -opened[_i].error);
}

ROW(C8, not_by_a_created_one, "CREATE on a created buffer is EOPNOTSUPP")
{
	ck_assert_int_eq(create_on(make_file(&makers[0], 1), 1, NULL), -EOPNOTSUPP);
}

ROW(C8, too_large, "a size that no file can have is EINVAL")
{
	ck_assert_int_eq(create_on(control_open(), largest_size() + 1, NULL), -EINVAL);
}

static const struct absurd {
	const char *name;
	uint64_t bytes;
	bool below_largest; /* so many bytes smaller than the largest size */
} sizes[] = {
	{"none", 0, false},	   {"one", 1, false},	 {"odd", 12345, false},
	{"4G", 1ULL << 32, false}, {"largest", 0, true}, {"last-page", 4095, true},
};

ROW_EACH(C8, any_size,
	 "any size that a file can have works, because memory is allocated on first use", sizes)
{
	uint64_t bytes =
		sizes[_i].below_largest ? largest_size() - sizes[_i].bytes : sizes[_i].bytes;
	int fd = create_on(control_open(), bytes, "size");

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(size_of(fd), bytes);
	ck_assert_uint_eq(info_of(fd).bytes, bytes);
	if (bytes) {
		ck_assert_int_eq(pwrite(fd, "e", 1, bytes - 1), 1);
		ck_assert_int_eq(size_of(fd), bytes);
		/* A huge folio may be there, of as many pages as a page table has entries. */
		ck_assert_int_le(lseek(fd, 0, SEEK_DATA), bytes - 1);
		ck_assert_int_le(allocated(fd), target.page / sizeof(uint64_t) * target.page);
		ck_assert_int_eq(
			fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bytes), 0);
	}
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(allocated(fd), 0);
}

static void limit(int resource, size_t value)
{
	struct rlimit limit = {value, value};

	ck_assert_int_eq(setrlimit(resource, &limit), 0);
}

/* As ftruncate() has it. */
ROW_EACH(C8, file_size_limit, "a size above RLIMIT_FSIZE is EFBIG, with SIGXFSZ", makers)
{
	int device = control_open(), fd = make_file(&makers[_i], 0);
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGXFSZ, &ignore, NULL);
	limit(RLIMIT_FSIZE, pages(2));
	ck_assert_int_eq(ftruncate(fd, pages(2)), 0);
	ck_assert_int_eq(ftruncate(fd, pages(2) + 1), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(pwrite(fd, "ab", 2, pages(2) - 1), 1);
	ck_assert_int_eq(pwrite(fd, "b", 1, pages(2)), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(fallocate(fd, 0, 0, pages(3)), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(size_of(fd), pages(2));
	if (makers[_i].created) {
		ck_assert_int_eq(create_on(device, pages(2) + 1, NULL), -EFBIG);
		ck_assert_int_ge(create_on(device, pages(2), NULL), 0);
		assert_errno(resize(fd, pages(4)), EFBIG);
	}
}

ROW(C8, no_descriptor_left, "CREATE without a free descriptor is EMFILE")
{
	int device = control_open();

	limit(RLIMIT_NOFILE, descriptors());
	ck_assert_int_eq(create_on(device, 1, NULL), -EMFILE);
}

#define MANY   10000
#define MAPPED 1000

ROW(C8, many, "10,000 buffers at once work, 1,000 of them mapped, each with its own contents",
    .timeout = 120)
{
	int device = control_open();
	unsigned char *maps[MAPPED];
	int *fds = calloc(MANY, sizeof(*fds));

	if (!fds)
		ck_abort_msg("no memory");
	limit(RLIMIT_NOFILE, MANY + 100);
	for (int i = 0; i < MANY; i++) {
		fds[i] = create_on(device, pages(2), "many");
		ck_assert_msg(fds[i] >= 0, "the %dth: %s", i, strerror(-fds[i]));
	}
	for (int i = 0; i < MAPPED; i++) {
		maps[i] = map_file(fds[i * (MANY / MAPPED)], pages(2), RW, MAP_SHARED);
		memcpy(maps[i] + pages(1), &i, sizeof(i));
	}
	for (int i = 0; i < MAPPED; i++) {
		int got = -1;

		ck_assert_int_eq(pread(fds[i * (MANY / MAPPED)], &got, sizeof(got), pages(1)),
				 sizeof(got));
		ck_assert_int_eq(got, i);
		ck_assert_int_eq(memcmp(maps[i] + pages(1), &i, sizeof(i)), 0);
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

/* A figure of the group in bytes, once it is at most or at least so much. */
static void await_charge(const struct cgroup *group, uint64_t least, uint64_t most)
{
	uint64_t charged;
	unsigned int since = 0;

	do
		charged = cgroup_charged(group);
	while ((charged < least || charged > most) && weather_wait(&since));
	ck_assert_uint_ge(charged, least);
	ck_assert_uint_le(charged, most);
}

/* The kernel charges 64 pages ahead for each processor: it may owe them, or have had them. */
#define CHARGED pages(1024)

ROW_EACH(C8, charged,
	 "its pages are charged to the group that uses them first, until they are freed", makers)
{
	struct cgroup creator, user;
	struct peer child;
	uint64_t before;
	int fd;

	cgroup_make(&creator);
	cgroup_make(&user);
	if (fork_child(&child)) {
		cgroup_enter(&creator);
		fd = make_file(&makers[_i], CHARGED);
		cgroup_enter(&user);
		before = cgroup_charged(&user);
		memset(map_file(fd, CHARGED, RW, MAP_SHARED), 'c', CHARGED);
		await_charge(&user, before + CHARGED / 2, ~0ULL);
		ck_assert_uint_lt(cgroup_charged(&creator), CHARGED / 2);
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		await_charge(&user, 0, before + CHARGED / 2);
		ck_assert_int_eq(fallocate(fd, 0, 0, CHARGED), 0);
		await_charge(&user, before + CHARGED / 2, ~0ULL);
		child_done();
	}
	await_exit(&child);
	/* The buffer is freed with its last user. */
	await_charge(&user, 0, CHARGED / 2);
}

#define LIMIT (8UL << 20)

/* Each costs more than a KiB of kernel memory: without a charge, far more would fit. */
ROW(C8, structures_charged,
    "the kernel's structures are charged, so that a limit stops a process that creates many",
    .timeout = 60)
{
	struct cgroup group;
	struct peer child;
	int status;

	cgroup_make(&group);
	cgroup_limit(&group, LIMIT);
	if (fork_child(&child)) {
		int device, count = 0, fd = 0;

		limit(RLIMIT_NOFILE, 30000);
		device = control_open();
		cgroup_enter(&group);
		while (count < 20000 && (fd = create_on(device, pages(1), "many")) >= 0)
			count++;
		ck_assert_int_eq(fd, -ENOMEM);
		ck_assert_int_gt(count, 100);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert_msg((WIFEXITED(status) && !WEXITSTATUS(status)) ||
			      (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL),
		      "status %#x", status);
	await_charge(&group, 0, LIMIT / 2);
}

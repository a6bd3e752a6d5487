// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the functions of <linux/mmapdemo.h> as a driver would, and as a driver should not.
 * A load does one test, which the parameter `test' names. If the test fails, the parameter
 * `result' is not 0, and the kernel log has the expression that was not true. The load succeeds
 * all the same: the last fput() of a test runs when insmod leaves the kernel, and needs the
 * module.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "api.h"

static char *test = "";
module_param(test, charp, 0);
MODULE_PARM_DESC(test, "which test");

int api_insmod_fd = -1;
module_param_named(fd, api_insmod_fd, int, 0);
MODULE_PARM_DESC(fd, "a descriptor of insmod's, for tests that take one");

static int result;
module_param(result, int, 0444);
MODULE_PARM_DESC(result, "0, or an error if the test failed");

static int api_refused(const char *name, u64 bytes, int node, unsigned int flags, long error)
{
	struct mmapdemo_buffer *buffer = mmapdemo_create(name, bytes, node, flags);

	EXPECT(PTR_ERR(buffer) == error);
	return 0;
}

static int api_create(struct mmapdemo_buffer *buffer)
{
	return api_refused("api", 0, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE + 1, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused("api", 1ULL << 50, NUMA_NO_NODE, 0, -ENOMEM) ?:
	       api_refused("api", 0 - (u64)PAGE_SIZE, NUMA_NO_NODE, 0, -ENOMEM) ?:
	       api_refused("api", PAGE_SIZE, MAX_NUMNODES, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE, NUMA_NO_NODE - 1, 0, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE, NUMA_NO_NODE, 0x80, -EINVAL) ?:
	       api_refused("api", PAGE_SIZE, NUMA_NO_NODE, 0x8, -EINVAL) ?:
	       api_refused("", PAGE_SIZE, NUMA_NO_NODE, 0, -EINVAL) ?:
	       api_refused(NULL, PAGE_SIZE, NUMA_NO_NODE, 0, -EINVAL);
}

/* A hold outlives the reference of the buffer's maker. */
static int api_refs(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_buffer *other = mmapdemo_create("api-other", SZ_4M, NUMA_NO_NODE,
							MMAPDEMO_CREATE_PREALLOC);
	struct mmapdemo_hold *hold;
	char *at;
	int i;

	EXPECT(!IS_ERR(other));
	for (i = 0; i < 1000; i++)
		EXPECT(mmapdemo_get(other) == other);
	for (i = 0; i < 1000; i++)
		mmapdemo_put(other);
	hold = mmapdemo_hold(other, 0, SZ_4M);
	mmapdemo_put(other);
	EXPECT(!IS_ERR(hold));
	at = mmapdemo_hold_vmap(hold);
	if (at)
		memset(at, 'r', SZ_4M);
	mmapdemo_hold_end(hold);
	EXPECT(at);
	return 0;
}

/* Leaves a reference behind. */
static int api_forget(struct mmapdemo_buffer *buffer)
{
	mmapdemo_get(buffer);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct mmapdemo_buffer *buffer);
} api_tests[] = {
	{ "create",	api_create },
	{ "copy",	api_copy },
	{ "piece",	api_piece },
	{ "hold",	api_hold },
	{ "movable",	api_movable },
	{ "dma",	api_dma },
	{ "revoke",	api_revoke },
	{ "race",	api_race },
	{ "refs",	api_refs },
	{ "file",	api_file },
	{ "attach",	api_attach },
	{ "node",	api_node },
	{ "give",	api_give },
	{ "fd",		api_fd },
	{ "reader",	api_reader },
	{ "injected",	api_injected },
	{ "fixed",	api_fixed },
	{ "created",	api_created },
	{ "sealed",	api_sealed },
	{ "foreign",	api_foreign },
	{ "forget",	api_forget },
};

static int __init api_run(void)
{
	struct mmapdemo_buffer *buffer;
	int i, err;

	for (i = 0; i < ARRAY_SIZE(api_tests); i++)
		if (!strcmp(api_tests[i].name, test))
			break;
	EXPECT(i < ARRAY_SIZE(api_tests));
	buffer = mmapdemo_create("api", API_BYTES, NUMA_NO_NODE, 0);
	EXPECT(!IS_ERR(buffer));
	err = api_tests[i].run(buffer);
	mmapdemo_put(buffer);
	return err;
}

static int __init api_init(void)
{
	int err = mmapdemo_core_init();

	if (!err)
		result = api_run();
	return err;
}

static void __exit api_exit(void)
{
	mmapdemo_core_exit();
}

module_init(api_init);
module_exit(api_exit);

MMAPDEMO_IMPORT;
MODULE_DESCRIPTION("Calls the kernel API of mmapdemo");
MODULE_LICENSE("GPL");

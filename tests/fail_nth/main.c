// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo-fail-nth: has the kernel fail in each place that it can, one at a
 * time, while it loads the module and while its devices are used; says in TAP how
 * that went. Wants a kernel with fault injection, and to be root.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "sweep.h"

static const char usage[] =
	"usage: mmapdemo-fail-nth MODULE.ko IN_INIT.ko [GLOB]\n"
	"  IN_INIT.ko  made of tests/modules/in_init\n"
	"  GLOB        only the operations that match, as in 'resize*', '*mmapdemo-pfn]'\n"
	"exit status: 0 all passed, 1 some failed, 2 could not run\n";

#define NODES 16
/* A chunk for a huge folio, and 16 pages left over: what is large takes long. */
#define SIZE	  "size=2112K"
#define ALL_NODES "strategies=all " SIZE

/* The module */

static const char *loaded_with;

static int open_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static int load(int fd, const char *parameters)
{
	return syscall(SYS_finit_module, fd, parameters, 0) ? errno : 0;
}

/* An open file may be closed a moment later. */
static int unload(void)
{
	for (int i = 0; syscall(SYS_delete_module, "mmapdemo", O_NONBLOCK); i++) {
		if ((errno != EAGAIN && errno != EBUSY) || i == 100)
			return errno;
		usleep(10000);
	}
	return 0;
}

static int act_load(struct subject *s)
{
	return load(s->fd, loaded_with);
}

static const char *check_load(struct subject *s)
{
	(void)s;
	if (access("/dev/mmapdemo", R_OK | W_OK))
		return "there is no /dev/mmapdemo";
	return unload() ? "does not unload" : NULL;
}

/* Each page of some nodes is a place, so they get few; prealloc=1 is for one node only. */
static const char *const parameters[] = {
	"strategies=all size=32K",
	"prealloc=1 " SIZE,
};

/*
 * The platform device of dma: platform_device_add() does not look whether
 * dev_set_name() worked, and device_add() finds a device without a name EINVAL.
 */
static const struct operation loads[] = {
	{.name = "load", .act = act_load, .check = check_load, .may_say = EINVAL, .in_init = true},
	{.name = "load-prealloc", .act = act_load, .check = check_load, .in_init = true},
};

static int nothing_to_reset(const struct subject *s)
{
	(void)s;
	return 0;
}

static bool has_entry(const char *folder)
{
	DIR *dir = opendir(folder);
	bool found = false;
	struct dirent *entry;

	while (dir && !found && (entry = readdir(dir)))
		found = !strncmp(entry->d_name, "mmapdemo", 8);
	if (dir)
		closedir(dir);
	return found;
}

static bool has_word(const char *path)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "mmapdemo");
	if (file)
		fclose(file);
	return found;
}

static const char *nothing_left(const struct subject *s)
{
	static const char *const folders[] = {"/dev", "/sys/module", "/sys/class",
					      "/sys/kernel/debug", "/sys/bus/platform/devices"};
	static const char *const files[] = {"/proc/modules", "/proc/devices", "/proc/slabinfo",
					    "/proc/filesystems", "/proc/vmallocinfo"};
	static char what[64];
	const char *found = NULL;

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++)
		found = has_entry(folders[i]) ? folders[i] : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(files) && !found; i++)
		found = has_word(files[i]) ? files[i] : NULL;
	if (!found)
		return NULL;
	snprintf(what, sizeof(what), "something of it is left in %s", found);
	return what;
}

/* The nodes */

static const char *node_name(const struct subject *s)
{
	return strrchr(s->node, '/') + 1;
}

/* A counter of the node, or -1: without opening it, which is counted. */
static long long counted(const struct subject *s, const char *counter)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/mmapdemo/%s/%s", node_name(s), counter);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		err(2, "%s", path);
	close(fd);
	return atoll(text);
}

/* Not all kinds of buffer can do that; what they cannot, no attempt has done. */
static int unless_unknown(int result)
{
	return result && errno != EOPNOTSUPP ? errno : 0;
}

static int reset_node(const struct subject *s)
{
	struct mmapdemo_injection heal = {.size = sizeof(heal), .length = 1ULL << 62};
	struct mmapdemo_wipe wipe = {
		.size = sizeof(wipe),
		.flags = MMAPDEMO_WIPE_SET_POLICY | MMAPDEMO_WIPE_NOW,
	};
	struct mmapdemo_resize resize = {.size = sizeof(resize), .bytes = s->size};
	struct mmapdemo_punch punch = {.size = sizeof(punch), .length = s->size};
	int error = unless_unknown(ioctl(s->fd, MMAPDEMO_IOCTL_INJECT_SET, &heal));

	if (!error)
		error = unless_unknown(ioctl(s->fd, MMAPDEMO_IOCTL_WIPE, &wipe));
	if (!error)
		error = unless_unknown(ioctl(s->fd, MMAPDEMO_IOCTL_RESIZE, &resize));
	if (!error)
		error = unless_unknown(ioctl(s->fd, MMAPDEMO_IOCTL_PUNCH, &punch));
	return error;
}

static bool named_is_left(void)
{
	static const char *const folders[] = {"/dev", "/sys/class/mmapdemo",
					      "/sys/devices/virtual/mmapdemo",
					      "/sys/kernel/debug/mmapdemo"};
	char path[80];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], NAMED);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/* The process that made the attempt is gone, and so must be all that it had. */
static const char *node_settled(const struct subject *s)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	if (counted(s, "vmas"))
		return "mappings are still counted";
	if (named_is_left())
		return "the node that it made or destroyed is left";
	if (counted(s, "opens") != 1)
		return "the count of open descriptors is wrong";
	if (reset_node(s))
		return "cannot be as before";
	if (ioctl(s->fd, MMAPDEMO_IOCTL_INFO, &info))
		return "INFO fails";
	if (info.rules || info.wipe_policy || (off_t)info.bytes != s->size)
		return "rules, policy or size are not as before";
	if ((info.features & MMAPDEMO_FEATURE_RESIZE) && info.resident)
		return "memory is still held";
	return NULL;
}

static void describe(struct subject *s)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	s->fd = open(s->node, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		err(2, "%s", s->node);
	if (ioctl(s->fd, MMAPDEMO_IOCTL_INFO, &info))
		err(2, "%s: INFO", s->node);
	s->page = info.page_size;
	s->features = info.features;
	s->huge = info.features & MMAPDEMO_FEATURE_HUGE ? info.huge_size : 0;
	s->size = info.bytes;
}

static int is_node(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "mmapdemo", 8);
}

static size_t find_nodes(struct subject *subjects)
{
	struct dirent **entries;
	int count = scandir("/dev", &entries, is_node, alphasort);

	if (count < 1 || count > NODES)
		errx(2, "%d nodes in /dev", count);
	for (int i = 0; i < count; i++) {
		char *path;

		if (asprintf(&path, "/dev/%s", entries[i]->d_name) < 0)
			err(2, "asprintf");
		subjects[i] = (struct subject){.node = path};
		describe(&subjects[i]);
	}
	return count;
}

/*
 * On x86 before 6.16, remap_pfn_range() that finds no memory for a page table leaves
 * untrack_pfn() to WARN about what is not mapped: no driver can help it.
 */
static bool would_warn(const struct operation *operation, const struct subject *s)
{
	int major = 0, minor = 0;
	struct utsname kernel;

	if (!operation->fills || (strcmp(node_name(s), "mmapdemo-pfn") != 0 &&
				  strcmp(node_name(s), "mmapdemo-dma") != 0))
		return false;
	uname(&kernel);
	sscanf(kernel.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 16);
}

static bool sweep_node(const struct operation *operation, const struct subject *s,
		       unsigned int number)
{
	if (!would_warn(operation, s))
		return sweep(operation, s, reset_node, node_settled, number);
	printf("ok %u - fail-nth.%s[%s] # SKIP untrack_pfn() of this kernel warns (mended in "
	       "6.16)\n",
	       number, operation->name, s->node);
	return true;
}

static bool is_wanted(const struct operation *operation, const char *subject, const char *glob)
{
	char name[128];

	snprintf(name, sizeof(name), "%s[%s]", operation->name, subject);
	return !glob || !fnmatch(glob, name, FNM_EXTMATCH);
}

/*
 * rseq, which the C library registers, has the kernel write to our memory whenever it
 * was preempted: a failure that strikes there, as just after fork, is SIGSEGV (seen).
 */
static void without_rseq(char **argv)
{
	static const char tunable[] = "glibc.pthread.rseq=0";
	const char *set = getenv("GLIBC_TUNABLES");

	if (set && !strcmp(set, tunable))
		return;
	setenv("GLIBC_TUNABLES", tunable, 1);
	execv("/proc/self/exe", argv);
	err(2, "/proc/self/exe");
}

/* The i-th of all tables; NULL behind them. */
static const struct operation *operation_of_nodes(size_t i)
{
	const struct {
		const struct operation *operations;
		size_t count;
	} tables[] = {
		{node_operations, node_operations_count},
		{shared_operations, shared_operations_count},
		{created_operations, created_operations_count},
		{named_operations, named_operations_count},
	};

	for (size_t table = 0; table < ARRAY_SIZE(tables); table++) {
		if (i < tables[table].count)
			return &tables[table].operations[i];
		i -= tables[table].count;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct operation *operation;
	const char *glob = argc > 3 ? argv[3] : NULL;
	struct subject subjects[NODES], module = {};
	unsigned int number = 0, planned = 0;
	size_t nodes;
	bool good = true;
	int error;

	if (argc < 3 || argc > 4) {
		fputs(usage, stderr);
		return 2;
	}
	without_rseq(argv);
	setlinebuf(stdout);
	sweep_init();

	/* Once, to see what there is. */
	module.fd = open_module(argv[1]);
	error = load(open_module(argv[2]), "");
	if (error)
		errx(2, "%s does not load: %s", argv[2], strerror(error));
	error = load(module.fd, ALL_NODES);
	if (error)
		errx(2, "%s does not load: %s", argv[1], strerror(error));
	nodes = find_nodes(subjects);
	for (size_t i = 0; i < nodes; i++)
		close(subjects[i].fd);
	error = unload();
	if (error)
		errx(2, "it does not unload: %s", strerror(error));

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		planned += is_wanted(&loads[i], "module", glob);
	for (size_t n = 0; n < nodes; n++)
		for (size_t i = 0; (operation = operation_of_nodes(i)); i++)
			planned += is_wanted(operation, subjects[n].node, glob);
	if (!planned)
		errx(2, "no operation matches '%s'", glob);
	printf("1..%u\n", planned);

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		loaded_with = parameters[i];
		if (is_wanted(&loads[i], "module", glob))
			good &= sweep(&loads[i], &module, nothing_to_reset, nothing_left, ++number);
	}
	error = load(module.fd, ALL_NODES);
	if (error)
		errx(2, "%s does not load any more: %s", argv[1], strerror(error));
	for (size_t n = 0; n < nodes; n++) {
		describe(&subjects[n]);
		for (size_t i = 0; (operation = operation_of_nodes(i)); i++)
			if (is_wanted(operation, subjects[n].node, glob))
				good &= sweep_node(operation, &subjects[n], ++number);
		close(subjects[n].fd);
	}
	error = unload();
	if (error)
		errx(2, "it does not unload: %s", strerror(error));
	return good ? 0 : 1;
}

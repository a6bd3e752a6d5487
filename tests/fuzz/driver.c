// SPDX-License-Identifier: GPL-2.0-only
/* The processes, whose turn it is, and the device as it is to be when they begin. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define LIMIT 60 /* seconds that one step may take */

struct world *world;
unsigned int me;

/* All but the first are of one size. */
static const struct caps known[] = {
	{.strategy = "pagecache",
	 .reshapes = true,
	 .beyond = true,
	 .grows = true,
	 .private = true,
	 .forgets = true},
	{.strategy = "anon", .private = true, .forgets = true},
	{.strategy = "fault", .private = true, .forgets = true},
	{.strategy = "insert", .private = true},
	{.strategy = "vmalloc", .private = true},
	{.strategy = "pfn"},
	{.strategy = "pfn-fault"},
	{.strategy = "dma"},
};

static long futex(_Atomic uint32_t *word, int operation, uint32_t value, struct timespec *limit)
{
	return syscall(SYS_futex, word, operation, value, limit, NULL, 0);
}

void pass_to(unsigned int w)
{
	atomic_store(&world->workers[w].go, 1);
	futex(&world->workers[w].go, FUTEX_WAKE, 1, NULL);
}

void await_go(void)
{
	_Atomic uint32_t *go = &world->workers[me].go;

	while (!atomic_exchange(go, 0))
		futex(go, FUTEX_WAIT, 0, NULL);
}

/* Steps that change what is counted; what others do is looked at now and then. */
static bool counts(const struct step *step)
{
	const struct operation *op = &operations[step->op];

	return op->run == run_map || op->run == run_unmap || op->run == run_remap ||
	       op->run == run_protect || op->run == run_fork || op->run == run_close ||
	       op->run == run_open || op->run == run_resize || op->run == run_rule ||
	       op->run == run_kill || op->run == run_punch || op->run == run_spawn;
}

static bool maps(const struct step *step)
{
	const struct operation *op = &operations[step->op];

	return op->run == run_map || op->run == run_unmap || op->run == run_remap ||
	       op->run == run_protect || op->run == run_advise;
}

/*
 * To look takes time. Of random steps some are looked at, as what is counted
 * wrongly stays so; of a script, all.
 */
static bool looked_at(const struct step *step, uint32_t of)
{
	return !world->generating || step->seed % of == 0;
}

static void do_step(struct step *step)
{
	if (!operations[step->op].run(step))
		return;
	world->done++;
	if (me && maps(step)) {
		pages_count(me);
		if (looked_at(step, 16))
			check_maps(me);
	}
	if (!world->failed && looked_at(step, 2) &&
	    (counts(step) || !world->generating || world->next % 32 == 0))
		check_counts();
}

/* Does the steps of this process, until one is another's. */
static void take_turn(void)
{
	while (world->next < world->count && !world->failed && !world->ending) {
		struct step *step = &world->steps[world->next];

		if (world->generating && !step->op && !step->length)
			generate(step);
		if (step->worker && !world->workers[step->worker].pid) {
			world->next++; /* it is gone: a step of a script that was cut */
		} else if (step->worker != me) {
			pass_to(step->worker);
			return;
		} else {
			world->next++;
			atomic_fetch_add(&world->ticks, 1);
			do_step(step);
		}
	}
	if (me)
		pass_to(0);
}

void worker_run(unsigned int w)
{
	me = w;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		await_go();
		if (world->waker.from)
			futex_wake_other();
		else
			take_turn();
	}
}

/* It is gone, and with it what it had. */
static void bury(unsigned int w)
{
	uint32_t before = pages_of_all();

	world->workers[w].pid = 0;
	pages_end(w);
	pages_gone(before);
}

bool reap(unsigned int w)
{
	if (waitpid(world->workers[w].pid, NULL, 0) < 0)
		mismatch("waitpid of worker %u: errno %d", w, errno);
	bury(w);
	return true;
}

/* None dies but who is to. */
static void see_deaths(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	for (unsigned int w = 1; pid > 0 && w <= WORKERS; w++) {
		if (world->workers[w].pid != pid)
			continue;
		world->workers[w].pid = 0;
		if (world->ending == w && WIFEXITED(status))
			return;
		mismatch("process %u died, status %#x", w, status);
	}
}

/* The driver's part: until all steps are done, or one went wrong. */
static void drive(void)
{
	uint32_t ticks = 0;
	int idle = 0;

	for (;;) {
		struct timespec limit = {.tv_nsec = 250 * 1000 * 1000};
		_Atomic uint32_t *go = &world->workers[0].go;

		if (!atomic_exchange(go, 0)) {
			if (!futex(go, FUTEX_WAIT, 0, &limit) || errno != ETIMEDOUT)
				continue;
			see_deaths();
			idle = ticks == world->ticks ? idle + 1 : 0;
			ticks = world->ticks;
			if (idle > LIMIT * 4)
				mismatch("a step takes more than %d s", LIMIT);
			if (world->failed)
				return;
			continue;
		}
		if (world->ending) {
			unsigned int w = world->ending;

			world->ending = 0;
			if (world->workers[w].pid)
				reap(w);
			else
				bury(w);
			check_counts();
		}
		take_turn();
		if (world->failed || world->next >= world->count)
			return;
	}
}

/*** The device */

static void command(unsigned long number, void *argument, const char *what)
{
	if (ioctl(FD_BASE, number, argument))
		err(2, "%s: %s", world->path, what);
}

static void restore_size(uint64_t bytes)
{
	struct mmapdemo_wipe wipe = {.size = sizeof(wipe), .flags = MMAPDEMO_WIPE_SET_POLICY};
	struct mmapdemo_punch punch = {.size = sizeof(punch), .length = 1ULL << 40};
	struct mmapdemo_resize resize = {.size = sizeof(resize), .bytes = bytes};
	struct mmapdemo_resize most = {.size = sizeof(most), .bytes = DEVICE_PAGES * world->page};
	struct mmapdemo_injection heal = {.size = sizeof(heal), .length = 1ULL << 40};

	command(MMAPDEMO_IOCTL_INJECT_SET, &heal, "healing");
	command(MMAPDEMO_IOCTL_WIPE, &wipe, "ending the wipe policy");
	if (!world->caps.reshapes)
		return;
	/* Nothing is left of what was once beyond the end, either. */
	command(MMAPDEMO_IOCTL_RESIZE, &most, "growing it");
	command(MMAPDEMO_IOCTL_PUNCH, &punch, "punching it");
	command(MMAPDEMO_IOCTL_RESIZE, &resize, "giving it its size back");
}

/* Chaos has no more of it than a round may have: not what the module was loaded with. */
void device_begin(void)
{
	restore_size(world->start_pages * world->page);
}

static void open_at(const char *path, int mode, int fd)
{
	int opened = open(path, mode | O_NONBLOCK | O_CLOEXEC);

	if (opened < 0)
		err(2, "%s", path);
	if (dup3(opened, fd, O_CLOEXEC) < 0)
		err(2, "descriptor %d", fd);
	close(opened);
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int result = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return result;
}

int named_destroy(void)
{
	return write_to("/sys/class/mmapdemo/delete_node", NAMED);
}

static void named_make(void)
{
	if (write_to("/sys/class/mmapdemo/new_node", NAMED " size=4M"))
		err(2, "new_node: " NAMED);
}

/* Its buffer goes with the descriptors of before. */
static void named_begin(void)
{
	world->destroyed = false;
	named_make();
	open_at(world->path, O_RDWR, FD_BASE);
	open_at(world->path, O_RDONLY, FD_BASE + 1);
}

void device_restore(void)
{
	restore_size(world->original);
	if (world->named && !world->destroyed && named_destroy())
		err(2, "delete_node: " NAMED);
}

static void know_device(const char *path)
{
	struct mmapdemo_info info = {.size = sizeof(info)};
	size_t i = 0;

	open_at(path, O_RDWR, FD_BASE);
	open_at(path, O_RDONLY, FD_BASE + 1);
	if (ioctl(FD_BASE, MMAPDEMO_IOCTL_INFO, &info))
		err(2, "%s has none of the module's commands", path);
	while (i < ARRAY_SIZE(known) && strcmp(known[i].strategy, info.strategy))
		i++;
	if (i == ARRAY_SIZE(known))
		errx(2, "%s: nothing known of strategy %s", path, info.strategy);
	if (info.vmas)
		errx(2, "%s: somebody else has it mapped", path);
	world->path = path;
	world->caps = known[i];
	world->page = info.page_size;
	world->huge = info.huge_size;
	world->original = info.bytes;
	world->others = info.opens - 2;
	world->start_pages = world->caps.reshapes ? START_PAGES : info.bytes / info.page_size;
	if (world->page > PAGE_MOST || world->start_pages > DEVICE_PAGES)
		errx(2, "%s: pages of %zu bytes, %u of them: more than is provided for", path,
		     world->page, world->start_pages);
}

/* Without a path: a node that is made here. */
void world_make(const char *path, uint32_t processes)
{
	size_t size = sizeof(*world) + (DEVICE_PAGES + COPIES) * sysconf(_SC_PAGESIZE);

	world = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		err(2, "memory for the model");
	/* Each new process faults it in: by huge pages, if shmem_enabled says so. */
	madvise(world, size, MADV_HUGEPAGE);
	world->processes = processes;
	if (!path)
		named_make();
	know_device(path ? path : "/dev/" NAMED);
	world->named = !path;
	touch_init();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/*** A round: a fresh state, and then steps */

void round_end(void)
{
	for (unsigned int w = 1; w <= WORKERS; w++)
		if (world->workers[w].pid)
			kill(world->workers[w].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static void model_fresh(void)
{
	struct mmapdemo_info info;

	memset(world->workers, 0, sizeof(world->workers));
	memset(world->copy_refs, 0, sizeof(world->copy_refs));
	memset(world->descs, 0, sizeof(world->descs));
	world->copies_used = world->copy_hint = world->vma = world->ending = 0;
	world->waker.from = 0;
	world->next = world->done = world->direct = 0;
	world->failed = false;
	device_reset();
	world->descs[0] = (struct desc){.refs = 1, .mode = PROT_RW};
	world->descs[1] = (struct desc){.refs = 1, .mode = PROT_R};
	world->workers[0].fds = 3;
	if (!get_info(&info))
		return;
	for (int tries = world->weather ? 10000 : 0; tries && info.vmas; tries--) {
		usleep(1000);
		if (!get_info(&info))
			return;
	}
	if (world->shrinking) {
		world->vmas = info.vmas;
		world->others = info.opens - 2;
	} else {
		expect("INFO: vmas, when nothing is mapped", 0, (int32_t)info.vmas);
	}
	world->device.events[KICK] = info.generation;
	world->device.events[LAST_CLOSE] = info.last_closes;
}

/* Events of before are not news, as the model counts from here. */
static void drain(void)
{
	for (uint8_t n = 0; n < 2; n++) {
		struct mmapdemo_wait wait = {.size = sizeof(wait), .events = 15};

		if (ioctl(FD_BASE + n, MMAPDEMO_IOCTL_WAIT, &wait) && errno != EAGAIN)
			err(2, "%s: WAIT", world->path);
		memcpy(world->descs[n].seen, world->device.events, sizeof(world->descs[n].seen));
	}
}

bool round_run(void)
{
	struct step spawn = {};

	if (world->destroyed)
		named_begin();
	restore_size(world->start_pages * world->page);
	model_fresh();
	drain();
	for (uint32_t i = 0; i < world->processes && !world->failed; i++)
		run_spawn(&spawn);
	check_counts();
	pass_to(0);
	drive();
	round_end();
	return !world->failed;
}

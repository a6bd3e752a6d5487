// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "physics.h"
#include "row.h"
#include "target.h"

/* Not 1, which says that Check has a message: an agent is not one of its tests. */
#define AGENT_FAILED 3

enum order { MAP, LOAD, STORE, STOP };

struct request {
	uint64_t order;
	uint64_t len_or_at;
	uint64_t flags_or_value;
	uint64_t off;
};

static uint64_t ask(struct agent *agent, struct request request)
{
	if (write(agent->peer.to, &request, sizeof(request)) != sizeof(request))
		await_exit(&agent->peer);
	return hear(&agent->peer);
}

void agent_adopt(struct agent *agent, struct peer *child)
{
	agent->peer = *child;
	agent->map = NULL;
	await_turn(&agent->peer);
}

void agent_start(struct agent *agent)
{
	struct peer peer;

	if (fork_child(&peer))
		agent_exec(&peer);
	agent_adopt(agent, &peer);
}

void agent_stop(struct agent *agent)
{
	ask(agent, (struct request){STOP, 0, 0, 0});
	await_exit(&agent->peer);
}

void agent_map(struct agent *agent, size_t len, int flags, off_t off)
{
	uint64_t map;

	if (target.kind == TARGET_ANONYMOUS)
		row_not_applicable("no other process can map anonymous memory, but by fork");
	map = ask(agent, (struct request){MAP, len, flags, off});
	agent->map = (unsigned char *)(uintptr_t)map;
}

unsigned char agent_load(struct agent *agent, size_t at)
{
	return ask(agent, (struct request){LOAD, at, 0, 0});
}

void agent_store(struct agent *agent, size_t at, unsigned char value)
{
	ask(agent, (struct request){STORE, at, value, 0});
}

uint64_t agent_frame(struct agent *agent, size_t at)
{
	return frame_of_pid(agent->peer.pid, agent->map + at);
}

_Noreturn void agent_exec(const struct peer *parent)
{
	char argument[4200];

	snprintf(argument, sizeof(argument), "%d,%d,%s", parent->from, parent->to, target.path);
	execl("/proc/self/exe", "mmapdemo-rows", "--agent", argument, (char *)NULL);
	ck_abort_msg("exec of /proc/self/exe: %m");
}

static void *map_target(const char *path, const struct request *request)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		err(AGENT_FAILED, "agent: %s", path);
	map = mmap(NULL, request->len_or_at, PROT_READ | PROT_WRITE, request->flags_or_value, fd,
		   request->off);
	if (map == MAP_FAILED)
		err(AGENT_FAILED, "agent: mmap of %s", path);
	close(fd);
	return map;
}

static void serve(const struct peer *parent, const char *path)
{
	volatile unsigned char *map = NULL;
	struct request request;

	pass_turn(parent);
	while (read(parent->from, &request, sizeof(request)) == sizeof(request)) {
		if (!map && (request.order == LOAD || request.order == STORE))
			errx(AGENT_FAILED, "agent: nothing is mapped yet");
		switch (request.order) {
		case MAP:
			map = map_target(path, &request);
			tell(parent, (uintptr_t)map);
			break;
		case LOAD:
			tell(parent, map[request.len_or_at]);
			break;
		case STORE:
			map[request.len_or_at] = request.flags_or_value;
			pass_turn(parent);
			break;
		case STOP:
			pass_turn(parent);
			return;
		}
	}
	_exit(AGENT_FAILED); /* the test has ended, and has reported why */
}

_Noreturn void agent_await_end(struct peer *parent, enum agent_ending ending)
{
	if (ending == AGENT_EXECS)
		agent_exec(parent);
	child_stays(parent);
}

void agent_end(struct peer *child, enum agent_ending ending)
{
	struct agent agent;

	if (ending == AGENT_EXECS) {
		agent_adopt(&agent, child);
		agent_stop(&agent);
		return;
	}
	await_turn(child);
	if (ending == AGENT_KILLED) {
		kill_child(child);
		return;
	}
	release_child(child);
}

int agent_main(const char *argument)
{
	struct peer parent = {};
	int path = 0;

	if (sscanf(argument, "%d,%d,%n", &parent.from, &parent.to, &path) != 2 || !path)
		errx(2, "--agent is for the tests' own use");
	serve(&parent, argument + path);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Runs a chapter in a process of its own, reads its messages, and takes pictures of it. */
#define _GNU_SOURCE
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/memory.h"
#include "map/marks.h"
#include "map/read.h"
#include "stage.h"
#include "watch/event.h"
#include "watch/instance.h"
#include "watch/reader.h"
#include "wire.h"

/* A process hangs if it sends nothing for so long. A loaded VM without KVM is slow. */
#define PATIENCE	  60000
#define CONTENTS_AT_START (4 << 20)

/* The chapter that is running. */
struct stage {
	struct tour *tour;
	struct tour_part *part;
	tour_seen *seen;
	void *context;
	int socket;
	int pids[2]; /* by role; 0: not there */
	uint64_t ranges[8][2];
	size_t range_count;
	struct tour_step *step; /* that is running, or tells what was expected; NULL: none does */
	bool returned;		/* its call */
	bool over;		/* the chapter */
	bool stopped;		/* the tour */
};

static void take_event(void *context, struct tep_event *event, struct tep_record *record)
{
	struct stage *stage = context;
	struct tour_step *step = stage->step;
	const char *node = event_node(event, record);
	struct tour_event *taken;

	if (!step || stage->returned || !node || strcmp(node, stage->tour->node.name))
		return;
	step->events = array_with_one_more(step->events, step->event_count, sizeof(*step->events));
	taken = &step->events[step->event_count++];
	taken->pid = tep_data_pid(event->tep, record);
	snprintf(taken->name, sizeof(taken->name), "%s", event->name);
	taken->text = event_text(event, record);
}

static void read_events(struct stage *stage)
{
	if (stage->tour->reader)
		reader_read(stage->tour->reader, take_event, stage);
}

static void judge_events(struct tour *tour, struct tour_step *step)
{
	for (size_t i = 0; i < step->claim_count; i++) {
		struct tour_claim *claim = &step->claims[i];
		uint64_t count = 0;

		if (!claim->event)
			continue;
		for (size_t j = 0; j < step->event_count; j++)
			count += !strcmp(step->events[j].name, claim->event);
		claim->verdict = !tour->traced ? UNSEEN : count == claim->count ? HOLDS : DIFFERS;
		claim->seen = tour->traced ? format_text("%s %ju time%s", claim->event,
							 (uintmax_t)count, count == 1 ? "" : "s")
					   : format_text("%s cannot be seen without tracing",
							 claim->event);
		free(claim->event);
		claim->event = NULL;
	}
}

static void take_picture(struct stage *stage, struct tour_step *step)
{
	const struct map_want want = {
		.device = &stage->tour->node,
		.most = 16,
		.content = true,
		.tables = true,
		.ranges = stage->ranges,
	};
	char reason[256];

	map_page_sizes(&step->picture);
	step->picture.marks = stage->part->marks;
	step->picture.processes = new_array(2, sizeof(*step->picture.processes));
	for (int role = 0; role < 2; role++) {
		struct map_process *process = &step->picture.processes[step->picture.count];

		if (!stage->pids[role] ||
		    !map_read(stage->pids[role], &want, &step->picture, process, reason))
			continue;
		snprintf(process->name, sizeof(process->name), "%s",
			 stage->part->chapter->roles[role]);
		stage->tour->hidden |= process->hidden;
		step->picture.count++;
	}
	map_mark(&step->picture, stage->part->marks);
	if (stage->part->count > 1)
		step->same = map_same(&step[-1].picture, &step->picture);
}

static const struct map_page *find_page(const struct map_picture *picture, int pid,
					uint64_t address)
{
	for (size_t i = 0; i < picture->count; i++) {
		const struct map_process *process = &picture->processes[i];

		for (size_t j = 0; process->pid == pid && j < process->vma_count; j++) {
			const struct map_vma *vma = &process->vmas[j];

			if (address >= vma->start && address < vma->end && vma->pages)
				return &vma->pages[(address - vma->start) / picture->page_size];
		}
	}
	return NULL;
}

static enum tour_verdict judge_state(const struct tour_claim *claim, const struct map_page *page)
{
	bool present = page->flags & PAGE_PRESENT;
	bool holds = false;

	switch (claim->state) {
	case STATE_NONE:
		break;
	case STATE_ABSENT:
		return present ? DIFFERS : HOLDS;
	case STATE_READ_ONLY:
	case STATE_WRITABLE:
	case STATE_HUGE:
		if (present && !(page->entry & ENTRY_KNOWN))
			return UNSEEN;
		holds = claim->state == STATE_HUGE
				? page->entry & ENTRY_HUGE
				: !(page->entry & ENTRY_WRITE) == (claim->state == STATE_READ_ONLY);
		break;
	case STATE_ZERO_PAGE:
	case STATE_ANONYMOUS:
	case STATE_PAGE_CACHE:
		if (present && !page->facts.holder)
			return UNSEEN;
		holds = page->facts.holder == (claim->state == STATE_ZERO_PAGE	 ? HOLDER_ZERO
					       : claim->state == STATE_ANONYMOUS ? HOLDER_ANONYMOUS
										 : HOLDER_CACHE);
	}
	return present && holds ? HOLDS : DIFFERS;
}

static char *state_text(const struct map_page *page)
{
	const char *holder = map_holder_word(page->facts.holder);

	if (!(page->flags & PAGE_PRESENT))
		return copy_text("the entry is absent");
	if (!(page->entry & ENTRY_KNOWN) && !holder)
		return copy_text("root alone can see that");
	return format_text("%s%s, frame 0x%jx, %s",
			   !(page->entry & ENTRY_KNOWN) ? "present"
			   : page->entry & ENTRY_WRITE	? "entry rw"
							: "entry ro",
			   page->entry & ENTRY_HUGE ? " of a huge page" : "",
			   (uintmax_t)page->frame, holder ? holder : "holder unknown");
}

static void judge_states(struct tour_step *step)
{
	for (size_t i = 0; i < step->claim_count; i++) {
		struct tour_claim *claim = &step->claims[i];
		const struct map_page *page;

		if (!claim->state)
			continue;
		page = find_page(&step->picture, claim->pid, claim->address);
		claim->verdict = page ? judge_state(claim, page) : DIFFERS;
		claim->seen = page ? state_text(page) : copy_text("nothing is mapped there");
	}
}

/* The call has returned: what is seen now is the step's. */
static void observe(struct stage *stage)
{
	struct tour_step *step = stage->step;

	if (!step || stage->returned)
		return;
	read_events(stage);
	take_picture(stage, step);
	step->info.size = sizeof(step->info);
	ioctl(stage->tour->fd, MMAPDEMO_IOCTL_INFO, &step->info);
	stage->returned = true;
}

static void end_step(struct stage *stage)
{
	struct tour_step *step = stage->step;

	if (!step)
		return;
	observe(stage);
	judge_events(stage->tour, step);
	judge_states(step);
	if (tour_step_verdict(step) == DIFFERS)
		stage->part->verdict = DIFFERS;
	stage->step = NULL;
	stage->stopped = !stage->seen(stage->tour, stage->part, step, stage->context);
}

static void begin_step(struct stage *stage, const struct tour_message *message)
{
	struct tour_part *part = stage->part;

	end_step(stage);
	/* events between two steps belong to none */
	read_events(stage);
	part->steps = array_with_one_more(part->steps, part->count, sizeof(*part->steps));
	stage->step = &part->steps[part->count++];
	*stage->step = (struct tour_step){
		.call = copy_text(message->text), .pid = message->pid, .role = message->role};
	stage->pids[message->role] = message->pid;
	stage->returned = false;
}

static void add_claim(struct stage *stage, const struct tour_message *message)
{
	struct tour_part *part = stage->part;
	bool later = message->kind == SAYS_EVENTS, state = message->kind == SAYS_STATE;
	struct tour_step *step;

	if (!part->count)
		return;
	step = &part->steps[part->count - 1];
	step->claims = array_with_one_more(step->claims, step->claim_count, sizeof(*step->claims));
	step->claims[step->claim_count++] = (struct tour_claim){
		.expected = copy_text(message->text),
		.seen = later || state ? NULL : copy_text(message->seen),
		.state = state ? message->number : STATE_NONE,
		.address = message->range[0],
		.pid = message->range[1],
		.verdict = message->verdict,
		.event = later ? copy_text(message->seen) : NULL,
		.count = message->number,
	};
}

static void add_range(struct stage *stage, const struct tour_message *message)
{
	/* the last one stays 0, 0 */
	if (stage->range_count + 1 < sizeof(stage->ranges) / sizeof(*stage->ranges))
		memcpy(stage->ranges[stage->range_count++], message->range, sizeof(message->range));
}

static void fail_part(struct tour_part *part, const char *reason)
{
	part->verdict = DIFFERS;
	free(part->reason);
	part->reason = copy_text(reason);
}

/* Lets the process that waits for the answer go on. */
static void answer(const struct stage *stage)
{
	if (!stage->stopped)
		send(stage->socket, "", 1, MSG_NOSIGNAL);
}

static void hear(struct stage *stage, const struct tour_message *message)
{
	switch (message->kind) {
	case SAYS_CALL:
		begin_step(stage, message);
		answer(stage);
		break;
	case SAYS_RESULT:
		if (stage->step)
			stage->step->result = copy_text(message->text);
		/* fork(): the child is drawn from here on. */
		if (message->number)
			stage->pids[1] = message->number;
		break;
	case SAYS_ASK:
		if (stage->step)
			stage->step->question = copy_text(message->text);
		break;
	case SAYS_WHY:
		if (stage->step)
			stage->step->why = copy_text(message->text);
		break;
	case SAYS_DONE:
		observe(stage);
		answer(stage);
		break;
	case SAYS_CLAIM:
	case SAYS_STATE:
	case SAYS_EVENTS:
		add_claim(stage, message);
		break;
	case SAYS_WATCH:
		add_range(stage, message);
		break;
	case SAYS_END:
		end_step(stage);
		answer(stage);
		break;
	case SAYS_LEFT:
		stage->pids[message->role] = 0;
		break;
	case SAYS_NOT_HERE:
		stage->part->verdict = UNSEEN;
		stage->part->reason = copy_text(message->text);
		stage->over = true;
		break;
	case SAYS_FAILED:
		fail_part(stage->part, message->text);
		stage->over = true;
	}
}

/* Until the last process of the chapter has closed its end. */
static void listen_to(struct stage *stage)
{
	struct pollfd poller = {.fd = stage->socket, .events = POLLIN};
	struct tour_message message;

	while (!stage->stopped && !stage->over) {
		ssize_t got;

		int ready = poll(&poller, 1, PATIENCE);

		if (ready < 0) { /* a signal: tour.c */
			stage->stopped = true;
			return;
		}
		if (!ready) {
			fail_part(
				stage->part,
				"the chapter's processes hang: they reported nothing for a minute");
			return;
		}
		got = recv(stage->socket, &message, sizeof(message), 0);
		if (got != sizeof(message))
			return;
		hear(stage, &message);
	}
}

static void clear_device(struct tour *tour)
{
	struct mmapdemo_punch punch = {.size = sizeof(punch), .length = CONTENTS_AT_START};

	ioctl(tour->fd, MMAPDEMO_IOCTL_PUNCH, &punch);
}

static pid_t begin_actor(const struct tour *tour, const struct tour_chapter *chapter, int ends[2])
{
	pid_t actor, narrator = getpid();

	fflush(NULL);
	actor = fork();
	if (actor)
		return actor;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != narrator)
		_exit(3);
	close(ends[0]);
	tour_act(chapter, ends[1], tour->fd);
}

bool tour_run(struct tour *tour, const struct tour_chapter *chapter, tour_seen *seen, void *context)
{
	struct stage stage = {.tour = tour, .seen = seen, .context = context};
	int ends[2], status;
	pid_t actor;

	tour->parts = array_with_one_more(tour->parts, tour->count, sizeof(*tour->parts));
	stage.part = &tour->parts[tour->count++];
	stage.part->chapter = chapter;
	stage.part->marks = new_array(1, sizeof(*stage.part->marks));
	clear_device(tour);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		err(1, "socketpair");
	actor = begin_actor(tour, chapter, ends);
	if (actor < 0)
		err(1, "fork");
	close(ends[1]);
	stage.socket = ends[0];
	listen_to(&stage);
	kill(-actor, SIGKILL); /* whoever is left of it */
	waitpid(actor, &status, 0);
	/* Its child has become this process's; its mappings end before the next chapter begins. */
	while (waitpid(-actor, NULL, 0) > 0)
		;
	close(ends[0]);
	if (!stage.stopped && !stage.part->reason && (!WIFEXITED(status) || WEXITSTATUS(status)))
		fail_part(stage.part, WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
							  : "the chapter's process gave up");
	return !stage.stopped;
}

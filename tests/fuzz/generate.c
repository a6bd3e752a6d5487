// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random steps. Places are where others are too, or where something ends: a
 * crowd of small mappings, huge pages' edges, the device's start and end.
 */
#include "../number.h"
#include "fuzz.h"

#define STAYS	   12	/* steps that a process does in a row, on average */
#define CHECK_EACH 2500 /* steps */

static uint32_t any(uint32_t below)
{
	return (random_word(&world->random) >> 32) * below >> 32;
}

static bool chance(uint32_t in)
{
	return !any(in);
}

static unsigned int any_worker(void)
{
	for (;;) {
		unsigned int w = 1 + any(WORKERS);

		if (world->workers[w].pid)
			return w;
	}
}

static uint32_t any_place(void)
{
	uint32_t near = any(3) * CHUNK;

	switch (any(8)) {
	case 0:
		return any(3) * CHUNK;
	case 1:
		return near + any(16);
	case 2:
		return any(ARENA_PAGES);
	default:
		return CROWD + any(64);
	}
}

/* A place where the process has something mapped, if a short search finds one. */
static uint32_t mapped_place(const struct worker *worker)
{
	uint32_t at = any_place();

	for (uint32_t i = 0; i < 64 && at + i < ARENA_PAGES; i++)
		if (worker->pages[at + i].mapped)
			return at + i;
	return at;
}

/* Or where it was before: what is done twice to a place is seen there. */
static uint32_t place_again(struct worker *worker)
{
	if (chance(3) || !worker->pages[worker->place].mapped)
		worker->place = mapped_place(worker);
	return worker->place;
}

static uint32_t any_pages(void)
{
	switch (any(16)) {
	case 0:
		return CHUNK;
	case 1:
		return 1 + any(CHUNK + 64);
	case 2:
	case 3:
		return 1 + any(64);
	default:
		return 1 + any(6);
	}
}

static uint32_t any_offset(void)
{
	uint32_t size = world->device.size;

	switch (any(8)) {
	case 0:
		return any(4) * CHUNK;
	case 1:
		return (1 + any(2)) * CHUNK - 8 + any(16);
	case 2:
		return any(size + 8);
	case 3:
	case 4:
		return size > 8 ? size - 8 + any(12) : any(12);
	default:
		return any(24);
	}
}

static uint32_t any_size(void)
{
	switch (any(8)) {
	case 0:
		return 1 + any(DEVICE_PAGES - 1);
	case 1:
		return (1 + any(3)) * CHUNK;
	case 2:
		return chance(4) ? any(16) : CHUNK;
	case 3:
		return CHUNK + any(CHUNK);
	default:
		return 2 * CHUNK + any(DEVICE_PAGES - 2 * CHUNK);
	}
}

static uint32_t any_length(void)
{
	switch (any(12)) {
	case 0:
		return 1 + any(3 * world->page - 1);
	case 1:
		return world->page;
	case 2:
		return 1 + any(world->page);
	default:
		return 1 + any(24);
	}
}

static uint8_t any_desc(uint8_t prefer, uint32_t fds)
{
	uint8_t desc = any(DESCS);

	return chance(3) && fds & 1u << desc ? desc : prefer;
}

static uint8_t any_prot(void)
{
	static const uint8_t prots[] = {PROT_RW, PROT_RW, PROT_RW, PROT_RW,
					PROT_R,	 PROT_R,  PROT_W,  PROT_NOTHING};

	return prots[any(ARRAY_SIZE(prots))];
}

/* A huge page's range, where a huge page can be mapped. */
static void make_huge(struct step *step)
{
	step->at = any(2) * CHUNK;
	step->offset = any(3) * CHUNK;
	step->length = CHUNK * (1 + chance(3));
}

static void make_map(struct step *step)
{
	step->at = any_place();
	step->length = any_pages();
	step->offset = any_offset();
	if (chance(6))
		make_huge(step);
	step->prot = any_prot();
	step->kind = any(2);
	step->how = any(5);
	if (step->how == POPULATE && step->length > 64 && !chance(8))
		step->how = FIXED;
}

static void make_remap(struct step *step)
{
	step->how = any(4);
	step->to = any_place();
	step->more = chance(3) ? step->length : any_pages();
}

static void make_punch(struct step *step)
{
	step->offset = any_offset();
	step->byte = chance(3) ? any(world->page) : 0;
	step->length = chance(2) ? any_pages() * world->page : any_length();
	if (chance(6)) {
		step->offset = any(3) * CHUNK;
		step->byte = 0;
		step->length = CHUNK * world->page;
	}
}

static void make_collapse(struct step *step)
{
	step->offset = any(3) * CHUNK;
	step->byte = 0;
	step->length = (1 + any(2)) * CHUNK * world->page - chance(8);
}

static void make_rule(struct step *step)
{
	step->offset = any_offset();
	step->length = chance(4) ? any_pages() : 1 + any(3);
	step->kind = any(4);
	step->how = chance(3);
	/* Fewer rules than would be in everybody's way: the end of them, now and then. */
	if (chance(3)) {
		step->offset = 0;
		step->length = DEVICE_PAGES;
		step->kind = step->how = 0;
	}
}

static void make_futex(struct step *step)
{
	const struct page *mine, *other;

	step->more = mapped_place(&world->workers[step->to]);
	mine = world->workers[step->worker].pages;
	other = &world->workers[step->to].pages[step->more];
	for (uint32_t i = 0; i < ARENA_PAGES; i++)
		if (mine[i].mapped && mine[i].shared && mine[i].dev == other->dev)
			step->at = i;
}

/* The fields that any step may need; each takes those that it knows. */
static void make_any(struct step *step)
{
	struct worker *worker = &world->workers[step->worker];

	step->at = place_again(worker);
	step->byte = any(world->page);
	step->length = any_length();
	step->offset = any_offset();
	step->to = any_worker();
	step->desc = any_desc(0, worker->fds);
	step->seed = any(1 << 20);
}

static void make_rest(struct step *step)
{
	const struct operation *op = &operations[step->op];

	if (op->run == run_map) {
		make_map(step);
	} else if (op->run == run_unmap || op->run == run_protect || op->run == run_advise) {
		step->length = any_pages();
		step->prot = any_prot();
		step->kind = any(DOFORK + 1);
		if (step->kind == POP_WRITE && step->length > 64 && !chance(8))
			step->length = 8;
	} else if (op->run == run_remap) {
		step->length = 1 + any(chance(4) ? CHUNK : 4);
		make_remap(step);
	} else if (op->run == run_peek || op->run == run_poke) {
		step->at = mapped_place(&world->workers[step->to]);
	} else if (op->run == run_futex) {
		make_futex(step);
	} else if (op->run == run_seek) {
		step->kind = any(2);
	} else if (op->run == run_resize) {
		step->length = any_size();
		step->byte = chance(16);
	} else if (op->run == run_punch) {
		make_punch(step);
	} else if (op->run == run_collapse) {
		make_collapse(step);
	} else if (op->run == run_policy) {
		step->kind = any(4);
	} else if (op->run == run_rule) {
		make_rule(step);
	} else if (op->run == run_wait) {
		step->kind = any(16);
	} else if (op->run == run_open) {
		step->prot = 1 + any(3);
	} else if (op->run == run_spawn || op->run == run_kill) {
		step->worker = 0;
	} else {
		step->to = any(world->page); /* a byte of the device's page */
	}
}

static uint8_t any_operation(void)
{
	uint32_t sum = 0, at;

	for (size_t i = 0; i < operation_count; i++)
		sum += operations[i].weight;
	at = any(sum);
	for (uint8_t i = 0;; i++) {
		if (at < (uint32_t)operations[i].weight)
			return i;
		at -= operations[i].weight;
	}
}

void generate(struct step *step)
{
	uint32_t phase = world->next % CHECK_EACH;

	*step = (struct step){.worker = me};
	if (!me || chance(STAYS) || !world->workers[me].pid)
		step->worker = any_worker();
	if (phase == CHECK_EACH - 1 || phase == CHECK_EACH - 2) {
		step->op = operation_count - 1;
		step->worker = phase == CHECK_EACH - 1 ? 0 : step->worker;
		return;
	}
	step->op = any_operation();
	make_any(step);
	make_rest(step);
}

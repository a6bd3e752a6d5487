// SPDX-License-Identifier: GPL-2.0-only
/* The model of the device: its bytes, memory, rules and events. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

unsigned char *device_bytes(uint32_t page)
{
	return world->bytes + page * world->page;
}

size_t device_size(void)
{
	return world->device.size * world->page;
}

void device_reset(void)
{
	struct device *d = &world->device;

	memset(d, 0, sizeof(*d));
	memset(world->bytes, 0, DEVICE_PAGES * world->page);
	d->size = world->start_pages;
}

void device_store(size_t offset, const void *from, size_t length)
{
	memcpy(world->bytes + offset, from, length);
	for (size_t page = offset / world->page; page * world->page < offset + length; page++) {
		world->device.filled[page] = 1;
		device_present(page);
	}
}

/* Of pages that have no memory nothing changes, and they still have none. */
void device_zero(size_t offset, size_t length)
{
	memset(world->bytes + offset, 0, length);
}

void device_load(size_t offset, void *to, size_t length)
{
	memcpy(to, world->bytes + offset, length);
}

static void set_present(uint32_t page, uint8_t present)
{
	struct device *d = &world->device;

	d->least += (present == SURELY) - (d->present[page] == SURELY);
	d->most += !!present - !!d->present[page];
	d->present[page] = present;
}

/* With a page, all of a huge one may have come. */
void device_present(uint32_t page)
{
	struct device *d = &world->device;
	uint32_t chunk = page / CHUNK * CHUNK;

	if (d->present[page] == SURELY)
		return;
	for (uint32_t i = chunk; i < chunk + CHUNK && i < d->size; i++)
		if (!d->present[i])
			set_present(i, MAYBE);
	set_present(page, SURELY);
}

void device_punch(uint32_t first, uint32_t end)
{
	struct device *d = &world->device;

	for (uint32_t i = first; i < end; i++) {
		if (d->filled[i])
			memset(device_bytes(i), 0, world->page);
		d->filled[i] = 0;
		set_present(i, 0);
	}
}

void device_keep(uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++)
		if (i / CHUNK * CHUNK < first || i / CHUNK * CHUNK + CHUNK > end)
			set_present(i, MAYBE);
}

void device_wipe(void)
{
	struct device *d = &world->device;

	for (uint32_t i = 0; i < d->size; i++) {
		if (d->filled[i])
			memset(device_bytes(i), 0, world->page);
		d->filled[i] = 0;
	}
	device_event(WIPED);
}

bool device_fires_once(uint32_t page)
{
	const struct rule *rule = &world->device.rules[world->device.rule[page]];

	return page < world->device.size && rule->once && !rule->fired;
}

int device_access(uint32_t page)
{
	struct rule *rule = &world->device.rules[world->device.rule[page]];

	if (!world->device.rule[page] || rule->action == MMAPDEMO_INJECT_COUNT)
		return 0;
	if (rule->once && rule->fired)
		return 0;
	rule->fired++;
	return rule->action == MMAPDEMO_INJECT_HWPOISON ? EHWPOISON : EIO;
}

static uint8_t new_rule(int action, bool once)
{
	struct device *d = &world->device;
	uint8_t used[RULES] = {1}; /* 0 is none */
	uint8_t i;

	for (uint32_t page = 0; page < DEVICE_PAGES; page++)
		used[d->rule[page]] = 1;
	for (i = 1; i < RULES - 1 && used[i]; i++)
		;
	d->rules[i] = (struct rule){.action = action, .once = once};
	return i;
}

void device_set_rule(uint32_t first, uint32_t end, int action, bool once)
{
	struct device *d = &world->device;
	uint8_t rule = 0;

	memset(d->rule + first, 0, end - first);
	if (action != MMAPDEMO_INJECT_NONE)
		rule = new_rule(action, once);
	memset(d->rule + first, rule, end - first);
	d->rule_parts = 0;
	for (uint32_t page = 0; page < DEVICE_PAGES; page++)
		d->rule_parts += d->rule[page] && (!page || d->rule[page - 1] != d->rule[page]);
}

void device_event(enum events event)
{
	world->device.events[event]++;
}

// SPDX-License-Identifier: GPL-2.0-only
/* M16: memory is on the node that the module's parameter says. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

/* A directory of sysfs for each block of memory has a link for each node that it is on. */
static bool frame_is_on(uint64_t frame, int node)
{
	char text[32], path[128];

	ck_assert_int_eq(
		read_text("/sys/devices/system/memory/block_size_bytes", text, sizeof(text)), 0);
	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu/node%d",
		 (unsigned long long)(frame * target.page / strtoull(text, NULL, 16)), node);
	return !access(path, F_OK);
}

ROW(M16, node_parameter, "each page is on the node that the parameter node= says")
{
	char text[16];
	unsigned char *map;
	int node;

	if (read_text("/sys/module/mmapdemo/parameters/node", text, sizeof(text)))
		row_not_applicable("the target is not the module's");
	node = atoi(text);
	if (node < 0)
		row_not_applicable("the module was loaded without node=");
	map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);
	for (int page = 0; page < TEST_PAGES; page++) {
		(void)*(volatile unsigned char *)(map + pages(page));
		ck_assert_msg(frame_is_on(frame_of(map + pages(page)), node),
			      "page %d is not on node %d", page, node);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo-rows is `mmapdemo conform` alone, with defaults for a VM that tests the module. It is
 * static, and needs no library of the other sub-commands, so that it runs in any VM.
 */
#include <string.h>

#include "conform.h"
#include "support/agent.h"
#include "support/target.h"

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--agent"))
		return agent_main(argv[2]);
	may_disturb_system = true;
	return conform(argc, argv,
		       (struct options){.default_target = "/dev/mmapdemo",
					.may_write = true,
					.view = &view_tap});
}

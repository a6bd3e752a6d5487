// SPDX-License-Identifier: GPL-2.0-only
/* The call that zoo/ioctl_first.c and tests/modules/odd want, on descriptor 3, as `mmapdemo conform
 * --setup` passes it.
 */
#include <err.h>
#include <sys/ioctl.h>

int main(void)
{
	if (ioctl(3, _IO('z', 1)))
		err(1, "ioctl");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What mmapdemo_revoke() ends, and what it leaves. */
#include <linux/mm.h>

#include "api.h"

/* A hold that was there before a revoke goes on, and nothing else does. */
static int api_revoke_use(struct mmapdemo_buffer *buffer, struct mmapdemo_hold *hold)
{
	char *at = mmapdemo_hold_vmap(hold);
	char seen;

	EXPECT(at);
	EXPECT(!mmapdemo_revoke(buffer) && !mmapdemo_revoke(buffer));
	*at = 'h';
	EXPECT(READ_ONCE(*at) == 'h');
	EXPECT(!mmapdemo_bytes(buffer));
	EXPECT(mmapdemo_copy_in(buffer, 0, "x", 1) == -ENODEV);
	EXPECT(mmapdemo_copy_out(buffer, 0, &seen, 1) == -ENODEV);
	EXPECT(mmapdemo_hold(buffer, 0, PAGE_SIZE) == ERR_PTR(-ENODEV));
	EXPECT(mmapdemo_reshape_punch(buffer, 0, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_reshape_resize(buffer, PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_reshape_resize(buffer, 8 * PAGE_SIZE) == -ENODEV);
	EXPECT(mmapdemo_file(buffer, "[api]", O_RDWR) == ERR_PTR(-ENODEV));
	mmapdemo_notify(buffer);
	return 0;
}

int api_revoke(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_hold *hold = mmapdemo_hold(buffer, 0, API_BYTES);
	int err;

	EXPECT(!IS_ERR(hold));
	err = api_revoke_use(buffer, hold);
	mmapdemo_hold_end(hold);
	return err;
}

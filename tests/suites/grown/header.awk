# SPDX-License-Identifier: GPL-2.0-only
# include/uapi/linux/mmapdemo.h as it will be some day: each struct has one field more.

/^struct mmapdemo_[a-z_]+ \{/ { inside = 1; structs++ }
inside && /^};/ { print "\t__aligned_u64 grown;"; inside = 0 }
{ print }
/^#define _UAPI_LINUX_MMAPDEMO_H/ { print "\n#define MMAPDEMO_GROWN 8 /* bytes, of each struct */" }
END { exit !structs }

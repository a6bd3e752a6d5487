/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Users and groups from the files in /etc: the command is linked statically, and getpwnam() would
 * need shared libraries for other sources.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>

/* By name, or by number if name is NULL. The answer is valid until the next question. */
const struct passwd *find_user(const char *name, uid_t id);
const struct group *find_group(const char *name, gid_t id);

/* The name that the file has, or the number. */
const char *user_word(uid_t id, char word[64]);
const char *group_word(gid_t id, char word[64]);

#endif

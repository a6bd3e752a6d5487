// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "accounts.h"

const struct passwd *find_user(const char *name, uid_t id)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	while (file && (user = fgetpwent(file)))
		if (name ? !strcmp(user->pw_name, name) : user->pw_uid == id)
			break;
	if (file)
		fclose(file);
	return user;
}

const struct group *find_group(const char *name, gid_t id)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *group = NULL;

	while (file && (group = fgetgrent(file)))
		if (name ? !strcmp(group->gr_name, name) : group->gr_gid == id)
			break;
	if (file)
		fclose(file);
	return group;
}

static const char *word_of(const char *name, unsigned int id, char word[64])
{
	if (name)
		snprintf(word, 64, "%s", name);
	else
		snprintf(word, 64, "%u", id);
	return word;
}

const char *user_word(uid_t id, char word[64])
{
	const struct passwd *user = find_user(NULL, id);

	return word_of(user ? user->pw_name : NULL, id, word);
}

const char *group_word(gid_t id, char word[64])
{
	const struct group *group = find_group(NULL, id);

	return word_of(group ? group->gr_name : NULL, id, word);
}

// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo create --node, destroy and list: device nodes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "common/accounts.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/number.h"
#include "nodes.h"
#include "support/text.h"

#define CLASS "/sys/class/mmapdemo/"

/* The kernel's name of a node. NAME may be that, or its path in /dev. */
static const char *node_name(const char *name)
{
	return strncmp(name, "/dev/", 5) ? name : name + 5;
}

/* Writes a line to an attribute of the class, in one write(). */
static void tell(struct control *control, const char *name, const char *attribute, const char *line)
{
	static const struct advice advice[] = {
		{EINVAL, "no such name or setting: the kernel log says which (dmesg)"},
		{EOPNOTSUPP, "no such cache= there: the kernel log says why (dmesg)"},
		{ENAMETOOLONG, "a name has at most 60 bytes"},
		{EEXIST, "it is there already (mmapdemo list)"},
		{ENOENT, "there is no such node (mmapdemo list), or the module is not loaded, or "
			 "too old"},
		{ENOSPC, "there are 4096 nodes, and no more are possible"},
		{EACCES, "only root makes and destroys nodes"},
		{EAGAIN, "the module is not loaded yet: try again"},
		{},
	};
	char path[64], *node = format_text("/dev/%s", name);

	snprintf(path, sizeof(path), CLASS "%s", attribute);
	control->device = node;
	errno = write_text(path, line);
	if (errno)
		control_explain(control, advice);
	free(node);
}

/* A number needs no entry in the file; `of' is the text before the name. */
static unsigned int number_of(const struct control *control, const char *of, const char *name,
			      const char *file)
{
	uint64_t id;

	if (!parse_number(name, &id) || id >= UINT_MAX)
		control_fail(control, "owner=%s%s: there is no such %s", of, name, file);
	return id;
}

static unsigned int user_id(const struct control *control, const char *name)
{
	const struct passwd *user = find_user(name, 0);

	return user ? user->pw_uid : number_of(control, "", name, "user in /etc/passwd");
}

static unsigned int group_id(const struct control *control, const char *name)
{
	const struct group *group = find_group(name, 0);

	return group ? group->gr_gid : number_of(control, ":", name, "group in /etc/group");
}

/* owner=USER[:GROUP], as in chown(1). */
static void write_owner(const struct control *control, FILE *line, char *owner)
{
	char *group = strchr(owner, ':');

	if (group)
		*group++ = '\0';
	if (*owner)
		fprintf(line, " uid=%u", user_id(control, owner));
	if (group)
		fprintf(line, " gid=%u", group_id(control, group));
}

void node_make(struct control *control, const char *name, char *const *words)
{
	char *text = NULL;
	size_t size;
	FILE *line = text_stream(&text, &size);

	control->device = name;
	name = node_name(name);
	fputs(name, line);
	for (; words && *words; words++) {
		if (strpbrk(*words, " \n"))
			control_fail(control, "'%s': a setting must have no space", *words);
		if (!strncmp(*words, "owner=", 6))
			write_owner(control, line, *words + 6);
		else
			fprintf(line, " %s", *words);
	}
	fclose(line);
	tell(control, name, "new_node", text);
	free(text);
}

int destroy_main(int argc, char **argv)
{
	static const struct argp argp = {
		.args_doc = "NODE...",
		.doc = "Removes nodes.\v"
		       "NODE is a name, or a path in /dev. No process can open it any more. A "
		       "process that has it open or mapped keeps the buffer.\n\n" CONTROL_STATUS,
	};
	struct control control = {.name = argv[0]};
	int first;

	argp_parse(&argp, argc, argv, 0, &first, NULL);
	if (first == argc) {
		fprintf(stderr, "%s: wants NODE (--help)\n", argv[0]);
		return 2;
	}
	for (; first < argc; first++)
		tell(&control, node_name(argv[first]), "delete_node", node_name(argv[first]));
	return 0;
}

struct node {
	char name[256], strategy[16];
	uint64_t bytes;
	struct stat stat_of; /* all zero: nothing is in /dev */
};

static void attribute(const char *name, const char *attribute, char *text, size_t size)
{
	char path[320];

	snprintf(path, sizeof(path), CLASS "%s/%s", name, attribute);
	*text = '\0';
	if (!read_text(path, text, size))
		text[strcspn(text, "\n")] = '\0';
}

/* False if the node has gone meanwhile. */
static bool node_look(const char *name, struct node *node)
{
	char path[300], size[32];

	*node = (struct node){};
	snprintf(node->name, sizeof(node->name), "%s", name);
	attribute(name, "strategy", node->strategy, sizeof(node->strategy));
	attribute(name, "size", size, sizeof(size));
	snprintf(path, sizeof(path), "/dev/%s", name);
	if (stat(path, &node->stat_of))
		node->stat_of = (struct stat){};
	return *node->strategy && parse_number(size, &node->bytes);
}

/* USER:GROUP. Most nodes have the owner of the node before, for which /etc is not read again. */
static const char *node_owner(const struct stat *of)
{
	static char owner[132], user[64], group[64];
	static uid_t uid;
	static gid_t gid;

	if (*owner && of->st_uid == uid && of->st_gid == gid)
		return owner;
	uid = of->st_uid;
	gid = of->st_gid;
	snprintf(owner, sizeof(owner), "%s:%s", user_word(uid, user), group_word(gid, group));
	return owner;
}

static void node_print(const struct node *node)
{
	char bytes[24];

	printf("%-24s %-9s %8s  ", node->name, node->strategy, number_bytes(node->bytes, bytes));
	if (!node->stat_of.st_mode)
		puts("not in /dev");
	else
		printf("%04o %s\n", node->stat_of.st_mode & 07777, node_owner(&node->stat_of));
}

static struct json_object *node_json(const struct node *node)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", node->name);
	add_text(object, "strategy", node->strategy);
	add_number(object, "bytes", node->bytes);
	if (node->stat_of.st_mode) {
		add_number(object, "mode", node->stat_of.st_mode & 07777);
		add_number(object, "uid", node->stat_of.st_uid);
		add_number(object, "gid", node->stat_of.st_gid);
	}
	return object;
}

static int is_node(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "mmapdemo", strlen("mmapdemo"));
}

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
	struct control *control = state->input;

	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	control->json = true;
	return 0;
}

int list_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"json", 'j', NULL, 0, "print JSON, for programs", 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_list,
		.doc = "Lists the module's nodes.\v" CONTROL_STATUS,
	};
	struct control control = {.name = argv[0], .device = CLASS};
	struct json_object *list;
	struct dirent **entries;
	struct node node;
	int count;

	argp_parse(&argp, argc, argv, 0, NULL, &control);
	count = scandir(CLASS, &entries, is_node, versionsort);
	if (count < 0)
		control_fail(&control, "%s: load the module (modprobe mmapdemo, make load)",
			     strerror(errno));
	list = json_object_new_array();
	if (!control.json)
		printf("%-24s %-9s %8s  %s\n", "NODE", "STRATEGY", "SIZE", "MODE OWNER");
	for (int i = 0; i < count; i++) {
		if (node_look(entries[i]->d_name, &node)) {
			if (control.json)
				json_object_array_add(list, node_json(&node));
			else
				node_print(&node);
		}
		free(entries[i]);
	}
	free(entries);
	if (control.json)
		show_pretty(list);
	else
		json_object_put(list);
	return 0;
}

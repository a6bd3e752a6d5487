// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tracefs.h>

#include "instance.h"

#define SYSTEM "mmapdemo"

/*
 * libtraceevent's own would link its loader of plugins, and with it dlopen(), into a static
 * program. No plugin is loaded, so that there is none to free.
 */
void free_tep_plugin_paths(struct tep_handle *tep)
{
	(void)tep;
}

static struct tracefs_instance *instance;
static struct reader *reader;
static pid_t owner; /* a child that ends puts nothing back */

static void put_back(void)
{
	if (getpid() != owner)
		return;
	if (reader)
		reader_close(reader); /* or the instance would be busy */
	if (tracefs_instance_destroy(instance))
		fprintf(stderr, "mmapdemo: trace instance %s is left behind: %s\n",
			tracefs_instance_get_name(instance), strerror(errno));
	tracefs_instance_free(instance);
}

/* A killed process could not remove its instance. A live one keeps its own busy. */
static void remove_left_behind(const char *prefix)
{
	char pattern[80];
	char **names;

	snprintf(pattern, sizeof(pattern), "^%s", prefix);
	names = tracefs_instances(pattern);
	for (char **name = names; name && *name; name++) {
		struct tracefs_instance *old;

		if (!kill(atoi(*name + strlen(prefix)), 0) || errno != ESRCH)
			continue;
		old = tracefs_instance_create(*name);
		if (old)
			tracefs_instance_destroy(old);
		tracefs_instance_free(old);
	}
	tracefs_list_free(names);
}

static struct reader *refuse(char reason[256], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct reader *refuse(char reason[256], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, 256, format, ap);
	va_end(ap);
	return NULL;
}

struct reader *tracing_begin(const char *user, char reason[256])
{
	char prefix[64], name[80];

	tracefs_set_loglevel(TEP_LOG_NONE);
	if (!tracefs_tracing_dir())
		return refuse(reason, "tracefs is not mounted, and cannot be: run as root "
				      "(mount -t tracefs none /sys/kernel/tracing)");
	snprintf(prefix, sizeof(prefix), SYSTEM "-%s-", user);
	remove_left_behind(prefix);
	snprintf(name, sizeof(name), "%s%d", prefix, (int)getpid());
	instance = tracefs_instance_create(name);
	if (!instance)
		return refuse(reason, "no trace instance can be made: %s: run as root",
			      strerror(errno));
	owner = getpid();
	atexit(put_back);
	if (!tracefs_dir_exists(instance, "events/" SYSTEM))
		return refuse(reason, "the module is not loaded, or has no tracepoints: "
				      "modprobe mmapdemo");
	if (tracefs_instance_file_write(instance, "trace_clock", "mono") >= 0)
		reader = reader_open(instance, SYSTEM);
	return reader ? reader : refuse(reason, "tracing cannot be set up: %s", strerror(errno));
}

bool tracing_enable(const char *event)
{
	return tracefs_event_enable(instance, SYSTEM, event) >= 0;
}

void tracing_stop(void)
{
	tracefs_trace_off(instance);
}

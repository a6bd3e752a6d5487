// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "comm.h"
#include "utf8.h"

bool comm_read(int pid, char comm[COMM_SIZE])
{
	char path[64];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	read = file && fscanf(file, "%31[^\n]", comm) == 1;
	if (file)
		fclose(file);
	if (read)
		utf8_clean(comm);
	else
		strcpy(comm, "?");
	return read;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "model.h"

bool map_is_files(const struct map_vma *vma, uint32_t flags)
{
	return *vma->file && (vma->perms[3] == 's' || flags & PAGE_FILE);
}

void map_process_free(struct map_process *process)
{
	for (size_t i = 0; i < process->vma_count; i++) {
		struct map_vma *vma = &process->vmas[i];

		for (size_t j = 0; j < vma->count && vma->pages; j++)
			free(vma->pages[j].content);
		free(vma->pages);
		free(vma->name);
		free(vma->vm_flags);
	}
	free(process->vmas);
	*process = (struct map_process){};
}

void map_picture_free(struct map_picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		map_process_free(&picture->processes[i]);
	free(picture->processes);
	*picture = (struct map_picture){};
}

// SPDX-License-Identifier: GPL-2.0-only
/* The picture as a page: one file, nothing fetched, no script. */
#include "common/html.h"
#include "common/number.h"
#include "draw.h"
#include "runs.h"

static void put_vma(FILE *file, const struct map_picture *picture, const struct map_vma *vma)
{
	size_t present = 0, copies = 0;
	char size[24];

	for (size_t i = 0; i < vma->count; i++) {
		bool here = vma->pages[i].flags & PAGE_PRESENT;

		present += here;
		copies += here && *vma->file && !map_is_files(vma, vma->pages[i].flags);
	}
	fprintf(file,
		"<tr><td><code>%jx-<wbr>%jx</code></td><td><code>%s</code></td><td>%s</td><td>",
		(uintmax_t)vma->start, (uintmax_t)vma->end, vma->perms,
		number_bytes(vma->end - vma->start, size));
	html_text(file, *vma->name ? vma->name : "anonymous");
	fprintf(file, " +0x%jx</td><td>%zu of %ju</td><td>%zu</td><td><code>",
		(uintmax_t)vma->offset, present,
		(uintmax_t)((vma->end - vma->start) / picture->page_size), copies);
	html_text(file, vma->vm_flags ? vma->vm_flags : "");
	fputs("</code></td></tr>\n", file);
}

static void put_process(FILE *file, const struct map_picture *picture,
			const struct map_process *process)
{
	fputs("<h2>", file);
	html_text(file, process->name);
	fprintf(file, " %d</h2>\n", process->pid);
	if (process->hidden)
		fputs("<p class='dim'>Frame numbers are hidden, because they need root.</p>\n",
		      file);
	if (process->changed)
		fputs("<p class='bad'>The process's mappings changed while they were read.</p>\n",
		      file);
	fputs("<table><tr><th>range</th><th>perms</th><th>size</th><th>what</th>"
	      "<th>present</th><th>copies</th><th>flags</th></tr>\n",
	      file);
	for (size_t i = 0; i < process->vma_count; i++)
		put_vma(file, picture, &process->vmas[i]);
	fputs("</table>\n", file);
	if (process->left_out)
		fprintf(file, "<p class='dim'>and %zu more, %ju pages (--most shows more)</p>\n",
			process->left_out, (uintmax_t)process->left_out_pages);
}

bool map_html(const struct map_picture *picture, FILE *file)
{
	html_begin(file, "mmapdemo map", picture_css, "");
	fputs("<h1>Mappings, and the frames behind them</h1>\n"
	      "<p class='dim'>A page and its frame have the same letter and colour. A broken "
	      "border "
	      "marks a private copy or anonymous memory, a dotted one an absent page, a grey one a "
	      "read-only page, a thick red one a poisoned page.</p>\n",
	      file);
	if (map_has_tables(picture))
		fputs("<p class='dim'>“entry rw” and “entry ro” say whether the page-table entry "
		      "allows stores; “×2”, that two entries map the frame.</p>\n",
		      file);
	map_svg_element(picture, file, true, false);
	for (size_t i = 0; i < picture->count; i++)
		put_process(file, picture, &picture->processes[i]);
	fputs("</body></html>\n", file);
	return !ferror(file);
}

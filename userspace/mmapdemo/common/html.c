// SPDX-License-Identifier: GPL-2.0-only
#include "html.h"

const char html_style[] =
	":root { color-scheme: light dark; --ink: #1d2126; --paper: #fff; --dim: #5d646d; "
	"--line: #d5d9de; --shade: #f3f4f6; --good: #00663f; --bad: #b8001f }\n"
	"@media (prefers-color-scheme: dark) { :root { --ink: #dfe3e8; --paper: #16181c; "
	"--dim: #a3abb5; --line: #3a3f46; --shade: #1e2126; --good: #4fd6a5; --bad: #ff8a98 } }\n"
	"* { box-sizing: border-box }\n"
	"body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); "
	"margin: 0 auto; padding: 1rem; max-width: 75rem }\n"
	"h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.25rem; margin: 2.5rem 0 "
	".5rem }\n"
	"code, pre { font: .85em/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace "
	"}\n"
	"pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 }\n"
	".dim { color: var(--dim) } .good { color: var(--good) } .bad { color: var(--bad) }\n"
	"svg { max-width: 100%; height: auto; display: block }\n"
	"table { border-collapse: collapse; width: 100%; font-size: .9rem }\n"
	"th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; "
	"border-bottom: 1px solid var(--line); overflow-wrap: anywhere }\n";

void html_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", file);
		else if (*text == '>')
			fputs("&gt;", file);
		else if (*text == '&')
			fputs("&amp;", file);
		else if (*text == '"')
			fputs("&quot;", file);
		else if ((unsigned char)*text >= ' ' || *text == '\n')
			putc(*text, file);
	}
}

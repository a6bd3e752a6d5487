#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page.sh KERNEL: the pages of `mmapdemo tour` and `map` in a real browser: at 800
# and 1600 pixels, light and dark, no text overlaps, falls off or is hard to read;
# keys go from step to step; without script all steps are there.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
dir=$(mktemp -d)

"$top/tests/vm/run" -k "$1" -f "$top/build/bin/mmapdemo" -o "/tour.html:$dir/tour.html" -- \
	/mmapdemo tour --json --html /tour.html >"$dir/tour.json" || exit
"$top/build/bin/mmapdemo" map --from "$top/tests/page/map.json" --html "$dir/map.html" || exit

# with_measure FROM TO: the page, and what measures it
with_measure() {
	sed '/<\/body>/,$d' "$1" >"$2"
	{
		echo '<script>'
		cat "$top/tests/page/measure.js"
		echo '</script></body></html>'
	} >>"$2"
}

# browse PAGE WIDTH light|dark: the verdict is in $seen
browse() {
	local scheme=1 width=$2
	[ "$3" = light ] || scheme=0
	with_measure "$1" "$dir/measured.html"
	seen=$(timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$dir/profile" --blink-settings=preferredColorScheme=$scheme \
		--window-size="$width,1000" --dump-dom "file://$dir/measured.html" 2>"$dir/chromium" |
		sed -n '/id="verdict"/,/^END/p' | sed '1d;$d')
	[ -n "$seen" ] || { tail -n 5 "$dir/chromium"; echo "no verdict"; return 1; }
	dark=$([ "$3" = dark ] && echo true || echo false)
	has "$seen" "^width $width$" && has "$seen" "^dark $dark$"
}

# fits PAGE WIDTH SCHEME TEXTS STEPS: nothing is wrong, and that much was looked at
fits() {
	browse "$1" "$2" "$3" || return
	local wrong texts
	wrong=$(sed '1,5d' <<<"$seen")
	same "what is wrong" "" "$wrong" || return
	texts=$(sed -n 's/^texts //p' <<<"$seen")
	[ "$texts" -ge "$4" ] || { echo "only $texts texts"; return 1; }
	same steps "$5" "$(sed -n 's/^steps //p' <<<"$seen")"
}

tour() {
	fits "$dir/tour.html" "$1" "$2" 500 "$steps" && has "$seen" "^keys $keys$"
}

# The pages' own script is not there: it is one long page.
without_script() {
	sed '/<script>/,/<\/script>/d' "$dir/tour.html" >"$dir/plain.html"
	fits "$dir/plain.html" 800 light 500 "$steps" && has "$seen" '^keys none$'
}

# The measure itself: a page that is made bad is said to be.
finds() {
	sed "s|</style>|$1</style>|" "$dir/tour.html" >"$dir/bad.html"
	browse "$dir/bad.html" 800 light && has "$seen" "^$2"
}

chromium_there() {
	command -v chromium || { echo "no chromium: tests/vm/deps browser"; return 1; }
}

steps=$(jq '[.chapters[].steps[]] | length' "$dir/tour.json")
keys='mapping-1 mapping-2 mapping-1 file-1 file-2 file-1'

plan 13
try "page.there-is-a-browser" chromium_there
for width in 800 1600; do
	for scheme in light dark; do
		try "page.tour-fits-$width-$scheme" tour $width $scheme
	done
	try "page.map-fits-$width" fits "$dir/map.html" $width dark 30 0
done
try "page.tour-fits-1000" tour 1000 light
try "page.tour-without-script" without_script
try "measure.sees-an-overlap" finds ".claims { margin-top: -1.5rem }" "overlap: "
try "measure.sees-what-falls-off" finds "h1 { margin-left: 700px; white-space: nowrap }" "falls off the page: A tour"
try "measure.sees-what-is-hard-to-read" finds ".claims { color: #aaa }" "is hard to read: "
try "measure.sees-hidden-steps" finds ".js article { display: none }" "steps that cannot be seen: $steps"
rm -rf "$dir"

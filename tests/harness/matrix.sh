#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix.sh KERNEL: docs/matrix.md speaks of the rows, tests and kernels that
# there are now, says of our device what `make check` sees to, yes, and of each
# other target what its rows say on KERNEL. Test by test, on all kernels, takes
# longer: `tests/matrix --check`.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
matrix=$top/docs/matrix.md

# our tests, as ROW TEST, without variants
tests() {
	"$top/build/bin/mmapdemo-rows" --list |
		sed -nE 's/^([SVMC][0-9]+)\.([a-z0-9-]+).*/\1 \2/p' | sort -u
}

# field N of the lines of a table whose first cell matches PATTERN
cells() {
	awk -F' *[|] *' -v pattern="$1" -v n="$2" '$2 ~ pattern { print $(n + 1) }' "$matrix"
}

rows() {
	same "rows" "$(tests | cut -d' ' -f1 | sort -u)" "$(cells '^[SVMC][0-9]+$' 1 | sort -u)"
}

no_test_of_the_past() {
	same "tests that are no more" "" "$(cells '^[SVMC][0-9]+ [a-z]' 1 |
		sed 's/ [[].*//' | sort -u | comm -23 - <(tests))"
}

kernels() {
	local of
	of=$(tr '\n' ' ' <"$matrix" | sed -n 's/.* Linux \([^(]*\) (.*/\1/p')
	same kernels "$(kernel_names | paste -sd, | sed 's/,/, /g')" "$of"
}

ours() {
	# a row that a kernel lets no driver have is n/a there, and yes elsewhere
	same "answers of our device" yes "$(cells '^[SVMC][0-9]+$' 3 |
		sed -E 's,^n/a \([^:]*: yes\)$,yes,' | sort -u)"
}

# What the table answers for KERNEL in column N: "yes", or "yes (6.12 7.x: no)" with exceptions
written() {
	awk -F' *[|] *' -v n="$1" -v kernel="$kernel" '$2 ~ /^[SVMC][0-9]+$/ {
		cell = $(n + 1)
		gsub(/[*]/, "", cell)
		answer = cell
		sub(/ [(].*/, "", answer)
		count = split(cell, parts, / [(]|, |[)]/)
		for (i = 2; i <= count; i++) {
			split(parts[i], exception, ": ")
			if (index(" " exception[1] " ", " " kernel " "))
				answer = exception[2]
		}
		print $2, answer
	}' "$matrix"
}

# seen TARGET: as the rows say now
seen() {
	jq -r '.rows[] | "\(.row) \(.answer)"' "$dir/$1.json" | sed 's/not applicable/n\/a/'
}

# measure PEER...
measure() {
	local peer options=()
	for peer; do
		options+=(-o "/$peer.json:$dir/$peer.json")
	done
	"$here/rows" -k "$kernel" -t 1200 --no-module \
		-f "$top/build/bin/mmapdemo" -f "$top/tests/conform/guest.sh" "${options[@]}" -- \
		/scratch.sh sh /guest.sh "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }
}

# peer NAME COLUMN: what is left of a file's cache under pressure varies, so an
# answer that is not as written gets a second look
peer() {
	[ "$(written "$2")" = "$(seen "$1")" ] || measure "$1" || return
	same "answers of $1 on $kernel" "$(written "$2")" "$(seen "$1")"
}

kernel=$(native_kernel "$1")
peers=(memfd tmpfs ext4 hugetlb zero)
dir=$(mktemp -d)
plan $((5 + ${#peers[@]}))
try matrix.has-the-rows-of-today rows
try matrix.has-no-test-of-the-past no_test_of_the_past
try matrix.has-the-kernels-of-today kernels
try matrix.says-yes-of-our-device ours
try matrix.measures-others measure "${peers[@]}"
column=4
for name in "${peers[@]}"; do
	try "matrix.says-of-$name-what-is-so" peer "$name" $((column++))
done
rm -rf "$dir"

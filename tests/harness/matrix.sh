#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix.sh KERNEL: docs/matrix.md speaks of the rows, tests and kernels that
# there are now, and says of our device what `make check` sees to: yes. What it
# says of others takes VMs and minutes to make anew: `tests/matrix --check`.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
matrix=$top/docs/matrix.md

# our tests, as ROW TEST, without variants
tests() {
	"$top/build/bin/mmapdemo-rows" --list |
		sed -nE 's/^([SVM][0-9]+)\.([a-z0-9-]+).*/\1 \2/p' | sort -u
}

# field N of the lines of a table whose first cell matches PATTERN
cells() {
	awk -F' *[|] *' -v pattern="$1" -v n="$2" '$2 ~ pattern { print $(n + 1) }' "$matrix"
}

rows() {
	same "rows" "$(tests | cut -d' ' -f1 | sort -u)" "$(cells '^[SVM][0-9]+$' 1 | sort -u)"
}

no_test_of_the_past() {
	same "tests that are no more" "" "$(cells '^[SVM][0-9]+ [a-z]' 1 |
		sed 's/ [[].*//' | sort -u | comm -23 - <(tests))"
}

kernels() {
	local of
	of=$(tr '\n' ' ' <"$matrix" | sed -n 's/.* Linux \([^(]*\) (.*/\1/p')
	same kernels "$(kernel_names | paste -sd, | sed 's/,/, /g')" "$of"
}

ours() {
	same "answers of our device" yes "$(cells '^[SVM][0-9]+$' 3 | sort -u)"
}

plan 4
try matrix.has-the-rows-of-today rows
try matrix.has-no-test-of-the-past no_test_of_the_past
try matrix.has-the-kernels-of-today kernels
try matrix.says-yes-of-our-device ours

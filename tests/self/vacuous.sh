#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vacuous.sh: a test that asserts nothing is a failure, as a row of C and as a function of tap.sh.
#
# shellcheck disable=SC2016

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# script FUNCTION: the TAP of a test that is this function's body
script() {
	{
		printf '. %s\nplan 1\n' "$top/tools/tap.sh"
		printf 'tested() {\n%s\n}\ntry it tested\n' "$1"
	} >"$dir/script"
	bash "$dir/script"
}

# red BODY: it is called a test that asserts nothing
red() {
	local said
	! said=$(script "$1") || { echo "passes: $1"; return 1; }
	has "$said" '^not ok 1 - it' && has "$said" 'nothing was asserted'
}

green() {
	has "$(script "$1")" '^ok 1 - it'
}

empty_lists() {
	red 'while read -r x; do same x a "$x"; done < <(printf "")' &&
		red 'for x in $(printf ""); do same x a "$x"; done'
}

only_words() {
	red 'echo looked at nothing' && red 'local x=1; x=2; return 0'
}

full_lists() {
	green 'for x in a a; do same x a "$x"; done' && green 'echo a | grep -q a' && green '[ 1 = 1 ]'
}

# As the rows themselves are linked, with a row that does nothing among them.
empty_row() {
	local said status=0 objects
	cat >"$dir/rows.c" <<-'C'
		#include "support/physics.h"
		#include "support/row.h"
		#include "support/target.h"

		ROW(S1, asserts, "a row that asserts")
		{
			assert_memory(target_map_ro(1, MAP_SHARED, 0), 1, 0, ORIGINAL);
		}

		ROW(S1, nothing, "a row that asserts nothing")
		{
			unmap(target_map_rw(1, MAP_SHARED, 0), pages(1));
		}
	C
	objects=$(find "$top"/build/obj/{conformance/support,userspace/mmapdemo/{conform,common}} -name '*.o')
	# shellcheck disable=SC2046,SC2086 # words
	gcc -std=gnu11 -include sys/mman.h -I"$top/conformance" -o "$dir/rows" "$dir/rows.c" $objects \
		$(pkg-config --cflags --libs check json-c liburing) || return
	head -c 1M /dev/urandom >"$dir/target"
	said=$("$dir/rows" --device "$dir/target" 2>&1) || status=$?
	same "exit status" 1 "$status" && has "$said" '^ok 1 - S1.asserts' &&
		has "$said" '^not ok 2 - S1.nothing' && has "$said" 'passed no assertion' || { echo "$said"; return 1; }
}

plan 4
try vacuous.an-empty-list-is-red empty_lists
try vacuous.words-alone-are-red only_words
try vacuous.a-list-that-is-gone-through-is-green full_lists
try vacuous.an-empty-row-is-red empty_row

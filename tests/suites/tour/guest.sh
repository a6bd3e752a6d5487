#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
#
# tour/guest.sh	(in the VM, with the module, /mmapdemo, /maps, jq, script, the examples)
#
# Compares the output of the tour and the map with the kernel's frames and counts.
# They fit the terminal, and fail in one line.

# shellcheck source=tools/tap.sh
. /tap.sh
# shellcheck source=tests/mmapdemo.sh
. /mmapdemo.sh

# runs STATUS ARGUMENT...: a failure has one line that says why, if not in the output
runs() {
	ended "$@" && { [ "$1" != 1 ] || [ -z "$complaint" ] || one_line_of_complaint; }
}

# json FILE CONDITION
json() {
	jq -e "$2" "$1" >/dev/null || {
		echo "not $2:"
		jq -c . "$1" | cut -c-3000
		return 1
	}
}

# maps WHAT...: a process to look into, until let_go
maps() {
	: >/tmp/ready
	/maps "$@" >/tmp/ready 2>&1 &
	held=$!
	while ! grep -q ready /tmp/ready; do
		kill -0 $held || return
		sleep 0.05
	done
}

# fits WIDTH: no line of $said is longer; characters, of UTF-8
fits() {
	long=$(echo "$said" | tr -d '\200-\277' | awk -v width="$1" 'length($0) > width')
	[ -z "$long" ] || {
		echo "longer than $1:"
		echo "$long"
		return 1
	}
}

no_colour() {
	[ -z "$(echo "$said" | tr -cd '\033')" ] || { echo "there are escapes"; return 1; }
}

# check NAME FUNCTION: a test that fails leaves nothing that makes the next one fail
check() {
	failed_before=$tap_failed
	try "$@"
	[ "$tap_failed" = "$failed_before" ] && return
	killall -q -KILL maps mmapdemo
	/mmapdemo heal
}

# shellcheck source=tests/suites/tour/tour.sh
. /tour/tour.sh
# shellcheck source=tests/suites/tour/map.sh
. /tour/map.sh

mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd

help() {
	for name in tour map; do
		runs 0 $name --help && says '^Exit status: 0 ' && runs 0 --help && says "^  $name +" || return
	done
}

# Each statement of the examples holds.
story() {
	/story.sh / /dev/mmapdemo >/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	has "$(tail -n 1 /tmp/said)" '^story: all six statements hold$'
}

/mmapdemo tour --json --html /tmp/tour.html >/tmp/tour.json 2>/tmp/tour.err
tour_status=$?

plan 38
check "tour.holds" tour_holds
check "tour.fork-shared-keeps-the-frame" tour_fork_shared
check "tour.fork-private-copies-at-the-store" tour_fork_private
check "tour.entries-of-copy-on-write" tour_entries
check "tour.asks-and-answers" tour_asks
check "tour.two-processes-have-one-frame" tour_processes
check "tour.munmap-cuts-where-it-says" tour_munmap
check "tour.counts-vmas-as-the-module" tour_counts
check "tour.tells-the-trace-of-each-step" tour_trace
check "tour.huge-is-one-run-of-frames" tour_huge
check "tour.page-has-all-of-it" tour_page
check "tour.text-at-40-columns" tour_text 40
check "tour.text-at-80-columns" tour_text 80
check "tour.text-at-120-columns" tour_text 120
check "tour.plain-where-no-utf-8-is" tour_ascii
check "tour.colours-on-a-terminal-alone" tour_colours
check "tour.steps-wait-for-a-key" tour_steps
check "tour.fails-when-a-call-does" tour_fails
check "tour.ends-a-chapter-that-cannot-go-on" tour_ends
check "tour.shows-what-it-may-to-others" tour_hidden
check "tour.refuses-what-it-cannot-show" tour_refuses
check "tour.puts-everything-back" tour_tidy
# `map' does not use libtracefs, because of which the suite `sanitize' has each stack unwound
# the slow way.
[ -z "${ASAN_OPTIONS-}" ] || export ASAN_OPTIONS="$ASAN_OPTIONS:fast_unwind_on_malloc=1"
check "map.parent-and-child" map_fork
check "map.entries-are-the-kernels" map_entries
check "map.tables" map_tables
check "map.huge-pages-and-a-hole" map_huge
check "map.poisoned-and-absent" map_poisoned
check "map.dirty-since-it-was-asked" map_dirty
check "map.ten-thousand-mappings" map_many
check "map.what-changes-meanwhile" map_restless
check "map.frames-are-hidden-from-others" map_hidden
check "map.self-and-all" map_self
check "map.by-number" map_by_number
check "map.from-json" map_from
check "map.cuts-names-between-characters" map_long_names
check "map.says-what-is-wrong" map_errors
check "help.of-both" help
check "story.all-six-statements-hold" story

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This runs tests/check in a small tree where VMs and builds are impostors, and looks at its
# output, its refusals, and what it leaves behind after an interruption.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
dir=$(mktemp -d)
tree=$dir/tree
# those of the check that runs this
unset MAKEFLAGS MAKELEVEL MFLAGS KERNEL KERNELS TESTS JOBS MMAPDEMO_CHECK MMAPDEMO_COVERAGE

program() {
	mkdir -p "$(dirname "$tree/$1")"
	printf '#!/bin/bash\n%s\n' "$2" >"$tree/$1"
	chmod +x "$tree/$1"
}

# In the VM of a suite: it runs the file `NAME', as KERNEL-SUITE, if there is one.
# shellcheck disable=SC2016 # for that script
vm='top=$(realpath "$(dirname "$0")/..")
while [ "$1" != --log ]; do shift; done
name=$(basename "$(dirname "$2")")-$(basename "$2" .log)
[ ! -e "$top/$name" ] || exec bash "$top/$name" "$MMAPDEMO_TIMEOUT_SCALE"
printf "1..1\nok 1 - S1.a\n"'

# suite NAME LINE...: what its VM does
suite() {
	printf '%s\n' "${@:2}" >"$tree/$1"
}
one_test='printf "1..1\nok 1 - S1.a\n"'

plant() {
	rm -rf "$tree"
	mkdir -p "$tree/vm" "$tree/tests/self" "$tree/tests/suites" "$tree/tools" "$tree/module/strategy"
	cp "$top/tests/"{check,plan.sh,schedule.sh,report} "$tree/tests"
	cp "$top/vm/lib.sh" "$tree/vm"
	cp "$top/tools/strategies" "$tree/tools"
	cp "$top/module/strategy/list.h" "$tree/module/strategy"
	cp "$top/Makefile" "$tree"
	program vm/run "$vm"
	program vm/rows "$vm"
	program vm/emulator true
	program tools/build true
	# shellcheck disable=SC2016
	program conformance/expected 'exec "${@:4}"'
	# shellcheck disable=SC2016
	program build/bin/mmapdemo-rows 'printf "%s\tit is so\n" S1.a "S1.b[shared]" M1.c'
	program tests/suites/paper/run 'printf "1..1\nok 1 - paper.is-there\n"'
	echo 'one bookworm image headers native' >"$tree/vm/kernels"
	echo 'two trixie image headers native' >>"$tree/vm/kernels"
	echo 'debug-one bookworm source config source' >>"$tree/vm/kernels"
}

# checked STATUS ARGUMENT...: its output is in $dir/out, both streams
checked() {
	local expected=$1 status=0
	shift
	MMAPDEMO_TIMEOUT_SCALE=${patience-1} "$tree/tests/check" "$@" >"$dir/out" 2>&1 || status=$?
	same "exit status" "$expected" "$status" || { cat "$dir/out"; return 1; }
}

says() {
	has "$(cat "$dir/out")" "$1"
}

# refused PATTERN ARGUMENT...: in one line, before anything runs
refused() {
	checked 2 "${@:2}" && says "$1" && same "lines said" 1 "$(wc -l <"$dir/out")" &&
		[ ! -e "$tree/build/results" ]
}

fails() {
	suite one-rows 'echo "1..2"; echo "ok 1 - S1.a"; echo "not ok 2 - S1.b[shared]"; echo "# saw 4"' 'exit 1'
}

green() {
	plant
	checked 0 'one two' 'rows paper S1' && says '^\[[123]/3\] one/rows 1 ok, 0 failed, [0-9]+ s$' &&
		says '^\[[123]/3\] host/paper 1 ok' && same "last line" "3 passed, 0 failed, 0 skipped" "$(tail -n 1 "$dir/out")" &&
		[ -s "$tree/build/results/two/rows.tap" ] && ! grep -q $'\r' "$dir/out"
}

red() {
	plant
	fails
	checked 1 'one two' 'rows S1' && same "last line" "2 passed, 1 failed, 0 skipped" "$(tail -n 1 "$dir/out")" &&
		says '^not ok  one/rows: S1.b\[shared\]' &&
		says "^ +one/rows: S1.b.shared.$" && says '# saw 4' &&
		says "again: make check KERNELS='one' TESTS='rows S1\.b\*'$" && says 'log: .*build/results/one/rows\.tap, \.err' &&
		has "$(sed '/one\/rows 1 ok, 1 failed/q' "$dir/out")" '^not ok  one/rows' # at once, too
}

dead() {
	plant
	suite one-rows 'echo "run: VM died booting" >&2; exit 97'
	checked 1 one 'rows S1' && says 'exit status 97: run: VM died booting' && says '^0 passed, [1-9] failed, 0 skipped$'
}

skips() {
	plant
	suite one-rows 'printf "1..3\nok 1 - S1.a\nok 2 - S1.b # SKIP no node\nok 3 - M1.c # SKIP no node\n"'
	checked 0 one 'rows S1' && says '^ +2 no node$' && says 'one/rows 1 ok, 0 failed, 2 skipped' &&
		same "last line" "1 passed, 0 failed, 2 skipped" "$(tail -n 1 "$dir/out")" &&
		same "the list" 2 "$(grep -c '^one/rows: .*no node' "$tree/build/results/skipped")"
}

order() {
	plant
	mkdir -p "$tree/build"
	printf '%s\n' 'one/rows 5' 'one/fuzz 7' 'one/lifecycle 6' >"$tree/build/times"
	suite one-lifecycle 'printf "1..1\nok 1 - V3.a\n"'
	JOBS=1 checked 0 one 'rows fuzz lifecycle S1' &&
		same order "one/fuzz one/lifecycle one/rows" "$(sed -n 's/^\[.*\] \([^ ]*\) .*/\1/p' "$dir/out" | paste -sd' ')" || return
	# a run remembers the time of whole suites only
	echo 'one/fuzz 77' >"$tree/build/times"
	checked 0 one 'fuzz S1' && same "after a part" "one/fuzz 77" "$(cat "$tree/build/times")" &&
		checked 0 one 'fuzz beside' && same "after the whole" "one/beside one/fuzz" "$(sed -n 's/ [0-9]$//p' "$tree/build/times" | sort | paste -sd' ')"
}

# at_once JOBS MOST: three suites stay for a second, and until so many have been there at once
at_once() {
	plant
	local name
	for name in one-rows one-fuzz one-beside; do
		suite $name "mkdir -p $dir/at/\$\$" "for i in {1..600}; do ls $dir/at | wc -l >>$dir/seen; sleep 0.1; ((i < 10)) || ! grep -qx $2 $dir/seen || break; done" \
			"rmdir $dir/at/\$\$" "$one_test"
	done
	rm -rf "$dir/seen" "$dir/at"
	JOBS=$1 checked 0 one 'rows fuzz beside S1' && same "suites at once" "$2" "$(sort -n "$dir/seen" | tail -n 1)"
}

patience_is() {
	plant
	# shellcheck disable=SC2016
	for name in one-rows debug-one-rows; do
		suite $name "echo \$1 >>$dir/$name" "$one_test"
	done
	rm -f "$dir"/*-rows
	patience=3 checked 0 'one debug-one' 'rows S1' && [ "$(cat "$dir/one-rows")" -ge 3 ] &&
		[ "$(cat "$dir/debug-one-rows")" -ge 18 ]
}

# A machine that takes 1.3 s in place of 0.8 s counts as twice as slow. The clock is this test's.
speeds() (
	set +u
	here=$top/tests work=$dir jobs=2
	. "$top/tests/schedule.sh"
	unset EPOCHREALTIME
	spin() { :; }
	for took in 1.3 0.1; do
		EPOCHREALTIME=10.000000
		wait() { EPOCHREALTIME=1${took}00000; }
		machine_speed
	done
)

speed() {
	same "a slow machine's factor, a quick one's" "2 1" "$(speeds | paste -sd' ')"
}

# interrupted SIGNAL: with a suite that holds a lock, has a file in TMPDIR and a process
# that left its group
interrupted() {
	local pid status=0 _
	plant
	mkdir -p "$dir/tmp"
	rm -f "$dir/pid" "$dir/lock"
	suite one-rows "exec 9>$dir/lock" 'flock 9' "mktemp >$dir/name" 'setsid sleep 1000 &' 'sleep 1000 &' \
		"echo \$! >$dir/pid" wait
	set -m
	# SIGINT is ignored in what a script has started in the background
	TMPDIR=$dir/tmp MMAPDEMO_TIMEOUT_SCALE=1 env --default-signal=INT "$tree/tests/check" 'one two' rows >"$dir/out" 2>&1 &
	pid=$!
	set +m
	for _ in {1..600}; do
		[ ! -s "$dir/pid" ] || break
		sleep 0.1
	done
	[ -s "$dir/pid" ] || { echo "the suite did not begin"; kill -TERM $pid; return 1; }
	has "$(cat "$dir/name")" "^$dir/tmp/mmapdemo-check" || return
	kill "-$1" $pid
	wait $pid || status=$?
	same "exit status" 130 $status && says 'check: interrupted; [01] of 2 suites had ended' &&
		same "files left" "" "$(ls "$dir/tmp")" && same "processes left" "" "$(left)" &&
		flock -n "$dir/lock" true && flock -n "$tree/build/.check.lock" true
}

left() {
	grep -lzsF "MMAPDEMO_CHECK=$dir/tmp/" /proc/[0-9]*/environ
}

full_disk() {
	plant
	# shellcheck disable=SC2016
	impostor df 'echo "Filesystem 1048576-blocks Used Available Capacity Mounted on"; echo "disk 9 6 3 67% /"'
	PATH=$dir/bin:$PATH checked 1 one rows && same said "check: $tree/build: the disk is full: 3 MiB are free, 500 MiB are needed" \
		"$(cat "$dir/out")"
	rm "$dir/bin/df"
}

two_at_once() {
	plant
	mkdir -p "$tree/build/results"
	touch "$tree/build/results/mine"
	(
		flock 7
		checked 1 one rows && says 'another check runs in' && [ -e "$tree/build/results/mine" ]
	) 7>"$tree/build/.check.lock"
}

# On a terminal: the running suite and its last test, never wider than that
narrow() {
	plant
	suite one-rows "$one_test" 'sleep 5'
	script -qec "stty cols 40; MMAPDEMO_TIMEOUT_SCALE=1 '$tree/tests/check' one 'rows S1'" /dev/null >"$dir/out" </dev/null
	says '\[0/1\] about . min: one/rows' && says 'one/rows S1.a' && same "wide lines" "" "$(tr '\r' '\n' <"$dir/out" | sed 's/\x1b\[K//' | grep about | grep -E '.{40}')"
}

listed() {
	plant
	same suites "host/paper" "$("$tree/tests/check" --list | grep '^host/p')" &&
		same "on two" "two/rows two/pfn" "$("$tree/tests/check" --list two 'rows pfn' | paste -sd' ')" &&
		same "asked for alone" "" "$("$tree/tests/check" --list one '' | grep -E 'fuzz-short|style')" || return
	same "named twice" "" "$("$top/tests/check" --list | sort | uniq -d)" &&
		has "$("$top/tests/check" --list)" '^6.1/rows$'
}

# `make check' runs the short list, or what TESTS and KERNELS name.
chosen() {
	local said
	said=$(cd "$top" && make -n check | grep '^tests/check .[67]') && has "$said" "^tests/check '6.1' 'rows lifecycle command fuzz-short style'$" &&
		said=$(cd "$top" && make -n check KERNEL=7.x | grep '^tests/check .[67]') && has "$said" "^tests/check '7.x' 'rows lifecycle command fuzz-short style'$" &&
		said=$(cd "$top" && make -n check TESTS=S5 | grep '^tests/check .[67]') && has "$said" "^tests/check '6.1 6.12 7.x.*' 'S5'$" &&
		said=$(cd "$top" && make -n check KERNELS=6.12 | grep '^tests/check .[67]') && has "$said" "^tests/check '6.12' ''$" &&
		has "$(cat "$top/.ci/run")" 'exec make check-all$' || return
	# before anything is compiled
	said=$(cd "$top" && make check KERNELS=none 2>&1) && return 1
	has "$said" "^check: no kernel 'none'" && same "lines said" 2 "$(wc -l <<<"$said")"
}

slow() {
	local said status=0
	plant
	said=$(cd "$tree" && make check-slow slow='none help' 2>&1) || status=$?
	same "exit status" 2 $status && has "$said" 'check-slow: .*[(]hours[)]' && has "$said" '^failed: none'
}

plan 25
try "check.a-line-for-each-suite" green
try "check.a-failure-at-once-with-the-command-to-run-it-again" red
try "check.a-vm-that-dies-is-red" dead
try "check.skips-are-counted-by-reason" skips
try "check.the-longest-goes-first" order
try "check.jobs[1]" at_once 1 1
try "check.jobs[2]" at_once 2 2
try "check.jobs[3]" at_once 3 3
try "check.limits-are-longer-on-a-slow-machine" patience_is
try "check.a-machine's-speed-is-measured" speed
try "check.nothing-is-left-after[INT]" interrupted INT
try "check.nothing-is-left-after[TERM]" interrupted TERM
try "check.a-full-disk" full_disk
try "check.two-in-one-tree" two_at_once
try "check.a-terminal-of-40-columns" narrow
try "check.list" listed
try "check.what-make-check-runs" chosen
try "check.check-slow-goes-on" slow
plant
JOBS=0 try "refused.jobs[0]" refused 'JOBS=0: not a number' one rows
JOBS=two try "refused.jobs[two]" refused 'JOBS=two: not a number' one rows
try "refused.a-kernel" refused "no kernel 'three'.*known: one two" three rows
try "refused.a-test" refused 'no suite, row or test is called: S2 rwos' one 'S1 S2 rwos'
try "refused.a-suite-that-runs-on-none" refused 'the suite catches runs on none of: one' one catches
try "refused.no-kernel" refused 'no kernel named' '' rows
try "refused.too-many-words" refused 'usage:' one rows more
rm -rf "$dir"

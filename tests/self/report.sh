#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/report must see what is wrong with results, above all with results that
# are not there.

tests=$(realpath "$(dirname "$0")/..")
# shellcheck source=tools/tap.sh
. "$tests/../tools/tap.sh"
dir=$(mktemp -d)

# results EXPECTED TAP STATUS [STDERR]
results() {
	rm -rf "${dir:?}"/*
	mkdir -p "$dir/k"
	echo "$1" >"$dir/expected"
	[ -z "$2" ] || printf '%b\n' "$2" >"$dir/k/rows.tap"
	[ -z "$3" ] || echo "$3" >"$dir/k/rows.status"
	printf '%s\n' "${4-}" >"$dir/k/rows.err"
}

# judged STATUS CLOSING-LINE [PATTERN]...
judged() {
	local status=0 said expected=$1 closing=$2
	said=$("$tests/report" "$dir") || status=$?
	same "exit status" "$expected" "$status" &&
		same "closing line" "$closing" "$(tail -n 1 <<<"$said")" || {
		echo "$said"
		return 1
	}
	shift 2
	for pattern; do
		has "$said" "$pattern" || return
	done
}

green() {
	results "k/rows S1 S2" '1..3\nok 1 - S1.a\nok 2 - S2.b\nok 3 - S2.c # SKIP no second node' 0
	judged 0 "2 passed, 0 failed, 1 skipped" "^ +1 no second node" &&
		same "the list" "k/rows: S2.c: no second node" "$(cat "$dir/skipped")"
}

failing() {
	results "k/rows" '1..2\nok 1 - S1.a\nnot ok 2 - S2.b\n# access.c:3: saw 4' 1
	judged 1 "1 passed, 1 failed, 0 skipped" "^not ok .*S2.b" "access.c:3: saw 4"
}

# Many tests of few names, some of them rows: what runs them again is short.
again() {
	results "k/rows" '1..3\nnot ok 1 - S1.a[x]\nnot ok 2 - S1.a[y]\nnot ok 3 - expect.line' 1
	echo "make check TESTS='rows@'" >"$dir/k/rows.again"
	judged 1 "0 passed, 3 failed, 0 skipped" "again: make check TESTS='rows S1.a\*'\$" "log: $dir/k/rows.tap, .err\$"
}

# As the run goes on: of one suite, whatever there is of others
progress() {
	local said status=0
	results "$(printf 'k/other\nk/rows S1')" '1..2\nok 1 - S1.a\nnot ok 2 - S1.b' 1
	said=$("$tests/report" "$dir" k/rows '[1/2]' 7) || status=$?
	same "exit status" 1 $status && has "$said" '^not ok  k/rows: S1.b' &&
		same "closing line" "[1/2] k/rows 1 ok, 1 failed, 7 s" "$(tail -n 1 <<<"$said")"
}

silent() {
	results "k/rows" '' 97 'run: VM died booting'
	touch "$dir/k/rows.tap"
	judged 1 "0 passed, 3 failed, 0 skipped" "exit status 97: run: VM died booting"
}

absent() {
	results "k/rows" '' ''
	judged 1 "0 passed, 1 failed, 0 skipped" "did not run"
}

unfinished() {
	results "k/rows" '1..1\nok 1 - S1.a' ''
	judged 1 "0 passed, 1 failed, 0 skipped" "no exit status"
}

truncated() {
	results "k/rows" '1..3\nok 1 - S1.a' 0
	judged 1 "1 passed, 1 failed, 0 skipped" "planned 3 tests but ran 1"
}

no_plan() {
	results "k/rows" 'ok 1 - S1.a' 0
	judged 1 "1 passed, 1 failed, 0 skipped" "No plan"
}

no_tests() {
	results "k/rows" '1..0' 0
	judged 1 "0 passed, 1 failed, 0 skipped" "no tests"
}

vm_died() {
	results "k/rows" '1..1\nok 1 - S1.a' 97 'run: VM died running the command: panic'
	judged 1 "1 passed, 1 failed, 0 skipped" "exit status 97: run: VM died"
}

kernel_fault_beside_failure() {
	results "k/rows" '1..1\nnot ok 1 - S1.a' 98 'run: kernel log shows a fault'
	judged 1 "0 passed, 2 failed, 0 skipped" "exit status 98: run: kernel log"
}

contradiction() {
	results "k/rows" '1..1\nnot ok 1 - S1.a' 0
	judged 1 "0 passed, 2 failed, 0 skipped" "yet the exit status is 0"
}

row_missing() {
	results "k/rows S1 S2" '1..2\nok 1 - S1.a\nok 2 - S2.b # SKIP not today' 0
	judged 1 "1 passed, 1 failed, 1 skipped" "no test ran of: S2"
}

nothing_expected() {
	results "" '1..1\nok 1 - S1.a' 0
	judged 1 "0 passed, 1 failed, 0 skipped" "nothing was expected"
}

plan 15
try "report.all-good-is-green" green
try "report.a-failure-is-red-with-its-reason" failing
try "report.the-command-that-runs-it-again" again
try "report.a-suite-by-itself" progress
try "report.an-empty-result-is-red" silent
try "report.a-missing-result-is-red" absent
try "report.an-unfinished-suite-is-red" unfinished
try "report.a-plan-cut-short-is-red" truncated
try "report.no-plan-is-red" no_plan
try "report.no-tests-is-red" no_tests
try "report.a-dead-vm-is-red" vm_died
try "report.a-kernel-fault-is-red-beside-a-failure" kernel_fault_beside_failure
try "report.failures-with-status-0-are-told" contradiction
try "report.a-row-that-only-skipped-is-red" row_missing
try "report.nothing-to-run-is-red" nothing_expected
rm -rf "$dir"

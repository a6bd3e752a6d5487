# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for shell tests, on the host and in the VM. A test is a function: what it
# prints before it returns non-zero is why it failed.
#
#	plan 2
#	try 'one is one' test 1 = 1
#	skip 'two is two' 'no second number on this machine'

tap_planned=0
tap_done=0
tap_failed=0

plan() {
	tap_planned=$1
	echo "1..$1"
	trap tap_end EXIT
}

# The plan is not kept when the script ends early, whatever its status.
tap_end() {
	[ "$tap_done" = "$tap_planned" ] && [ "$tap_failed" = 0 ] || exit 1
}

# bash runs this before each command of a test. Most commands can fail, and so fail the test.
# shellcheck disable=SC2016,SC3028
tap_note() {
	case $BASH_COMMAND in
	'"$@"' | tap_note | local\ * | declare\ * | read\ * | mapfile\ * | for\ * | case\ *) ;;
	echo | echo\ * | printf\ * | return* | : | true | tap_status=* | 'trap - DEBUG') ;;
	*'$('*) tap_asserts=1 ;;
	[a-z]*=*) [ -z "$(printf %s "${BASH_COMMAND%%=*}" | tr -d a-zA-Z0-9_)" ] || tap_asserts=1 ;;
	*) tap_asserts=1 ;;
	esac
}

# tap_run FUNCTION [ARGUMENT]...: a function that succeeds must have run a command that could
# have failed. A loop over an empty list has run none. Other shells than bash cannot tell.
# shellcheck disable=SC3040,SC3045,SC3047
tap_run() {
	if [ -z "${BASH_VERSION-}" ] || [ "$(type -t "$1")" != function ]; then
		"$@"
		return
	fi
	tap_asserts=
	set -o functrace
	trap tap_note DEBUG
	"$@"
	tap_status=$?
	trap - DEBUG
	[ "$tap_status" = 0 ] || return "$tap_status"
	[ -n "$tap_asserts" ] || { echo "nothing was asserted: no command ran that could fail"; return 1; }
}

# try NAME FUNCTION [ARGUMENT]...
try() {
	tap_name=$1
	shift
	tap_done=$((tap_done + 1))
	if tap_said=$(tap_run "$@" 2>&1 </dev/null); then
		echo "ok $tap_done - $tap_name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_done - $tap_name"
		echo "${tap_said:-failed without a word: $*}" | sed 's/^/# /'
	fi
}

skip() {
	tap_done=$((tap_done + 1))
	echo "ok $tap_done - $1 # SKIP $2"
}

# same WHAT EXPECTED SEEN
same() {
	[ "$2" = "$3" ] && return
	echo "$1: expected '$2', saw '$3'"
	return 1
}

# has TEXT PATTERN: TEXT holds a match of the extended regular expression
has() {
	echo "$1" | grep -qE -e "$2" && return
	echo "no match of '$2' in:"
	echo "$1"
	return 1
}

# within SECONDS COMMAND...: runs it again and again until it succeeds. A busy machine gets more.
within() {
	tap_rest=$(($1 * 5 * ${MMAPDEMO_TIMEOUT_SCALE:-1}))
	shift
	until "$@" >/tmp/within 2>&1; do
		tap_rest=$((tap_rest - 1))
		[ "$tap_rest" -gt 0 ] || { echo "it fails to the end: $*"; cat /tmp/within; return 1; }
		sleep 0.2
	done
}

# impostor NAME SCRIPT: a program of that name in $dir/bin, for a PATH
# shellcheck disable=SC2154 # the test's own folder
impostor() {
	mkdir -p "$dir/bin"
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

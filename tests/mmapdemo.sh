# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# For tests of the command in the VM, with tap.sh: it is run, and what it says is held to
# patterns.

# ended STATUS ARGUMENT...: stdout is in $said, stderr in $complaint
ended() {
	expected=$1 status=0
	shift
	said=$(/mmapdemo "$@" 2>/tmp/complaint) || status=$?
	complaint=$(cat /tmp/complaint)
	same "exit status of '$*'" "$expected" "$status" || {
		echo "$said $complaint"
		return 1
	}
}

one_line_of_complaint() {
	same "lines of complaint" 1 "$(wc -l </tmp/complaint)"
}

says() {
	has "$said" "$1"
}

complains() {
	has "$complaint" "$1"
}

# The process that was started last, in $held
let_go() {
	kill "$held"
	wait "$held" 2>/dev/null
	return 0
}

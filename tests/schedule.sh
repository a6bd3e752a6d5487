# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How tests/check runs its suites: several at once, the longest first, each in a process
# group and with a TMPDIR of its own, so that an interruption can remove all of it.

# shellcheck disable=SC2154 # the array globs is tests/check's
: "${top?}" "${here?}" "${results=}" "${times=}" "${work=}" "${jobs=}" "${speed=}"
: "${command=}" "${needed=}" "${patience=}" "${kernels=}"

declare -A running=()	# process group: what runs in it
declare -A began=() last_seconds=()
done_suites=0 all_suites=0 failures=0

# Three for two processors, as a suite waits for a sixth of its time, and 2 GiB for each.
default_jobs() {
	local jobs memory processors
	processors=$(nproc)
	jobs=$(((3 * processors + 1) / 2))
	memory=$(awk '/^MemAvailable:/ { print int($2 / 2097152) }' /proc/meminfo)
	[ "$memory" -ge "$jobs" ] || jobs=$memory
	[ "$jobs" -ge 1 ] || jobs=1
	echo "$jobs"
}

# matches_a_row GLOB...: each of them
matches_a_row() {
	local glob id name wrong=()
	[ $# -gt 0 ] || return 0
	[ -x "$top/build/bin/mmapdemo-rows" ] || die "TESTS: which rows there are is known after \`make rows'"
	"$top/build/bin/mmapdemo-rows" --list | cut -f1 >"$top/build/.rows" || die "mmapdemo-rows --list fails"
	for glob; do
		while read -r name; do
			id=${name%%.*}
			# shellcheck disable=SC2053 # a glob
			[[ $name != $glob && $id != $glob ]] || continue 2
		done <"$top/build/.rows"
		wrong+=("$glob")
	done
	[ ${#wrong[@]} = 0 ] || die "TESTS: no suite, row or test is called: ${wrong[*]}" \
		"(tests/check --list; build/bin/mmapdemo-rows --list)"
}

# Some work for a processor, and some processes, which cost more than that work if the machine
# is itself a VM.
spin() {
	local i
	awk 'BEGIN { for (i = 0; i < 20000000; i++) sum += i }'
	for ((i = 0; i < 100; i++)); do /bin/true; done
}

# machine_speed: by what factor this machine is slower than one that needs 0.8 s for a fixed
# amount of work. Each processor that will have a job does it at once, so a busy machine counts
# as slow.
machine_speed() {
	local since=${EPOCHREALTIME/[.,]/} i factor
	for ((i = 0; i < $(at_most "$(nproc)" "$jobs"); i++)); do
		spin &
	done
	wait
	factor=$(((${EPOCHREALTIME/[.,]/} - since + 400000) / 800000))
	at_most 10 "$((factor < 1 ? 1 : factor))"
}

at_most() {
	echo $(($2 < $1 ? $2 : $1))
}

# busy: the same factor, from the load of the last minute. The VM of a suite has two processors.
busy() {
	local load processors
	read -r load _ </proc/loadavg
	processors=$(nproc)
	at_most 10 $(((${load%.*} + 2 * processors) / (2 * processors)))
}

# start NAME STDOUT STDERR SCALE COMMAND...: sets started. The environment has a mark, by
# which `stop' finds processes that have left the process group.
start() {
	local name=$1 out=$2 err=$3 tmp=$work/tmp/${1//\//-}
	local mark=("MMAPDEMO_CHECK=$work" "TMPDIR=$tmp" "MMAPDEMO_TIMEOUT_SCALE=$4")
	shift 4
	mkdir -p "$tmp"
	# the status line looks into it, maybe before the process has made it
	: >"$out"
	set -m
	# the options of this make are not meant for those that suites run
	env -u MAKEFLAGS -u KERNEL "${mark[@]}" "$@" >"$out" 2>"$err" </dev/null 7>&- &
	started=$!
	set +m
	running[$started]=$name
	began[$started]=$SECONDS
}

# marked: the processes with the mark. grep fails if there are none, or if one of them ends
# while grep reads.
marked() {
	grep -lzsxF "MMAPDEMO_CHECK=$work" /proc/[0-9]*/environ | cut -d/ -f3 || true
}

# stop: ends all suites and the processes that they started. kill fails if a process has ended.
stop() {
	local group left='' _
	for group in "${!running[@]}"; do
		kill -TERM -- "-$group" 2>/dev/null || true
	done
	for _ in {1..50}; do
		left=$(marked)
		[ -n "$left" ] || return 0
		# shellcheck disable=SC2086 # a list of ids
		kill -TERM $left 2>/dev/null || true
		sleep 0.2
	done
	# shellcheck disable=SC2086
	kill -KILL $left 2>/dev/null || true
}

interrupted() {
	trap '' INT TERM HUP
	status_line ''
	echo "check: interrupted; ${done_suites} of ${all_suites} suites had ended, see build/results" >&2
	stop
	exit 130
}

## Output

# status_line TEXT: replaces the last one, cut to the width, if this is a terminal
status_line() {
	[ -t 1 ] || return 0
	local size width=80
	exec 6>&1
	size=$(stty size <&6 2>/dev/null) || size="24 80"
	exec 6>&-
	[ "${size#* }" = 0 ] || width=${size#* }
	printf '\r\033[K%s' "${1:0:width - 1}"
}

# add_rest SECONDS: to rest's own sum and longest
add_rest() {
	sum=$((sum + $1))
	[ "$1" -le "$longest" ] || longest=$1
}

# The expected rest: the work that is left, divided by the jobs, or its longest suite
rest() {
	local pid entry left sum=0 longest=0
	for pid in "${!running[@]}"; do
		left=$((${last_seconds[${running[$pid]}]:-0} - SECONDS + began[$pid]))
		add_rest $((left > 0 ? left : 0))
	done
	for entry in "${queue[@]}"; do
		add_rest "${last_seconds[$entry]:-0}"
	done
	sum=$((sum / jobs))
	echo $((((sum > longest ? sum : longest) + 59) / 60))
}

show() {
	local pid name text
	text="[$done_suites/$all_suites] about $(rest) min"
	[ "$failures" = 0 ] || text+=", $failures failed"
	text+=:
	for pid in "${!running[@]}"; do
		name=${running[$pid]}
		text+=" $name $(tail -c 2000 "$results/$name.tap" | sed -nE 's/^(not )?ok [0-9]+ - ([^ ]*).*/\2/p' | tail -n 1),"
	done
	status_line "${text%,}"
}

# again NAME: the command that runs it again; report puts names of tests in place of @
again() {
	local kernel=${1%%/*} target=check
	[ "$kernel" != host ] || kernel=${kernels[0]}
	case $kernel in
	debug-* | kcsan-* | arm64-* | ppc64el-* | i386-*) target=check-${kernel%%-*} ;;
	esac
	case $1 in
	host/contract) echo "make check-all" ;;
	host/coverage) echo "make check-debug" ;;
	*)
		[[ " rows small rows32 ${strategies[*]} " != *" ${1#*/} "* ]] || set -- "$1@"
		echo "make $target KERNELS='$kernel' TESTS='${1#*/}'"
		;;
	esac
}

# ended PID: prints the suite's result, and keeps its duration for the next run
ended() {
	local name=${running[$1]} status=0 seconds=$((SECONDS - began[$1]))
	wait "$1" || status=$?
	unset "running[$1]"
	echo "$status" >"$results/$name.status"
	rm -rf "${work:?}/tmp/${name//\//-}" 2>/dev/null || as_root rm -rf "${work:?}/tmp/${name//\//-}"
	done_suites=$((done_suites + 1))
	status_line ''
	"$here/report" "$results" "$name" "[$done_suites/$all_suites]" "$seconds" || failures=$((failures + 1))
	# the time of a part of a suite does not predict that of the whole
	[ ${#globs[@]} = 0 ] && [ $status = 0 ] || return 0
	{ sed "\\,^$name ,d" "$times" 2>/dev/null || [ ! -e "$times" ]; echo "$name $seconds"; } >"$times.new"
	mv "$times.new" "$times"
}

# run_next: starts the first suite of the queue
run_next() {
	local name=${queue[0]} scale
	queue=("${queue[@]:1}")
	suite_command "$name"
	scale=$(busy)
	((scale > speed)) || scale=$speed
	# only this kernel counts the lines that were reached
	if [[ $kernel = debug-* ]]; then
		command=(env "MMAPDEMO_COVERAGE=$top/build/coverage" "${command[@]}")
	fi
	start "$name" "$results/$name.tap" "$results/$name.err" $((scale * patience)) "${command[@]}"
}

# wait_for_one: until a suite ends. `wait -n` may not know a process any more that ended
# before the call, so each two seconds the loop looks for itself and draws the status line.
# The status of wait is that of a suite, which `ended' asks for, or of the ticker, which does
# not matter. The ticker may have ended before it is killed.
wait_for_one() {
	local pid ticker
	while :; do
		for pid in "${!running[@]}"; do
			kill -0 "$pid" 2>/dev/null || { ended "$pid"; return; }
		done
		[ ! -t 1 ] || show
		sleep 2 7>&- &
		ticker=$!
		wait -n "${!running[@]}" $ticker || true
		kill "$ticker" 2>/dev/null || true
		wait "$ticker" 2>/dev/null || true
	done
}

drain() {
	while [ ${#queue[@]} -gt 0 ] || [ ${#running[@]} -gt 0 ]; do
		if [ ${#queue[@]} -gt 0 ] && [ ${#running[@]} -lt "$jobs" ]; then
			run_next
		else
			wait_for_one
		fi
	done
}

# schedule 'NAME SECONDS'...: runs them; coverage and contract run last, because they read the
# results of the others
schedule() {
	local entry name seconds after=()
	for entry; do
		name=${entry% *}
		seconds=$(sed -n "s,^$name ,,p" "$times" 2>/dev/null) || seconds=
		last_seconds[$name]=${seconds:-${entry#* }}
		mkdir -p "$results/${name%%/*}"
		suite_command "$name"
		echo "$name $needed" >>"$results/expected"
		again "$name" >"$results/$name.again"
	done
	all_suites=$#
	mapfile -t queue < <(for name in "${!last_seconds[@]}"; do
		echo "${last_seconds[$name]} $name"
	done | sort -k1,1nr -k2 | cut -d' ' -f2 | grep -vxE 'host/(coverage|contract)')
	mapfile -t after < <(printf '%s\n' "${!last_seconds[@]}" | grep -xE 'host/(coverage|contract)')
	drain
	queue=("${after[@]}")
	drain
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# The suites: which kernels each runs on, about how long it takes, and its command.
# Source it after vm/lib.sh; the arrays `kernels` and `globs` are the caller's.

: "${top?}" "${bin=}" "${kernels?}" "${toolchain=}"

# The rows that must have run for a kernel to count as checked.
contract="S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 V1 V2 V3 V4
M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15 M16 M17 M18 C1 C2 C3 C4 C5 C6 C7 C8 C9 C11 C12"
contract=${contract//$'\n'/ }

# Each strategy has its own node. conformance/expect judges its rows.
read -ra strategies < <("$top/tools/strategies" --others)
strategy_rows="S* V* M* *.kind-*"

# The rows that a storm disturbs most, as far as they fit into the time. M12.group-limit
# is not among them: the storm's memory pressure may make the kernel kill the row's worker.
storm_rows="S3 S4 S5 S7 V1 M11.aligned* M12.survives* M12.compaction M12.migration C3"

# M15 sets huge and small folios itself. C4 to C6 and C8 to C13 test injections, buffers and
# events, which do not depend on a folio's size.
small_rows="S* V* M? M1[0-46-9] C[1-37]"

# A kernel that differs in the module's build alone has another hook of mmap, which sets up the
# mapping and has no part in commands, in what happens to memory, and the like.
hook_rows="S* V* M? M11 C1"

# A line is a suite, the classes of kernels that it runs on (see classes_of), and its
# seconds beside one other suite on two processors. Longer suites start first.
suite_table="
rows		stock,source,cross,next	220
small		first			170
fuzz		first,last,source,cross	120
fuzz-short	asked			20
beside		first,last,source	110
lifecycle	first,last,source,cross,next 80
storm		last			80
late-load	first,last,source	40
fixed		first,last,source	30
fixed-nopat	first			30
templates	distinct,source		500
drivers		first,last,source	150
importers	first,last		40
zoo		first,last		150
stress		last,source		45
rows32		first,last,source	25
prealloc	distinct,source,cross	10
catches		source			200
fail-nth	debug			2400
fail-nth-others	debug			1800
$(printf '%s	distinct,source,cross	50\n' "${strategies[@]}")
"

# Those of tests/suites and tests/self, which run once, where they take longer than this.
host_seconds=40
host_table="mutants 250 tutorial 300 mistakes 300 recipes 90 self-fuzz 195 sanitize 180 matrix 150 grown 140 lint 130
self-storm 120 self-vm 80 deb 90 strangers 70 conform 130 doctor 60 tour 60 style 60
contention 120 sandbox 400 lab 300"

# Suites that find mistakes in tests, programs and pages, not in the module: `make check-tools',
# `make check-languages' for what needs many compilers, `make check-sandbox' and `make check-lab'.
tool_suites="self-fuzz self-storm self-vm mistakes analysis contention sanitize matrix grown deb recipes site languages sandbox lab"

# classes_of KERNEL: `stock' kernels are Debian's own. `distinct' leaves out a kernel that
# differs from another one in the module's build alone, which tests nothing new in the
# kernel. `first' is the first one of this run, for suites that do not depend on the kernel,
# and `last' the last of those that differ: long suites run on the oldest and the newest, and
# in `make check-between' on the others.
classes_of() {
	local classes=''
	case $toolchain in
	source)
		classes+=" source"
		[[ $1 != debug-* ]] || classes+=" debug"
		;;
	cross-*) classes+=" cross" ;;
	next-*) classes+=" next" ;;
	*)
		classes+=" stock"
		[[ " $distinct " != *" $1 "* ]] || classes+=" distinct"
		;;
	esac
	[ "$1" != "${kernels[0]}" ] || [[ $toolchain = cross-* ]] || classes+=" first"
	[ "$1" != "${distinct##* }" ] || classes+=" last"
	echo "$classes"
}
distinct=$(distinct_kernels | paste -sd' ')

# host_script SUITE: the script that runs it, if it is one of the host's
host_script() {
	local script=$top/tests/suites/$1/run
	[[ $1 != self-* ]] || script=$top/tests/self/${1#self-}.sh
	[ "$1" = style ] || { [ -x "$script" ] && echo "$script"; }
}

# host_suites ASKED
host_suites() {
	local script name
	for script in "$top"/tests/suites/*/run "$top"/tests/self/*.sh; do
		case $script in
		*/late-load/run | */fixed/run | */drivers/run | */importers/run | */templates/run | */catches.sh) ;; # they run for each kernel
		*/run) basename "${script%/run}" ;;
		*) echo "self-$(basename "$script" .sh)" ;;
		esac
	done | while read -r name; do
		[[ -z $1 && " $tool_suites " = *" $name "* ]] || echo "$name"
	done
}

# list_suites ASKED KERNEL...: "KERNEL/SUITE SECONDS", a line each; with those of the class
# `asked', and tool_suites, if ASKED is not empty.
list_suites() {
	local kernel name on seconds classes class kernels=("${@:2}")
	for kernel in "${kernels[@]}"; do
		kernel_line "$kernel"
		classes=" $(classes_of "$kernel") "
		[ "$kernel" != "${kernels[0]}" ] || [ -z "$1" ] || classes+="asked "
		while read -r name on seconds; do
			for class in ${on//,/ }; do
				[[ $classes != *" $class "* ]] || { echo "$kernel/$name $seconds"; break; }
			done
		done <<<"${suite_table:1}"
	done
	kernel_line "${kernels[0]}"
	# no suite of the host is about another architecture
	[[ $toolchain != cross-* ]] || return 0
	{ host_suites "$1"; [ -z "$1" ] || echo style; } | while read -r name; do
		seconds=$host_seconds
		[[ " ${host_table//$'\n'/ } " != *" $name "* ]] ||
			read -r seconds _ <<<"${host_table#*"$name "}"
		echo "host/$name $seconds"
	done
	[[ " ${kernels[*]}" != *" debug-"* ]] || echo "host/coverage 0"
	[ "${kernels[*]}" != "$(kernel_names | paste -sd' ')" ] || echo "host/contract 0"
}

# The fuzzer's seed is the same for all runs of a commit, and the other one is always 1. Some 7%
# of its steps turn out to be impossible: two seeds of 60,000 make some 110,000.
seed=$(git -C "$top" rev-parse --short=7 HEAD 2>/dev/null) || seed=$(date +%y%m%d)

vm() {
	command=("$top/vm/run" -k "$kernel" --log "$results/$kernel/$task.log" "$@")
}

rows_vm() {
	command=("$top/vm/rows" -k "$kernel" --log "$results/$kernel/$task.log" "$@")
}

# rows_command ROWS [OPTION]...: these rows, or those of TESTS
rows_command() {
	rows_vm -t 900 "${@:2}" -f "$bin/mmapdemo-rows" -- \
		/scratch.sh /mmapdemo-rows --tests "${globs[*]:-$1}"
}

# among ROWS: the rows of the contract that must run and are among these
among() {
	local row glob globs
	read -ra globs <<<"$1"
	for row in $checked; do
		for glob in "${globs[@]}"; do
			# shellcheck disable=SC2053 # a glob
			[[ $row != $glob ]] || { echo "$row"; break; }
		done
	done | paste -sd' '
}

# conformance/expect lists what a strategy does not support, and what its driver refuses.
strategy_command() {
	local whole=1 known=$kernel
	# for a kernel from source the expectations of its release apply
	[ "$toolchain" != source ] || known=${kernel#*-}
	[ ${#globs[@]} = 0 ] || whole=0
	rows_vm -t 900 -m "$memory" -p "strategies=$task size=$small_size" -f "$bin/mmapdemo-rows" -- \
		/scratch.sh /mmapdemo-rows --device "/dev/mmapdemo-$task" --tests "${globs[*]:-$strategy_rows}"
	command=("$top/conformance/expected" "$known" "$task" "$whole" "${command[@]}")
}

# fuzz_command STEPS ROUNDS: ROUNDS of created buffers
fuzz_command() {
	rows_vm -t 900 -f "$bin/mmapdemo-fuzz" -f "$bin/mmapdemo-fuzz-created" -f "$top/tools/tap.sh" \
		-f "$top/tests/fuzz/guest.sh" -- /scratch.sh /guest.sh "$1" 15 "$2" 1 "0x$seed"
}

fail_nth_command() {
	vm --no-module -t 900 -f "$top/build/$kernel/mmapdemo.ko" -f "$top/build/$kernel/in_init/in_init.ko" \
		-f "$top/build/bin/mmapdemo-fail-nth" -- /mmapdemo-fail-nth /mmapdemo.ko /in_init.ko "$1"
}

stress_command() {
	vm -f "$top/tools/tap.sh" -f "$(type -P fio):/bin/fio" -f "$(type -P stress-ng):/bin/stress-ng" \
		-f "$(type -P trinity):/bin/trinity" -f "$(type -P setpriv)" -f "$top/tests/suites/stress/guest.sh" -- \
		/guest.sh $((0x$seed))
}

# The kernel's sort decides how long limits are, how many steps there are, and which
# programs: patience, fuzz_steps, fuzz_rounds, bin, memory, size, small_size.
kernel_setting() {
	patience=1 fuzz_steps=60000 fuzz_rounds=30 bin=$top/build/bin memory=1G size=64M small_size=16M
	case $toolchain in
	source) patience=6 fuzz_steps=25000 fuzz_rounds=50 ;;
	# there is highmem, but not for fixed strategies
	cross-i386) patience=3 bin=$top/build/$toolchain/bin memory=2G ;;
	cross-*)
		# a huge page may be 32 MiB
		patience=3 fuzz_steps=100000 fuzz_rounds=50 bin=$top/build/$toolchain/bin memory=3G size=512M small_size=128M
		;;
	esac
}

host_command() {
	case $task in
	style) command=("$top/tools/lint/run" -k "${kernels[0]}" style build) ;;
	coverage) command=("$top/tests/coverage" "${kernels[0]}") ;;
	contract) command=("$top/tools/docs/contract" --check "$results" "$top/docs") ;;
	*) command=("$(host_script "$task")" "${kernels[@]}") ;;
	esac
}

# suite_command KERNEL/SUITE: sets command; needed, the rows that must occur in it; and
# patience, how many times as long as usual its limits are.
suite_command() {
	local checked='' rows='*'
	kernel=${1%%/*} task=${1#*/} needed=''
	[ ${#globs[@]} != 0 ] || checked=$contract
	kernel_line "${kernel/#host/${kernels[0]}}"
	[ "$kernel" != host ] || { kernel=${kernels[0]} kernel_setting; host_command; return; }
	kernel_setting
	# drivers may use userfaultfd from 7.2 on
	[[ -z $checked || $kernel != @(7|next-)* ]] || checked+=" M19"
	case $task in
	# some rows need unused memory, of which a larger device has more
	rows)
		[[ $(classes_of "$kernel") =~ distinct|source|cross|next ]] || rows=$hook_rows
		needed=$(among "$rows")
		rows_command "$rows" -m "$memory" -p "size=$size"
		;;
	# the same with small folios only
	small) needed=$(among "$small_rows"); rows_command "$small_rows" -p "size=64M huge=never" ;;
	# a growth must get all of its memory, or none
	prealloc)
		needed=${checked:+C2}
		rows_vm -p "size=16M prealloc=1" -f "$bin/mmapdemo-rows" -- \
			/scratch.sh /mmapdemo-rows --tests C2.growth-fails
		;;
	rows32)
		needed=${checked:+S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 C1 C7 C8 C11 C12}
		vm -p size=64M -f "$top/build/bin/mmapdemo-rows32" -- \
			/mmapdemo-rows32 --tests "${globs[*]:-S* C1 C7 C8 C11 C12}"
		;;
	# The allocator's debugging counts exactly, detects use after free and names the owner
	# of an object. Without init_on_alloc only the module clears memory.
	lifecycle)
		needed=V3
		vm --no-module -a "slub_debug=FZPU slab_debug=FZPU init_on_alloc=0" \
			-f "$top/build/$kernel/mmapdemo.ko" -f "$top/tools/tap.sh" \
			-f "$top/tests/suites/lifecycle/guest.sh" -- sh /guest.sh /mmapdemo.ko "${strategies[*]}"
		;;
	# its helper module places kprobes of this machine's architecture
	late-load)
		needed=V3
		command=("$top/tests/suites/late-load/run" "$kernel" "$top/build/$kernel/mmapdemo.ko")
		;;
	# so does this one, which also reads page tables
	fixed)
		needed="S1 S12 V3 V4"
		command=("$top/tests/suites/fixed/run" "$kernel" "$top/build/$kernel/mmapdemo.ko")
		;;
	fixed-nopat)
		needed=S1
		command=("$top/tests/suites/fixed/run" "$kernel" "$top/build/$kernel/mmapdemo.ko" "$top/drivers" nopat)
		;;
	templates) command=("$top/tests/suites/templates/run" "$kernel") ;;
	drivers)
		needed=C13
		command=("$top/tests/suites/drivers/run" "$kernel")
		;;
	importers)
		needed=C12
		command=("$top/tests/suites/importers/run" "$kernel")
		;;
	zoo)
		command=("$top/tests/suites/conform/zoo/run" "$kernel")
		# its results for these depend on the kernel
		[[ $(classes_of "$kernel") =~ last ]] || command+=(private_frames remap_endless)
		;;
	fuzz) fuzz_command "$fuzz_steps" "$fuzz_rounds" ;;
	fuzz-short) fuzz_command 25000 0 ;;
	beside)
		rows_vm -t 900 -f "$bin/mmapdemo-beside" -f "$top/tests/beside/known" -- \
			/scratch.sh /mmapdemo-beside --table --random "$((0x$seed))" --programs 70
		;;
	# The rest of the rows run in `make storm`. In a storm the command gets less processor time.
	storm)
		patience=$((2 * patience))
		command=("$top/tests/storm/run" "$kernel" 1 10 "--ops 25000" "$((0x$seed))" "$storm_rows"
			--log "$results/$kernel/storm.log")
		;;
	stress) stress_command ;;
	catches) command=("$top/tests/self/catches.sh" "$kernel") ;;
	# two suites, as one processor would need very long for both
	fail-nth) fail_nth_command '*@(module|/mmapdemo)]' ;;
	fail-nth-others) fail_nth_command '*/mmapdemo-*' ;;
	*) needed=${checked:+S1 S14 M1 C1 C7}; strategy_command ;;
	esac
}

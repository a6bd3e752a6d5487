# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# The programs of userspace/examples/languages, each on the node and on a buffer of CREATE.
# guest.sh LANGUAGE...

# shellcheck source=tools/tap.sh
. /tap.sh
cd /languages || exit

ended() {
	! kill -0 "$program" 2>/dev/null
}

# said PATTERN: the program's output has it, or the program has ended
said() {
	grep -qE "$1" /tmp/said || ended
}

# The path of the descriptor of a process, by which another process may open the same buffer
buffer_of() {
	for fd in "/proc/$1/fd/"*; do
		case $(readlink "$fd") in
		*mmapdemo*) echo "$fd" ;;
		esac
	done | tail -n 1
}

# greets NAME LINES COMMAND...: the command prints these lines, stores its greeting, waits for
# another process, and says what that one has stored.
greets() {
	name=$1 lines=$2
	shift 2
	mmapdemo wipe --now >/dev/null || return
	"$@" >/tmp/said 2>&1 &
	program=$!
	within 60 said '^waiting' && buffer=$(buffer_of $program) && /answer "$buffer" "hello from $name" &&
		within 60 ended && wait $program || {
		kill $program 2>/dev/null
		cat /tmp/said
		return 1
	}
	same "what it printed" "$lines
waiting
the other process stored 'hello from another process'" "$(cat /tmp/said)"
}

# writes NAME LINES COMMAND...: the command prints these lines, writes its greeting and ends.
writes() {
	name=$1 lines=$2
	shift 2
	mmapdemo wipe --now >/dev/null && said=$("$@" 2>&1) && same "what it printed" "$lines" "$said" &&
		/answer /dev/mmapdemo "hello from $name"
}

# The line that shows size and mappings, of the node and of a fresh buffer
on_node="size 8388608, private 'mine', shared ''"
on_fresh="size 1048576, private 'mine', shared ''"

# both WHAT NAME LINE-ON-NODE LINE-ON-FRESH COMMAND...
both() {
	what=$1 greeting=$2 first=${3:+$3
}$on_node second=${4:+$4
}$on_fresh
	shift 4
	try "$what.node" greets "$greeting" "$first" "$@"
	try "$what.created" greets "$greeting" "$second" "$@" create
}

test_c() {
	both c C "by st_size: Invalid argument" "by st_size: mapped" ./c
}

test_cpp() {
	both cpp C++ "by file_size(): Operation not supported" "by file_size(): 1048576" ./cpp
}

test_python() {
	both python Python "by st_size: [Errno 22] Invalid argument" "by st_size: 1048576" \
		/usr/bin/python3 hello.py
	both numpy numpy "" "" /usr/bin/python3 hello_numpy.py
}

test_rust() {
	both rust Rust "by len(): Invalid argument (os error 22)" "by len(): mapped" ./rust
	both memmap2 memmap2 "by len(): 0 bytes" "by len(): 1048576 bytes" ./memmap2
}

test_go() {
	both go Go "by Size(): 0 invalid argument" "by Size(): 1048576 <nil>" ./go
}

test_java() {
	set -- /java/bin/java -Xint -Xmx64m -cp . Hello
	try java.node writes Java "by size(): 0
by map(): Invalid argument" "$@"
	try java.created greets Java "by size(): 1048576
$on_fresh" mmapdemo create --size 1M -- "$@"
}

test_foreign() {
	if [ -x /foreign/bin/java ]; then
		both foreign Java "" "" /foreign/bin/java -Xint -Xmx64m --enable-native-access=ALL-UNNAMED -cp . HelloForeign
	else
		skip foreign.node "no JDK of 22 or later on this machine"
		skip foreign.created "no JDK of 22 or later on this machine"
	fi
}

test_node() {
	try node.node greets Node.js "by fstat: 0" /usr/bin/node hello.js
	try node.created greets Node.js "by fstat: 1048576" mmapdemo create --size 1M -- /usr/bin/node hello.js
}

tests=$(($# * 2))
for language; do
	case $language in
	python | rust) tests=$((tests + 2)) ;;
	esac
done
plan $tests
for language; do
	"test_$language"
done

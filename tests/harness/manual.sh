#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# manual.sh KERNEL: the manual pages and the shells' completion say what the command
# says of itself, sub-command by sub-command, and what the header says of the device.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
dir=$(mktemp -d)
mkdir "$dir/man" # as a place for wrong pages
command=$top/build/bin/mmapdemo
page=$top/docs/man/mmapdemo.1

commands_of_help() {
	"$command" --help | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort
}

# Those that argp has for each command are said once.
options_of_help() {
	"$command" "$1" --help | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p' |
		grep -vxE -e '--(help|usage|version)' | sort
}

# section PAGE COMMAND: what it says of that
section() {
	awk -v name="$2" '/^\.S[hs] / { inside = $1 == ".Ss" && $2 == name } inside' "$1"
}

options_of_page() {
	section "$@" | grep -oE 'Fl Fl [a-z-]+' | sed 's/Fl Fl /--/' | sort -u
}

commands_agree() {
	same commands "$(commands_of_help)" "$(sed -n 's/^\.Ss //p' "${1:-$page}" | sort)"
}

options_agree() {
	same "options of $1" "$(options_of_help "$1")" "$(options_of_page "${2:-$page}" "$1")"
}

# -r and --repeats, say, are one to both
letters_agree() {
	local letter long
	while read -r letter long; do
		has "$("$command" "$1" --help)" "^  -$letter, --$long" || return
	done < <({ section "${2:-$page}" "$1"; section "${2:-$page}" none; } |
		sed -nE 's/^\.It Fl ([a-zA-Z]) , Fl Fl ([a-z-]+).*/\1 \2/p')
}

# Each that help has a letter for has it in the page too.
letters_told() {
	local letter long
	while read -r letter long; do
		has "$(cat "$page")" "^\.It Fl $letter , Fl Fl $long" || return
	done < <("$command" "$1" --help | sed -nE 's/^  -([a-zA-UW-Z]), --([a-z-]+).*/\1 \2/p')
}

# What is installed here does not matter, nor whether it is indexed.
lint() {
	same "what mandoc says" "" "$(mandoc -Tlint "$@" 2>/dev/null | grep -v 'referenced manual not found')"
}

# told PAGE BEFORE AFTER: each name of stdin stands in the page, between these
told() {
	local name count=0
	while read -r name; do
		has "$(cat "$1")" "$2$name$3" || return
		count=$((count + 1))
	done
	[ $count != 0 ] || { echo "no names to be told, before '$3'"; return 1; }
}

# The ioctls, errors, tracepoints, parameters and files in sysfs that there are.
device_agrees() {
	local header=$top/include/uapi/linux/mmapdemo.h
	sed -nE 's/^#define (MMAPDEMO_IOCTL_[A-Z_]+)[ \t]+_IOWR.*/\1/p' "$header" | told "$1" 'Dv ' ' Pq' &&
		sed -nE 's/^ \*   (E[A-Z0-9]+) .*/\1/p' "$header" | told "$1" '^\.It Bq Er ' '$' &&
		sed -nE 's/^(TRACE|DEFINE)_EVENT\((.*, )?([a-z_]+),$/\3/p' "$top/module/trace.h" |
			told "$1" '^\.It Sy ' '$' &&
		sed -nE 's/^module_param[a-z_]*\(([a-z]+),.*/\1/p' "$top/module/params.c" |
			told "$1" '^\.It Cm ' '$' &&
		sed -nE 's/^\t&dev_attr_([a-z_]+)\.attr,/\1/p' "$top/module/sysfs.c" |
			told "$1" '^\.It Pa /sys/class/misc/mmapdemo/' '$'
}

# lies COMMAND...: it fails, as it should
lies() {
	! "$@" || { echo "nothing was noticed: $*"; return 1; }
}

spoilt() {
	sed "$1" "$page" >"$dir/mmapdemo.1"
	! cmp -s "$page" "$dir/mmapdemo.1"
}

left_out_is_noticed() {
	spoilt '/Op Fl Fl policy/d; /^\.It Fl p , Fl Fl policy/d' && lies options_agree wipe "$dir/mmapdemo.1" &&
		spoilt '/^\.Ss heal/d' && lies commands_agree "$dir/mmapdemo.1" &&
		spoilt 's/^\.It Fl n , Fl Fl now/.It Fl x , Fl Fl now/' && lies letters_agree wipe "$dir/mmapdemo.1" &&
		sed '/Er EBUSY/d' "$top/docs/man/mmapdemo.4" >"$dir/mmapdemo.4" && lies device_agrees "$dir/mmapdemo.4"
}

lint_notices() {
	spoilt 's/^\.Sh EXAMPLES/.Sh/' && lies lint "$dir/mmapdemo.1"
}

# bash WORD...: what is offered for the last one
in_bash() {
	PATH=$top/build/bin:$PATH bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mmapdemo mmapdemo "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$top/packaging/completion/mmapdemo.bash" "$@" | sort
}

bash_commands() {
	same "all" "$({ commands_of_help; printf '%s\n' --help --version; } | sort)" "$(in_bash mmapdemo '')" &&
		same "po" poison "$(in_bash mmapdemo po)" && same "w" "$(printf '%s\n' wait watch wipe)" "$(in_bash mmapdemo w)"
}

bash_options() {
	same "of $1" "$("$command" "$1" --help | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+)(=?).*/\2\3/p' | sort)" \
		"$(in_bash mmapdemo "$1" --)"
}

bash_values() {
	same policy "$(printf '%s\n' both close none unmap)" "$(in_bash mmapdemo wipe --policy = '')" &&
		same "policy u" unmap "$(in_bash mmapdemo wipe -p u)" &&
		same "events" "$(printf '%s\n' kick last-close resize wipe)" "$(in_bash mmapdemo wait --events = '')" &&
		same "events of watch" "$(sed -nE 's/^\.It Sy (.*)/\1/p' "$top/docs/man/mmapdemo.4" | sort)" \
			"$(in_bash mmapdemo watch -e '')" &&
		same "chapters" "$("$command" tour --help | sed -n '/^Chapters:/,/^$/p' | grep -oE '[a-z-]{3,}(,|\.)' |
			tr -d ,. | sort)" "$(in_bash mmapdemo tour --chapter = '')" &&
		has "$(in_bash mmapdemo map '')" "^$$\$" &&
		same "targets" "$(printf '%s\n' memfd:)" "$(in_bash mmapdemo conform mem)" &&
		same "a number" '' "$(in_bash mmapdemo resize '')"
}

# zsh, with what its completion system would do put down in words.
in_zsh() {
	PATH=$top/build/bin:$PATH zsh -f -c '
		_call_program() { shift; "$@" }
		_describe() { [[ $1 == -o ]] && shift; print -rl -- ${(P)2} }
		_files() { print files }
		compset() { : }
		file=$1
		shift
		words=("$@") CURRENT=$#
		complete_it() { source $file }
		complete_it' zsh "$top/packaging/completion/_mmapdemo" "$@" | sort
}

zsh_completes() {
	zsh -n "$top/packaging/completion/_mmapdemo" || return
	same commands "$(commands_of_help)" "$(in_zsh mmapdemo '' | sed 's/:.*//')" &&
		same "options of wipe" "$("$command" wipe --help |
			sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p' | sort)" "$(in_zsh mmapdemo wipe -- | sed 's/:.*//')" &&
		same policy "$(printf '%s\n' both close none unmap)" "$(in_zsh mmapdemo wipe --policy=)" &&
		same chapters "$(in_bash mmapdemo tour -c '')" "$(in_zsh mmapdemo tour -c '')" &&
		has "$(in_zsh mmapdemo conform '')" files
}

mapfile -t commands < <(commands_of_help)
plan $((10 + 4 * ${#commands[@]}))
try "manual.lint" lint "$page" "$top/docs/man/mmapdemo.4"
try "manual.lint-notices" lint_notices
try "manual.has-all-commands" commands_agree
for name in "${commands[@]}"; do
	try "manual.has-the-options-of[$name]" options_agree "$name"
	try "manual.has-the-letters-of[$name]" letters_agree "$name"
	try "manual.tells-the-letters-of[$name]" letters_told "$name"
	try "bash.completes-options-of[$name]" bash_options "$name"
done
try "manual.has-all-of-the-device" device_agrees "$top/docs/man/mmapdemo.4"
try "manual.what-is-left-out-is-noticed" left_out_is_noticed
try "bash.completes-commands" bash_commands
try "bash.completes-values" bash_values
try "bash.knows-no-other-command" same "offered" '' "$(in_bash mmapdemo nonsense --)"
try "zsh.completes" zsh_completes
try "commands.are-many" test ${#commands[@]} -gt 10
rm -rf "$dir"

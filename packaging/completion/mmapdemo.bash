# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# bash completion of mmapdemo(1). Commands and options are asked of the command
# itself, so that they are those it has.

_mmapdemo_commands() {
	"$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

# The long options of command $2; those with a value end in =
_mmapdemo_options() {
	"$1" "$2" --help 2>/dev/null | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+)(\[?=?).*/\2\3/p' | sed 's/\[.*//'
}

# _mmapdemo_values PROGRAM COMMAND OPTION: what may follow it; nothing is known of numbers
_mmapdemo_values() {
	case $2$3 in
	*--device | *-d) printf '%s\n' /dev/mmapdemo* ;;
	wipe--policy | wipe-p) echo unmap close both none ;;
	wait--events | wait-e) echo kick last-close resize wipe ;;
	conform--as) echo memory dma registers ring readonly ;;
	conform--fill) echo none ;;
	watch--events | watch-e)
		echo mmap vma_open vma_close fault huge_fault map_pages resize poison_hit notify wipe ;;
	tour--chapter | tour-c)
		"$1" tour --help 2>/dev/null | sed -n '/^Chapters:/,/^$/p' | tr -d ',.' | sed 's/^Chapters://' ;;
	*) return 1 ;;
	esac
}

_mmapdemo() {
	local program=$1 cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words='' option
	option=${COMP_WORDS[COMP_CWORD - 1]}
	# --option=value is three words here
	[ "$cur" != = ] || cur=''
	[ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words="$(_mmapdemo_commands "$program") --help --version"
	elif [[ $cur == -* ]]; then
		words=$(_mmapdemo_options "$program" "$command")
	elif ! words=$(_mmapdemo_values "$program" "$command" "$option"); then
		case $command$option in
		conform--baseline | conform--compare | *--svg | *--from | tour-h | bench--json | map--html | tour--html) words=$(compgen -f -- "$cur") ;;
		doctor--root | doctor-r) words=$(compgen -d -- "$cur") ;;
		create*) words=$(compgen -c -- "$cur") ;;
		map*) words=$(cd /proc && echo [0-9]*) ;;
		conform*) words="memfd: shm: zero: hugetlb: anon: fd: secret: udmabuf: dmaheap: perf: bpf: uring: packet: guestmem: dmabuf: pci: $(compgen -f -- "$cur")" ;;
		bench*) words=$(compgen -f -- "$cur") ;;
		*) words='' ;;
		esac
	fi
	# shellcheck disable=SC2207 # words, as they are meant
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _mmapdemo mmapdemo

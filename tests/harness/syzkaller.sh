#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# syzkaller.sh [KERNEL]: the description for syzkaller says what the header says:
# each command with its struct, each struct with its members, in their order and
# with their widths, each named value that goes in.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
header=$top/include/uapi/linux/mmapdemo.h
description=$top/tests/syzkaller/dev_mmapdemo.txt

# COMMAND STRUCT, a line each
header_commands() {
	sed -nE 's/^#define (MMAPDEMO_IOCTL_[A-Z_]+)\s+_IO.*struct (\w+)\)/\1 \2/p' "$1"
}

# shellcheck disable=SC2016 # the dollar is syzkaller's
described_commands() {
	sed -nE 's/^ioctl\$(\w+)\(fd fd_mmapdemo, cmd const\[\1\], arg ptr\[(in|inout), (\w+)\]\)$/\1 \3/p' "$1"
}

# STRUCT MEMBER BITS, a line each
header_members() {
	awk '/^struct .* \{/ { struct = $2; next }
	/^}/ { struct = "" }
	struct && /;/ {
		bits = $1 == "__u32" ? 32 : $1 == "__aligned_u64" ? 64 : $1 " " $2
		gsub(/;/, "", $2)
		if (sub(/^char .*\[/, "8x", bits))
			bits = bits + 0 ? "8x" 16 : bits
		sub(/\[.*/, "", $2)
		print struct, $2, bits
	}' "$1"
}

described_members() {
	awk '/^type / { type[$2] = $3 }
	/^[a-z_]+ \{/ { struct = $1; next }
	/^}/ { struct = "" }
	struct && NF {
		what = $2
		for (i = 3; i <= NF; i++)
			what = what $i
		sub(/\((in|out|inout)\)$/, "", what)
		if (what in type)
			what = type[what]
		bits = what ~ /^array\[int8,16\]/ ? "8x16" : what ~ /int64|ptr64/ ? 64 : what ~ /int32/ ? 32 : what
		print struct, $1, bits
	}' "$1"
}

# What a program passes; the features, limits and the type are not.
header_values() {
	grep -ohE '\bMMAPDEMO_(FAULT|EVENT|WIPE)_[A-Z_]+\b' "$1" | grep -vE '_MAX$|_$|_ON$|FAULT_(SET|LIST)$' | sort -u
}

described_values() {
	grep -E '^[a-z_]+ = ' "$1" | grep -oE 'MMAPDEMO_[A-Z_]+' | sort -u
}

commands() {
	same commands "$(header_commands "$header")" "$(described_commands "$1")"
}

members() {
	same members "$(header_members "$header")" "$(described_members "$1")"
}

values() {
	same values "$(header_values "$header")" "$(described_values "$1")"
}

# stale CHECK SED: a description that is no longer right is seen
stale() {
	local copy status=0
	copy=$(mktemp)
	sed -E "$2" "$description" >"$copy"
	cmp -s "$copy" "$description" && { echo "nothing changed by $2"; return 1; }
	"$1" "$copy" >/dev/null && status=1
	rm -f "$copy"
	return $status
}

found() {
	has "$(header_commands "$header")" '^MMAPDEMO_IOCTL_WIPE mmapdemo_wipe$' &&
		has "$(header_members "$header")" '^mmapdemo_info strategy 8x16$' &&
		has "$(header_members "$header")" '^mmapdemo_wait generation 64$' &&
		has "$(header_values "$header")" '^MMAPDEMO_WIPE_ON_LAST_CLOSE$'
}

plan 8
try "syzkaller.the-header-is-understood" found
try "syzkaller.commands" commands "$description"
try "syzkaller.members" members "$description"
try "syzkaller.values" values "$description"
try "syzkaller.a-missing-command-is-seen" stale commands '/IOCTL_KICK/d'
try "syzkaller.a-missing-member-is-seen" stale members '/fired/d'
try "syzkaller.a-wrong-width-is-seen" stale members 's/^(\tdelay\s+)int32/\1int64/'
try "syzkaller.a-missing-value-is-seen" stale values 's/, MMAPDEMO_FAULT_NTH//'

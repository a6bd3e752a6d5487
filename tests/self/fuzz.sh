#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh KERNEL: mmapdemo-fuzz turns red where it should. Some of the patches
# of tests/mutants must be found in so many steps, and come down to a short
# script, which fails there as well, and goes well with the module as it is.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
# shellcheck source=vm/lib.sh
. "$top/vm/lib.sh"
dir=$(mktemp -d)
kernel=$(native_kernel "$1")
fuzz=$top/build/bin/mmapdemo-fuzz
steps=10000 longest=12
mutants=(01-fork-not-counted 02-fault-takes-the-first-page 13-resize-without-unmap 14-poison-of-mapped-pages)

# In the VM: what a failure shows as its script, done again.
cat >"$dir/guest.sh" <<-EOT
	/mmapdemo-fuzz --seed 1 --ops $steps
	echo "status \$?"
EOT
cat >"$dir/again.sh" <<-'EOT'
	for script in /scripts/*; do
		/mmapdemo-fuzz --replay "$script"
		echo "$script status $?"
	done
EOT

# What a mutant does not change is built once for all of them.
mutated() {
	local copy=$dir/copy status=0
	[ -d "$copy" ] || copy_module "$copy"
	patch -F 0 -sd "$copy" -p1 <"$top/tests/mutants/$1.patch" || return
	"$top/tools/build" -s "$copy" -o "$dir/out" "$kernel" >"$dir/log" 2>&1 || status=$?
	patch -F 0 -Rsd "$copy" -p1 <"$top/tests/mutants/$1.patch" || return
	[ "$status" = 0 ] || { cat "$dir/log"; return 1; }
}

# again MODULE FOLDER: the scripts of a folder
again() {
	"$top/vm/run" -k "$kernel" --module "$1" -f "$fuzz" -f "$dir/again.sh" -f "$2:/scripts" -- \
		sh /again.sh
}

# found MUTANT
found() {
	local said module=$dir/out/mmapdemo.ko
	mutated "$1" || return
	said=$("$top/vm/run" -k "$kernel" --module "$module" -f "$fuzz" -f "$dir/guest.sh" -- \
		sh /guest.sh 2>&1) || { echo "$said"; return 1; }
	same "status" "status 1" "$(tail -n 1 <<<"$said")" || { echo "$said"; return 1; }
	mkdir -p "$dir/one" "$dir/scripts"
	rm -f "$dir"/one/*
	sed -n '/^start /,/^step /{/^step /!p}' <<<"$said" | tee "$dir/one/$1" >"$dir/scripts/$1"
	[ "$(grep -c . "$dir/one/$1")" -gt 1 ] && [ "$(wc -l <"$dir/one/$1")" -le $((longest + 1)) ] ||
		{ echo "its script is not 1 to $longest steps"; echo "$said"; return 1; }
	has "$(again "$module" "$dir/one" 2>&1)" "^/scripts/$1 status 1$"
}

good() {
	local said
	said=$(again "$(our_module)" "$dir/scripts" 2>&1) || { echo "$said"; return 1; }
	same "scripts that went well" ${#mutants[@]} "$(grep -c '^/scripts/.* status 0$' <<<"$said")" ||
		{ echo "$said"; return 1; }
}

our_module() {
	"$top/tools/build" "$kernel" >/dev/null && echo "$top/build/$kernel/mmapdemo.ko"
}

# What is no script is refused, with a reason.
bad() {
	local said
	mkdir "$dir/bad"
	echo '1 mapp at=1' >"$dir/bad/step"
	echo '1 map at=x' >"$dir/bad/field"
	said=$(again "$(our_module)" "$dir/bad" 2>&1) || { echo "$said"; return 1; }
	has "$said" '^/scripts/step status 2$' && has "$said" "no step is '1 mapp at=1'" &&
		has "$said" '^/scripts/field status 2$' && has "$said" "bad 'at' in"
}

plan $((${#mutants[@]} + 2))
for mutant in "${mutants[@]}"; do
	try "fuzz.finds-$mutant" found "$mutant"
done
try "fuzz.scripts-go-well-without-the-mistake" good
try "fuzz.refuses-an-unknown-step-and-a-bad-field" bad
rm -rf "$dir"

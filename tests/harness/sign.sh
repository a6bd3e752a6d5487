#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sign.sh KERNEL...: `make sign`, and what Debian's kernels make of it that take signed
# modules only: booted by UEFI, whose list of keys (`db`) has a throwaway key of ours.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
first=$1
# another build for the same kernel tells nothing new
mapfile -t kernels < <(distinct_kernels | grep -xF -e "$(printf '%s\n' "$@")")
[ ${#kernels[@]} -gt 0 ] || kernels=("$first")

# A tree of its own: what is signed in build/ is somebody's work.
tree=$dir/tree
mkdir -p "$tree/tests" "$tree/build/host"
cp -r "$top"/{Makefile,dkms.conf,packaging} "$tree"
cp -r "$top/tests/vm" "$top"/tests/*.c "$tree/tests"

# pair NAME: a key and its certificate
pair() {
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj "/CN=$1/" \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}

# said STATUS PATTERN MAKE-ARGUMENT...: of make sign
said() {
	local status=0 expected=$1 pattern=$2 said
	shift 2
	said=$(MAKEFLAGS='' make --no-print-directory -s -C "$tree" sign "$@" 2>&1) || status=$?
	same "exit status" "$expected" "$status" && has "$said" "$pattern" &&
		same "lines" 1 "$(grep -vc '^make' <<<"$said")" || { echo "$said"; return 1; }
}

ours=(KEY="$dir/enrolled.key" CERT="$dir/enrolled.pem")

arguments() {
	said 2 "^sign: no KEY=: " CERT="$dir/enrolled.pem" &&
		said 2 "^sign: no CERT=: " KEY="$dir/enrolled.key" &&
		said 2 "^sign: KEY /none: no such file" KEY=/none CERT="$dir/enrolled.pem" &&
		said 2 "^sign: CERT /none: no such file" KEY="$dir/enrolled.key" CERT=/none &&
		said 2 "^sign: KEY .*enrolled.pem is no private key in PEM" KEY="$dir/enrolled.pem" CERT="$dir/enrolled.pem" &&
		said 2 "^sign: CERT .*enrolled.key is no X.509 certificate" KEY="$dir/enrolled.key" CERT="$dir/enrolled.key" &&
		said 2 "^sign: KEY .*other.key does not belong to CERT .*enrolled.pem" \
			KEY="$dir/other.key" CERT="$dir/enrolled.pem"
}

passphrase() {
	openssl pkey -in "$dir/enrolled.key" -aes256 -passout pass:word -out "$dir/locked.key" || return
	unbuilt "$first"
	said 2 "^sign: KEY .*locked.key is encrypted: .*KBUILD_SIGN_PIN" KEY="$dir/locked.key" \
		CERT="$dir/enrolled.pem" KERNEL="$first" &&
		KBUILD_SIGN_PIN=word said 0 "signed by enrolled" KEY="$dir/locked.key" \
			CERT="$dir/enrolled.pem" KERNEL="$first"
}

# headers FILE...: an impostor of them has no more than these
headers() {
	rm -rf "$dir/headers"
	mkdir -p "$dir/headers"
	[ $# = 0 ] || echo "$1" >"$dir/headers/.config"
}

no_sign_file() {
	rm -f "$tree/build/host/mmapdemo.ko"
	said 2 "^sign: no module built for host: run make first" "${ours[@]}" || return
	cp "$top/build/$first/mmapdemo.ko" "$tree/build/host"
	headers
	said 2 "^sign: no kernel headers in $dir/headers" "${ours[@]}" KDIR="$dir/headers" || return
	headers "CONFIG_MODULES=y"
	said 2 "^sign: the kernel of .* knows no signatures" "${ours[@]}" KDIR="$dir/headers" || return
	headers 'CONFIG_MODULE_SIG_HASH="sha256"'
	said 2 "^sign: no scripts/sign-file in $dir/headers" "${ours[@]}" KDIR="$dir/headers"
}

# unbuilt KERNEL: its module as the compiler left it
unbuilt() {
	mkdir -p "$tree/build/$1"
	cp "$top/build/$1/mmapdemo.ko" "$tree/build/$1"
}

# keep NAME KERNEL: what was signed now
keep() {
	mkdir -p "$dir/$2/$1"
	cp "$tree/build/$2/mmapdemo.ko" "$dir/$2/$1"
}

# Signing anew replaces: the same bytes as when only the second key had signed.
signs() {
	unbuilt "$1"
	keep unsigned "$1"
	said 0 "/build/$1/mmapdemo.ko: signed by enrolled, sha256$" "${ours[@]}" KERNEL="$1" || return
	keep enrolled "$1"
	said 0 "signed by other, .*; the signature of enrolled is gone" KEY="$dir/other.key" \
		CERT="$dir/other.pem" KERNEL="$1" || return
	keep other "$1"
	said 0 "signed by enrolled, .*; the signature of other is gone" "${ours[@]}" KERNEL="$1" &&
		cmp "$tree/build/$1/mmapdemo.ko" "$dir/$1/enrolled/mmapdemo.ko" || return
	keep tampered "$1"
	# a letter of it
	LC_ALL=C sed -i 's/description=Kernel/description=kernel/' "$dir/$1/tampered/mmapdemo.ko"
	same "bytes changed" 1 "$(cmp -l "$dir/$1/enrolled/mmapdemo.ko" "$dir/$1/tampered/mmapdemo.ko" | wc -l)"
}

# vm STATUS KERNEL RUN-ARGUMENT...: its stdout is $out
vm() {
	local status=0 expected=$1
	shift
	out=$("$top/tests/vm/run" -t 100 -k "$@" 2>"$dir/err") || status=$?
	same "exit status" "$expected" "$status" || { echo "$out"; cat "$dir/err"; return 1; }
}

# In setup mode, as the firmware is without a platform key, anybody may write this list.
enrols() {
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$dir/vars" &&
		cert-to-efi-sig-list "$dir/enrolled.pem" "$dir/db.esl" &&
		sign-efi-sig-list -k "$dir/enrolled.key" -c "$dir/enrolled.pem" db "$dir/db.esl" "$dir/db.auth" || return
	# first the attributes: non-volatile, boot service, runtime, authenticated by time
	{ printf '\x27\0\0\0'; cat "$dir/db.auth"; } >"$dir/db"
	vm 0 "$first" --uefi "$dir/vars" --no-module -M efivarfs -f "$dir/db" -- sh -c '
		mount -t efivarfs efivarfs /sys/firmware/efi/efivars &&
			cat /db >/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f'
}

cat >"$dir/insmod.sh" <<'SH'
# What insmod and the kernel say of each, in the words of docs/faq.md
for which; do
	dmesg -c >/dev/null
	insmod=$(/insmod "/$which/mmapdemo.ko" 2>&1)
	kernel=$(dmesg | grep -e 'Loading of' -e Lockdown: | sed 's/^\[[^]]*\] //')
	echo "$which: ${insmod##*mmapdemo.ko: } | $kernel"
done
SH

# explained WHICH INSMOD KERNEL: both are as seen, and a row of the table in the FAQ
explained() {
	same "$1" "$1: $2 | $3" "$(grep "^$1: " <<<"$out")" &&
		has "$(cat "$top/docs/faq.md")" "^\\| \`$2\` \\| ${3:+\`}${3:-nothing}${3:+\`} \\| "
}

rejected="Key was rejected by service"
unknown="Loading of module with unavailable key is rejected"

refuses_unsigned() {
	vm 96 "$1" -a module.sig_enforce=1 --module "$dir/$1/unsigned/mmapdemo.ko" -- true &&
		has "$(cat "$dir/err")" "refused.*: $rejected; the kernel said: Loading of unsigned module is rejected"
}

# Debian's kernels lock themselves down when Secure Boot is on.
refuses_locked() {
	local said="Lockdown: insmod: unsigned module loading is restricted; see man kernel_lockdown.7"
	vm 0 "$1" -a lockdown=integrity --no-module -f "$(command -v insmod):/insmod" -f "$dir/insmod.sh" \
		-f "$dir/$1/unsigned" -f "$dir/$1/enrolled" -- sh /insmod.sh unsigned enrolled &&
		explained unsigned "Operation not permitted" "$said" &&
		explained enrolled "Operation not permitted" "$said"
}

# Locked down as well, as with Secure Boot. One boot for all: the module that is signed
# is in before the others are tried.
accepts() {
	vm 0 "$1" --uefi "$dir/vars" -a "module.sig_enforce=1 lockdown=integrity" --module "$dir/$1/enrolled/mmapdemo.ko" \
		-f "$(command -v insmod):/insmod" -f "$dir/insmod.sh" -f "$top/build/bin/mmapdemo-rows" \
		-f "$dir/$1/unsigned" -f "$dir/$1/other" -f "$dir/$1/tampered" -- \
		sh -c 'sh /insmod.sh unsigned other tampered; /mmapdemo-rows --tests S1' || return
	echo "$out" >"$dir/$1/said"
	has "$out" "^ok .* S1\." && same "rows that failed" "" "$(grep '^not ok' <<<"$out")"
}

refuses_others() {
	out=$(cat "$dir/$1/said") || return
	explained unsigned "$rejected" "Loading of unsigned module is rejected" &&
		explained other "$rejected" "$unknown"
}

refuses_tampered() {
	out=$(cat "$dir/$1/said") || return
	explained tampered "$rejected" ""
}

pair enrolled
pair other
plan $((4 + 6 * ${#kernels[@]}))
try sign.wrong-arguments-are-named arguments
try sign.what-is-missing-is-named no_sign_file
try sign.a-passphrase-is-taken passphrase
try sign.uefi-takes-the-key enrols
for kernel in "${kernels[@]}"; do
	try "sign.signs-and-signs-anew[$kernel]" signs "$kernel"
	try "sign.unsigned-is-refused[$kernel]" refuses_unsigned "$kernel"
	try "sign.lockdown-refuses-both[$kernel]" refuses_locked "$kernel"
	try "sign.enrolled-is-accepted[$kernel]" accepts "$kernel"
	try "sign.others-are-refused-there[$kernel]" refuses_others "$kernel"
	try "sign.tampered-is-refused[$kernel]" refuses_tampered "$kernel"
done
rm -rf "$dir"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.sh KERNEL: dkms must take dkms.conf through all its steps for packaged
# headers, in folders of ours, and leave nothing in them or on this machine.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
eval "$("$top/tests/vm/kernel" "$(native_kernel "$1")")"
read_dkms_conf
module=$PACKAGE_NAME/$PACKAGE_VERSION

# It would make a signing key in /var/lib/dkms, and look for sign-file in headers that are
# installed. What framework.conf would say instead is read from there, too.
directives=("DKMS_DIRECTIVE_KEY=mok_signing_key=$dir/mok.key"
	"DKMS_DIRECTIVE_CERT=mok_certificate=$dir/mok.pub"
	"DKMS_DIRECTIVE_SIGN=sign_file=$KDIR/scripts/sign-file")

# dkms insists on being root, though nothing here needs it.
root=(env)
[ "$(id -u)" = 0 ] || root=(unshare -r)

# dkms_ ACTION PATTERN [OPTION]...: no warning, no error, and PATTERN said
dkms_() {
	local action=$1 pattern=$2 status=0 said
	shift 2
	said=$("${root[@]}" env "${directives[@]}" dkms "$action" "$module" --dkmstree "$dir/tree" --sourcetree "$dir/src" \
		--installtree "$dir/install" "$@" 2>&1) || status=$?
	same "exit status of dkms $action" 0 "$status" && has "$said" "$pattern" &&
		! grep -iE '^(warning|error)|deprecat' <<<"$said" || { echo "$said"; return 1; }
}

kernel_options=(-k "$RELEASE" --kernelsourcedir "$KDIR")

adds() {
	mkdir -p "$dir/tree" "$dir/install/$RELEASE"
	copy_module "$dir/src/$PACKAGE_NAME-$PACKAGE_VERSION"
	dkms_ add 'Creating symlink|added'
}

builds() {
	dkms_ build '(Building|Cleaning)' "${kernel_options[@]}"
}

installs() {
	dkms_ install 'mmapdemo.ko' "${kernel_options[@]}" --no-depmod &&
		same modules 1 "$(find "$dir/install/$RELEASE" -name 'mmapdemo.ko*' | wc -l)"
}

# As it does on a machine with headers and openssl; the key is made at the first build.
signs() {
	local file
	file=$(find "$dir/install/$RELEASE" -name 'mmapdemo.ko*')
	openssl x509 -in "$dir/mok.pub" -inform DER -noout &&
		same signer "DKMS module signing key" "$(modinfo -F signer "$file")"
}

status() {
	dkms_ status "$module, ${RELEASE//+/.}, .*: installed"
}

removes() {
	dkms_ remove '.' --all --no-depmod || return
	same "modules left" "" "$(find "$dir/install" "$dir/tree" -name 'mmapdemo*')"
}

snapshot() {
	find /var/lib/dkms /usr/src /lib/modules /boot 2>/dev/null | sort
}

untouched() {
	same "what dkms keeps on this machine" "$before" "$(snapshot)"
}

before=$(snapshot)
plan 7
try dkms.add adds
try dkms.build builds
try dkms.install installs
try dkms.signs signs
try dkms.status status
try dkms.remove removes
try dkms.leaves-the-machine-alone untouched
rm -rf "$dir"

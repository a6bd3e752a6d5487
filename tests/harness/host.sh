#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host.sh KERNEL: what `make` does to this machine: load, unload, install,
# uninstall. insmod and rmmod are impostors here; nothing is loaded, and
# everything is installed into a folder.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
eval "$("$top/tests/vm/kernel" "$(native_kernel "$1")")"

# A tree of its own: build/host may be somebody's work.
tree=$dir/tree
mkdir "$tree"
(cd "$top" && find Makefile Kbuild dkms.conf module packaging docs/man tests userspace include \
	build/obj/tests build/obj/userspace build/bin/mmapdemo -type f -print0 2>/dev/null |
	xargs -0 cp -p --parents -t "$tree") # the command is not built again: it takes long

impostor sudo 'exec "$@"'
impostor dmesg 'echo "[ 1.0] mmapdemo: size=0: want something else"'
impostor insmod 'exit 0'
impostor rmmod 'exit 0'

# made STATUS PATTERN MAKE-ARGUMENT...
made() {
	local status=0 expected=$1 pattern=$2 said
	shift 2
	said=$(PATH=$dir/bin:$PATH MAKEFLAGS='' make --no-print-directory -C "$tree" KDIR="$KDIR" "$@" 2>&1) ||
		status=$?
	same "exit status" "$expected" "$status" && has "$said" "$pattern" || {
		echo "$said"
		return 1
	}
}

no_headers() {
	made 2 "^build: no kernel headers in /none: apt install .*make KERNEL=" all KDIR=/none
}

no_kernel() {
	made 2 "^kernel: no kernel '2.4' .*known: 6.1" all KERNEL=2.4
}

load_unbuilt() {
	made 2 "^host: no module built for this machine: run make first" load
}

builds() {
	made 0 mmapdemo.ko all V=1 &&
		same "files outside of build/" "" "$(cd "$tree" && find . -path ./build -prune -o \
			-newer "$dir/bin/rmmod" -type f -print)"
}

misspelt() {
	made 2 "^host: no parameter 'sise'; there are: .*size" load PARAMS=sise=1M
}

# refused INSMOD-SAYING PATTERN
refused() {
	impostor insmod "echo 'insmod: ERROR: could not insert module: $1' >&2; exit 1"
	made 2 "$2" load
}

signs() {
	openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=a stranger/" \
		-keyout "$dir/key" -out "$dir/cert" 2>/dev/null &&
		made 0 "build/host/mmapdemo.ko: signed by a stranger" sign KEY="$dir/key" CERT="$dir/cert"
}

in_use() {
	impostor rmmod "echo 'rmmod: ERROR: Module mmapdemo is in use' >&2; exit 1"
	made 2 "^host: mmapdemo is in use; who has it" unload
}

not_loaded() {
	impostor rmmod "echo 'rmmod: ERROR: Module mmapdemo is not currently loaded' >&2; exit 1"
	made 2 "^host: mmapdemo is not loaded" unload
}

installs() {
	# a neighbour that must survive
	mkdir -p "$dir/root/usr/local/lib"
	: >"$dir/root/usr/local/lib/neighbour"
	made 0 "mmapdemo.ko" install DESTDIR="$dir/root" || return
	local seen
	seen=$(cd "$dir/root" && find . -type f | sort | paste -sd' ')
	has "$seen" "/lib/modules/${RELEASE//+/.}/updates/.*mmapdemo.ko" && has "$seen" "lib/mmapdemo/shared" &&
		same "the command and its kin" "$(printf './usr/local/%s ' "${command_files[@]}")" \
			"$(cd "$dir/root" && find . -path '*/bin/*' -o -type f -path '*/share/*' ! -path '*/pkgconfig/*' | sort | paste -sd' ') " &&
		has "$seen" "/lib/sysusers.d/mmapdemo.conf .*/lib/udev/rules.d/60-mmapdemo.rules"
}

# shellcheck disable=SC2086 # flags are words
# For programs: where pkg-config says, there is the header.
installs_header() {
	local flags
	flags=$(PKG_CONFIG_PATH=$dir/root/usr/local/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dir/root \
		pkg-config --cflags mmapdemo) && echo '#include <linux/mmapdemo.h>' |
		cc -E $flags - -o /dev/null
}

keeps_signature() {
	same signer "a stranger" "$(modinfo -F signer "$(find "$dir/root" -name mmapdemo.ko)")"
}

command_files=(bin/mmapdemo share/bash-completion/completions/mmapdemo share/man/man1/mmapdemo.1
	share/man/man4/mmapdemo.4 share/zsh/site-functions/_mmapdemo)

# PREFIX is respected, headers are not asked for, and nothing stays.
installs_command() {
	made 0 "bin/mmapdemo" install-command DESTDIR="$dir/alone" PREFIX=/usr KDIR=/none || return
	same "what is installed" \
		"$(printf './usr/%s\n' "${command_files[@]}" lib/mmapdemo/installed-command | sort)" \
		"$(cd "$dir/alone" && find . -type f | sort)" &&
		has "$("$dir/alone/usr/bin/mmapdemo" --version)" "^mmapdemo [0-9]" &&
		made 2 "already installed" install DESTDIR="$dir/alone" PREFIX=/usr &&
		made 0 "" uninstall DESTDIR="$dir/alone" PREFIX=/usr &&
		same "what is left" "" "$(find "$dir/alone" 2>/dev/null)"
}

installs_once() {
	made 2 "already installed" install DESTDIR="$dir/root"
}

uninstalls() {
	made 0 "" uninstall DESTDIR="$dir/root" &&
		same "what is left" "./usr/local/lib/neighbour" "$(cd "$dir/root" && find . -type f)" &&
		same "folders left" "4" "$(find "$dir/root" -type d | wc -l)"
}

uninstalls_nothing() {
	made 2 "nothing to uninstall" uninstall DESTDIR="$dir/root"
}

complete() {
	local field
	for field in description author license version parm vermagic; do
		[ -n "$(modinfo -F "$field" "$tree/build/host/mmapdemo.ko")" ] || {
			echo "modinfo has no $field"
			return 1
		}
	done
	same license GPL "$(modinfo -F license "$tree/build/host/mmapdemo.ko")" &&
		same parameters "huge mode node prealloc size strategies" "$(modinfo -F parm "$tree/build/host/mmapdemo.ko" |
			cut -d: -f1 | sort | paste -sd' ')" &&
		has "$(cat "$top/dkms.conf")" \
			"^PACKAGE_VERSION=\"$(modinfo -F version "$tree/build/host/mmapdemo.ko")\""
}

plan 22
try "host.missing-headers-are-named" no_headers
try "host.an-unknown-kernel-is-named" no_kernel
try "host.load-wants-a-build" load_unbuilt
try "host.builds-inside-build-only" builds
try "modinfo.is-complete" complete
try "host.an-unknown-parameter-is-named" misspelt
try "host.load-explains-secure-boot" refused "Operation not permitted" \
	"Secure Boot.* not signed: make sign .*make demo"
try "host.load-explains-a-missing-signature" refused "Key was rejected by service" "not signed: make sign"
try "host.signs-what-load-takes" signs
try "host.load-explains-a-rejected-key" refused "Key was rejected by service" \
	"Secure Boot.* the key of a stranger is not enrolled"
try "host.load-explains-another-kernel" refused "Invalid module format" "built for ${RELEASE//+/.}, this is"
try "host.load-shows-the-kernels-words" refused "Invalid parameters" \
	"not loaded: Invalid parameters; the kernel said: mmapdemo: size=0: want"
try "host.load-when-loaded" refused "File exists" "loaded already: make unload"
try "host.unload-when-in-use" in_use
try "host.unload-when-not-loaded" not_loaded
try "host.install-puts-module-and-programs" installs
try "host.install-puts-the-header" installs_header
try "host.install-keeps-the-signature" keeps_signature
try "host.install-command-puts-that-alone" installs_command
try "host.install-twice-is-refused" installs_once
try "host.uninstall-takes-exactly-that" uninstalls
try "host.uninstall-of-nothing-is-an-error" uninstalls_nothing
rm -rf "$dir"

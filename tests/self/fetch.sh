#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch.sh KERNEL: a download that fails is tried again, an error is one line, and a full
# cache needs no network. Nothing is downloaded here: apt-get is an impostor.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
# shellcheck source=vm/lib.sh
. "$top/vm/lib.sh"
kernel=$1
dir=$(mktemp -d)
export MMAPDEMO_RETRY_PAUSE=0

# with COMMAND...: where impostors are found first, and the cache is empty
with() {
	MMAPDEMO_CACHE=$dir/cache PATH=$dir/bin:$PATH "$@"
}

# network SCRIPT: what apt-get does in place of a download. It may name the mirrors.
network() {
	rm -rf "${dir:?}/bin" "$dir/cache" "$dir/asked"
	impostor apt-get "case \"\$*\" in *indextargets*) echo 'bookworm http://localhost/debian/dists/bookworm/ Debian'; exit ;; esac
		echo \"\$*\" >>$dir/asked; $1"
}

# one_error PATTERN COMMAND...: it fails, in one line besides those of what it begins
one_error() {
	local said
	! said=$(with "${@:2}" 2>&1 >/dev/null) || { echo "it succeeded: ${*:2}"; return 1; }
	said=$(grep -v ': fetching' <<<"$said")
	same "lines said ($said)" 1 "$(wc -l <<<"$said")" && has "$said" "$1"
}

down="echo 'E: Some index files failed to download.' >&2; exit 100"

# A mirror that fails twice
again() {
	# shellcheck disable=SC2016 # for that shell
	local update='. "$1/vm/lib.sh"; . "$1/vm/apt.sh"; apt=$2 why=; apt_update || { echo "$why"; exit 1; }'
	network "[ \$(wc -l <$dir/asked) -ge 3 ] || { $down; }"
	with bash -c "$update" sh "$top" "$dir" && same "times asked" 3 "$(wc -l <"$dir/asked")" || return
	network "$down"
	same "why" "E: Some index files failed to download." "$(with bash -c "$update" sh "$top" "$dir")" &&
		same "times asked" 3 "$(wc -l <"$dir/asked")"
}

# What was fetched stays for the next try, which apt goes on with.
goes_on() {
	# shellcheck disable=SC2016
	local download='. "$1/vm/lib.sh"; . "$1/vm/apt.sh"; apt=$2/apt why=; apt_download one two'
	mkdir -p "$dir/apt/archives"
	touch "$dir/apt/archives/old.deb"
	network "case \"\$*\" in *--print-uris*) exit ;; esac
		[ -e one.deb ] && { touch two.deb; exit 0; }; touch one.deb; exit 100"
	with bash -c "$download" sh "$top" "$dir" && same "in the folder" "one.deb two.deb" "$(cd "$dir/apt/archives" && echo *)"
}

no_network() {
	network "$down"
	one_error "^kernel: cannot fetch the package lists.*: E: Some index files .*; check the network.*make fetch" \
		"$top/vm/kernel" "$kernel" &&
		one_error "^foreign: cannot fetch what programs for i386 need.*check the network" "$top/vm/foreign" i386
}

every_kernel() {
	network "$down"
	local said
	said=$(with "$top/tools/fetch" "$kernel" 2>&1) && return 1
	has "$said" "^fetch: not fetched: libraries of i386,.*$kernel\$" &&
		has "$("$top/tools/fetch" none 2>&1)" "^fetch: no kernel 'none'"
}

packages() {
	network "$down"
	impostor dpkg-query 'exit 1'
	one_error "^deps: cannot fetch the package lists .*Some index files.*check the network" "$top/tools/deps" demo
	network "case \"\$*\" in *update* | *-s) exit 0 ;; esac; $down"
	impostor dpkg-query 'exit 1'
	one_error "^deps: cannot fetch or install the packages .*busybox-static.*check the network" "$top/tools/deps" demo
}

# apt is not asked for anything that the cache has.
cached() {
	network "$down"
	PATH=$dir/bin:$PATH "$top/tools/fetch" "$kernel" >"$dir/out" 2>&1 || { cat "$dir/out"; return 1; }
	PATH=$dir/bin:$PATH "$top/tools/deps" demo || return
	[ ! -e "$dir/asked" ] || { echo "asked: $(cat "$dir/asked")"; return 1; }
}

full() {
	network "exit 0"
	impostor df 'echo "Filesystem 1048576-blocks Used Available"; echo "disk 9 6 3"'
	one_error "^kernel: .*: the disk is full: 3 MiB are free, 1500 MiB are needed" "$top/vm/kernel" "$kernel" &&
		one_error "^foreign: .*: the disk is full: 3 MiB are free" "$top/vm/foreign" i386
}

# An image that is found at the first of very many places
quiet() {
	# shellcheck disable=SC2016
	local unpack='. "$1/vm/lib.sh"; trap "die failed at line \$LINENO: \$BASH_COMMAND" ERR
		eval "$(sed -n "/^is_image()/,/^}/p; /^decompress()/,/^}/p" "$1/vm/kernel")"; decompress "$2/image" "$2/vmlinux"'
	printf '\177ELF and so on' >"$dir/elf"
	{
		gzip -c "$dir/elf"
		for _ in {1..3000}; do
			printf '\037\213\010no\037\213\010no\037\213\010no\037\213\010no\037\213\010no\037\213\010no'
		done
	} >"$dir/image"
	same said "" "$(name=x bash -Eeuo pipefail -c "$unpack" kernel "$top" "$dir" 2>&1)" && cmp "$dir/elf" "$dir/vmlinux"
}

# How much there is to fetch is said before it begins, and then how much has come.
says_how_much() {
	# shellcheck disable=SC2016
	local download='. "$1/vm/lib.sh"; . "$1/vm/apt.sh"; apt=$2/apt why=; apt_download one two' said
	mkdir -p "$dir/apt/archives"
	head -c 9000000 /dev/zero >"$dir/apt/archives/lock"
	network "case \"\$*\" in *--print-uris*) printf \"'http://m/%s.deb' %s.deb 2600000 MD5\\n\" one one two two; exit ;; esac
		head -c 2000000 /dev/zero >one.deb; sleep 2; head -c 6000000 /dev/zero >two.deb; sleep 1"
	said=$(MMAPDEMO_PROGRESS=0.5 with bash -c "$download" test "$top" "$dir" 2>&1)
	same "first line" "test: fetching 5 MB" "$(head -n 1 <<<"$said")" &&
		has "$said" '^test: fetching: [23] of 5 MB$' && ! grep -E ': ([5-9]|[0-9]{2,}) of' <<<"$said"
}

# elsewhere MANAGER: this machine without dpkg, and with that
elsewhere() {
	rm -rf "${dir:?}/bin"
	mkdir "$dir/bin"
	ln -s /usr/bin/* "$dir/bin"
	rm -f "$dir"/bin/{dpkg*,cpio,dnf,zypper,apk,pacman}
	[ -z "$1" ] || impostor "$1" 'exit 1'
	! PATH=$dir/bin "$top/tools/deps" demo 2>&1
}

# One command is printed, and none is run.
no_debian() {
	local manager said
	for manager in dnf pacman zypper apk; do
		said=$(elsewhere "$manager") && has "$said" "^deps: this is no Debian" &&
			has "$said" "^  $manager (install|-S|add) make gcc .*json-c" && has "$said" 'missing:.* cpio.* dpkg-deb' || return
	done
	has "$(elsewhere '')" 'the packages that your distribution has'
}

plan 10
try "fetch.a-mirror-that-fails-is-asked-again" again
try "fetch.what-is-there-stays" goes_on
try "fetch.without-network-and-cache-it-is-one-line" no_network
try "fetch.each-that-fails-is-named" every_kernel
try "fetch.packages-of-the-host-too" packages
try "fetch.what-is-cached-needs-no-network" cached
try "fetch.a-full-disk-is-one-line" full
try "fetch.an-image-is-found-without-a-word" quiet
try "fetch.how-much-is-said-first" says_how_much
try "fetch.no-Debian-gets-a-command-to-run" no_debian
rm -rf "$dir"

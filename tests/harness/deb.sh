#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh KERNEL: Debian packages of this tree: the same bytes whenever and wherever they
# are built, nothing for lintian to say, one version. What becomes of them on a machine is
# seen by `make check-package`.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
read_dkms_conf

builds() {
	"$top/packaging/deb" "$dir/a" >/dev/null &&
		same packages "mmapdemo-dbgsym mmapdemo-dev mmapdemo-dkms mmapdemo" \
			"$(cd "$dir/a" && find . -name '*.deb' -printf '%f\n' | sort | cut -d_ -f1 | paste -sd' ')"
}

# Another folder, time, language and umask.
reproducible() {
	local file tree=$dir/elsewhere/and/deeper
	mkdir -p "$tree"
	(cd "$top" && find . -path ./build -prune -o -type f -print0 | xargs -0 cp -p --parents -t "$tree") || return
	(umask 077 && cd / && LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$tree/packaging/deb" "$dir/b") >/dev/null || return
	for file in "$dir"/a/*.deb "$dir"/a/*.tar.xz "$dir"/a/*.dsc; do
		cmp "$file" "$dir/b/${file##*/}" || return
	done
}

lintian_clean() {
	same "what lintian says" "" "$(lintian --allow-root -EI --fail-on none "$dir"/a/*.changes 2>&1 | grep -v '^N:' |
		grep -v '^X: .* very-long-line-length-in-source-file .docs/')"
}

# A mistake that it must see: that the test above can fail.
lintian_sees() {
	mkdir "$dir/bad"
	dpkg-deb -R "$dir/a/mmapdemo-dev_${PACKAGE_VERSION}_all.deb" "$dir/bad/tree" &&
		rm "$dir/bad/tree/usr/share/doc/mmapdemo-dev/copyright" &&
		dpkg-deb --root-owner-group -b "$dir/bad/tree" "$dir/bad" >/dev/null || return
	has "$(lintian --allow-root "$dir"/bad/*.deb 2>&1)" '^E: mmapdemo-dev: no-copyright-file'
}

one_version() {
	local file
	for file in "$dir"/a/*.deb; do
		same "version of ${file##*/}" "$PACKAGE_VERSION" "$(dpkg-deb -f "$file" Version)" || return
	done
	dpkg-deb -x "$dir/a/mmapdemo_${PACKAGE_VERSION}"_*.deb "$dir/root" &&
		dpkg-deb -x "$dir/a/mmapdemo-dev_${PACKAGE_VERSION}_all.deb" "$dir/root" &&
		has "$("$dir/root/usr/bin/mmapdemo" --version)" "mmapdemo $PACKAGE_VERSION\$" &&
		same "pkg-config --modversion" "$PACKAGE_VERSION" \
			"$(PKG_CONFIG_PATH=$dir/root/usr/share/pkgconfig pkg-config --modversion mmapdemo)" &&
		same "modinfo" "$PACKAGE_VERSION" "$(modinfo -F version "$top/build/$1/mmapdemo.ko")" &&
		grep -q "^## $PACKAGE_VERSION" "$top/CHANGELOG.md"
}

# What the kernel's build needs is in the package of the source, and nothing else.
dkms_source() {
	local src=$dir/dkms/usr/src/mmapdemo-$PACKAGE_VERSION
	dpkg-deb -x "$dir/a/mmapdemo-dkms_${PACKAGE_VERSION}_all.deb" "$dir/dkms" &&
		same "sources" "$(cd "$top" && find "${module_sources[@]}" -type f | sort)" \
			"$(cd "$src" && find . -type f -printf '%P\n' | sort)" &&
		"$top/tests/vm/build" -s "$src" -o "$dir/out" "$1" >/dev/null
}

no_version() {
	mkdir -p "$dir/none/packaging" "$dir/none/tests"
	cp "$top/packaging/deb" "$dir/none/packaging/" && cp -r "$top/tests/vm" "$dir/none/tests/" || return
	sed '/^PACKAGE_VERSION/d' "$top/dkms.conf" >"$dir/none/dkms.conf"
	same "what it says" "deb: no PACKAGE_VERSION that dpkg takes in dkms.conf" \
		"$("$dir/none/packaging/deb" "$dir/never" 2>&1)"
}

plan 7
try deb.builds builds
try deb.reproducible reproducible
try deb.lintian-clean lintian_clean
try deb.lintian-is-looked-at lintian_sees
try deb.one-version one_version "$1"
try deb.source-builds dkms_source "$1"
try deb.no-version no_version
rm -rf "$dir"

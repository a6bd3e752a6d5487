# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A separate apt in the folder $apt of the cache, for the Debian suite $suite. It
# downloads packages, installs none, and does not change the host's apt. It knows
# $architectures (default: the host's); a package without one in its name is of the
# first. Source it after lib.sh.

: "${suite=}" "${apt=}" "${cache?}" "${architectures=}"

# host_targets: one line "codename base-uri origin" for each of the host's
# Debian package indices. If an image's lists were removed, they are fetched into
# the cache.
host_targets() {
	# shellcheck disable=SC2016 # expanded by apt
	local format='$(CODENAME) $(BASE_URI) $(ORIGIN)'
	local lists=$cache/apt/host
	local -x APT_CONFIG= # the host's
	apt-get indextargets --format "$format" 'Created-By: Packages' | grep ' Debian' && return
	mkdir -p "$lists/partial"
	# where it fails, the next command finds no index, and that is the answer
	apt-get -qq -o Dir::State::lists="$lists" update >&2 || true
	apt-get -o Dir::State::lists="$lists" indextargets --format "$format" \
		'Created-By: Packages' | grep ' Debian'
}

# The host's release, by the name that its suites begin with
host_codename() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# The host's mirrors, for the suite $suite: .../debian and .../debian-security as
# found there.
sources() {
	local targets base
	targets=$(host_targets) || die "no Debian mirror in this host's apt sources to fetch $suite from"
	base=$(awk '$1 !~ /security/ { sub("dists/.*", "", $2); print $2; exit }' <<<"$targets")
	[ -n "$base" ] || die "no Debian mirror in this host's apt sources to fetch $suite from"
	local signed="signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
	echo "deb [$signed] $base $1 main"
	case $1 in
	*-* | sid | experimental) return ;;
	esac
	echo "deb [$signed] $base $1-updates main"
	base=$(awk '$1 ~ /security/ { sub("dists/.*", "", $2); print $2; exit }' <<<"$targets")
	# what a release gets after its third year is not for all architectures
	local for_these=${architectures/ppc64el /}
	[ -z "$base" ] || echo "deb [${for_these:+arch=${for_these// /,} }$signed] $base $1-security main"
}

# An apt that knows only this suite, and no installed package.
apt_setup() {
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc"
	sources "$suite" >"$apt/etc/sources.list"
	: >"$apt/status"
	cat >"$apt/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$apt/etc/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "$apt/etc/preferences";
		Dir::Etc::preferencesparts "$apt/etc";
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt";
		Dir::Cache::archives "$apt/archives";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
	# apt drops to _apt for downloads, who cannot enter a private cache
	[ "$(id -u)" != 0 ] || echo 'APT::Sandbox::User "root";' >>"$apt/apt.conf"
	if [ -n "$architectures" ]; then
		echo "APT::Architecture \"${architectures%% *}\";"
		echo "APT::Architectures \"${architectures// /,}\";"
	fi >>"$apt/apt.conf"
	export APT_CONFIG=$apt/apt.conf
}

# apt_update: fetches all lists of the suite. Without Error-Mode apt succeeds although
# "some index files failed to download".
apt_update() {
	tries apt-get -qq -o APT::Update::Error-Mode=any update
}

# apt_download PACKAGE...: downloads these packages, and no others, into $apt/archives. A
# new try keeps the files of the last one.
apt_download() {
	local size
	size=$(megabytes_of apt-get -qq download "$@")
	echo "${0##*/}: fetching $size MB" >&2
	rm -f "$apt"/archives/*.deb
	watched "$apt/archives" "$size" tries apt_download_here "$@"
}

apt_download_here() (
	cd "$apt/archives" && apt-get -qq download "$@"
)

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh KERNEL: `mmapdemo bench` has a figure or a reason for whatever it is
# asked, puts the system back as it was, and refuses what makes no sense; and
# docs/performance.md is of today. How large a figure is decides nothing here.
# shellcheck disable=SC2016 # Perl has variables of its own

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
document=$top/docs/performance.md
works="map-write first-write cow write-64k fork page-tables"

cat >"$dir/guest.sh" <<'END'
settings() {
	cat /sys/kernel/mm/transparent_hugepage/shmem_enabled /proc/sys/vm/nr_hugepages
}
settings >/before
/mmapdemo bench --instructions --size 2M --slope 4M --repeats 2 --works "$1" \
	--json=/bench.json --svg=/bench.svg
status=$?
settings >/after
ls /dev/shm >>/after
/mmapdemo bench --repeats 1 --works open --subjects '*-none' --json /dev/mmapdemo-none >/none.json
echo $? >/none.status
for subject in memfd-thp hugetlb tmpfs; do
	/mmapdemo bench --repeats 99 --works read-4k --subjects $subject >/dev/null &
	sleep 0.2
	kill $!
	wait $!
	echo $?
done >/killed
settings >>/killed
ls /dev/shm >>/killed
exit $status
END

ran() {
	"$top/tests/vm/run" -k "$1" --icount -t 120 -f "$top/build/bin/mmapdemo" \
		-f "$dir/guest.sh" -o "/bench.json:$dir/bench.json" -o "/bench.svg:$dir/bench.svg" \
		-o "/before:$dir/before" -o "/after:$dir/after" -o "/none.json:$dir/none.json" \
		-o "/none.status:$dir/none.status" -o "/killed:$dir/killed" -- sh /guest.sh "$works" >"$dir/table"
}

# json FILE EXPRESSION: of $_, the file's content; prints what it yields, a line each
json() {
	perl -MJSON::PP -e 'local $/; $_ = decode_json(<STDIN>); print "$_\n" for eval $ARGV[0]; die $@ if $@' \
		"$2" <"$1"
}

listed() {
	"$top/build/bin/mmapdemo" bench --list | awk -v what="$1" '$1 == what { print $2 }'
}

complete() {
	local said
	same works "$works" "$(json "$dir/bench.json" 'map { $_->{name} } @{$_->{works}}' | paste -sd' ')" &&
		same subjects "$(listed subject)" "$(json "$dir/bench.json" 'map { $_->{name} } @{$_->{subjects}}')" ||
		return
	said=$(json "$dir/bench.json" 'my $run = $_; my %has = map { ("$_->{work} $_->{subject} $_->{size}" =>
			$_->{reason} ? !defined $_->{median} :
			$_->{min} <= $_->{median} && $_->{median} <= $_->{max}) } @{$run->{figures}};
		grep { !$has{$_} } map { my $w = $_->{name}; map { "$w $_->{name} 2097152" }
			@{$run->{subjects}} } @{$run->{works}}') || return
	same "asked and not answered" "" "$said"
}

# What has to be there, and has a size that any machine agrees on.
figures() {
	local said
	said=$(json "$dir/bench.json" 'map { "$_->{work} $_->{subject} " . ($_->{reason} // ($_->{median} > 0 ? "more than 0" : "0")) }
		grep { $_->{size} == 2097152 && $_->{subject} =~ /^(mmapdemo|memfd|hugetlb)$/ } @{$_->{figures}}')
	for figure in "map-write mmapdemo more than 0" "cow mmapdemo more than 0" \
		"first-write memfd more than 0" "fork hugetlb more than 0" \
		"page-tables memfd more than 0" "write-64k hugetlb pwrite: Invalid argument"; do
		has "$said" "^$figure$" || return
	done
}

slope() {
	same sizes "65536 262144 1048576 2097152 4194304" "$(json "$dir/bench.json" 'map { $_->{size} }
		sort { $a->{size} <=> $b->{size} }
		grep { "$_->{work} $_->{subject}" eq "map-write mmapdemo" } @{$_->{figures}}' | paste -sd' ')"
}

table() {
	local work said
	said=$(cat "$dir/table")
	for work in $works; do
		has "$said" "^$work +[0-9. -]+%$" || return
	done
	has "$said" "^map-write +memfd +[0-9]+x fewer >= [0-9]+x +(reached|missed)$"
}

chart() {
	perl -ne 'BEGIN { $/ = undef } my @open; die "not one root\n" unless m{^<svg .*</svg>\n\z}s;
		while (m{<(/?)([a-z]+)[^>]*?(/?)>}g) { next if $3; if (!$1) { push @open, $2 }
			elsif (pop(@open) ne $2) { die "$2 closed, not open\n" } } die "@open left open\n" if @open' \
		"$dir/bench.svg" && has "$(cat "$dir/bench.svg")" ">mmapdemo</text>"
}

put_back() {
	same settings "$(cat "$dir/before")" "$(cat "$dir/after")"
}

put_back_when_killed() {
	same "statuses and settings" "$(printf '143\n143\n143\n'; cat "$dir/before")" "$(cat "$dir/killed")"
}

missing_device() {
	same "exit status" 1 "$(cat "$dir/none.status")" &&
		same reason "open: No such file or directory" \
			"$(json "$dir/none.json" 'map { $_->{reason} } @{$_->{figures}}')"
}

# refused PATTERN ARGUMENT...: on this machine, where none of these may measure
refused() {
	local said status=0 pattern=$1
	shift
	said=$("$top/build/bin/mmapdemo" bench "$@" 2>&1) || status=$?
	same "exit status of $*" 2 "$status" && has "$said" "$pattern" &&
		same "lines of $*" 1 "$(grep -cv '^Try ' <<<"$said")"
}

bad_arguments() {
	refused "--size 3: not a multiple" --size 3 && refused "--size 1X: not" --size 1X &&
		refused "--slope 0x1G1" --slope 0x1G1 && refused "--repeats 0: not" --repeats 0 &&
		refused "--repeats 100: not" --repeats 100 && refused "no work matches 'x'" --works x &&
		refused "no subject matches 'x'" --subjects x && refused "zero: not ours" /dev/zero &&
		refused "null: not an absolute path" null &&
		refused "/x/a: one of that name" --write /dev/a /x/a
}

# first cells of the document's tables
named() {
	sed -n 's/^| \([a-z0-9-]*\) |.*/\1/p' "$document" | sort -u
}

documented() {
	same "works not told of" "" "$(listed work | sort | comm -23 - <(named))" &&
		same "subjects not told of" "" "$(listed subject | sort | comm -23 - <(named))" &&
		same kernels "$(distinct_kernels)" "$(sed -nE 's/^### ([^:]+): Linux .*/\1/p' "$document")"
}

charts_documented() {
	local missing
	missing=$(distinct_kernels | while read -r k; do
		[ -s "$top/docs/performance-$k.svg" ] || echo "$k"
	done)
	same "kernels without a chart" "" "$missing"
}

plan 12
try bench.runs-in-a-vm ran "$1"
try bench.has-a-figure-or-a-reason-for-all complete
try bench.has-the-figures-that-must-be figures
try bench.has-all-sizes-of-the-slope slope
try bench.prints-a-table table
try bench.draws-a-chart chart
try bench.puts-settings-back put_back
try bench.puts-settings-back-when-killed put_back_when_killed
try bench.says-why-a-device-is-not-there missing_device
try bench.refuses-bad-arguments bad_arguments
try bench.documents-what-there-is documented
try bench.documents-with-charts charts_documented

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the six lessons in order, then shows which hold, and the module's counts.
# usage: story.sh [FOLDER-OF-THE-PROGRAMS [DEVICE | FILE | memfd:]]

folder=${1:-$(dirname "$0")}
target=${2:-/dev/mmapdemo}
counters=/sys/kernel/debug/mmapdemo/$(basename "$target")

lessons='shared     S1 S3 S7  all processes that map or read see a shared store
private    S6        only its own process sees a private store
fork       S4 S5     after fork a shared page is one, a private page is copied
unmap      S14       munmap shrinks, splits in two, and removes
anonymous  S2        anonymous memory is zeroed and never in the device
protection S10       each access that the protection does not allow is caught'

# The lessons that the device's strategy does not support (docs/contract.md).
strategy=$(cat "/sys/class/mmapdemo/$(basename "$target")/strategy" 2>/dev/null)
case $strategy in
pfn | pfn-fault | dma) denied=' private fork protection ' ;;
anon) denied=' shared private fork unmap anonymous protection ' ;;
*) denied= ;;
esac

counter() {
	cat "$counters/$1" 2>/dev/null || echo '?'
}

title() {
	printf '\n=== %s ===\n\n' "$1"
}

number=0
verdicts=
failed=0
before=$(counter vmas)

for name in $(echo "$lessons" | cut -d' ' -f1); do
	number=$((number + 1))
	title "$number of 6: $name"
	"$folder/$name" "$target" 2>&1
	case $? in
	0) verdict='holds' ;;
	1) verdict='DIFFERS' ;;
	*) verdict='NOT RUN' ;;
	esac
	case $denied in
	*" $name "*) wanted=DIFFERS ;;
	*) wanted=holds ;;
	esac
	[ "$verdict" = "$wanted" ] || failed=$((failed + 1))
	verdicts="$verdicts$verdict
"
done

title 'what held'
echo "$lessons" | while read -r line; do
	verdict=${verdicts%%
*}
	verdicts=${verdicts#*
}
	printf '  %-8s %s\n' "$verdict" "$line"
done

echo
[ "$(id -u)" = 0 ] || echo '  not root: frame numbers were hidden, only contents were compared'
if [ -c "$target" ] && [ -r "$counters/vmas" ]; then
	after=$(counter vmas)
	printf '  live VMAs of %s: %s before, %s at the peak, %s now\n' \
		"$target" "$before" "$(counter vmas_peak)" "$after"
	printf '  page faults %s, open descriptors %s, times the last mapping went %s, bytes held %s\n' \
		"$(counter faults)" "$(counter opens)" "$(counter last_closes)" "$(counter resident)"
	if [ "$after" != "$before" ]; then
		echo '  story: the live VMAs are not back to what they were'
		failed=$((failed + 1))
	fi
elif [ ! -e "$target" ] && [ "$target" != memfd: ]; then
	printf '  no counters: there is no %s\n' "$target"
elif [ -c "$target" ]; then
	printf '  no counters in %s (mount -t debugfs none /sys/kernel/debug, as root)\n' "$counters"
else
	printf '  no counters: %s is not the device\n' "$target"
fi

if [ "$failed" -gt 0 ]; then
	printf '\nstory: %s of the checks above failed\n' "$failed"
	exit 1
fi
if [ -n "$denied" ]; then
	printf '\nstory: the differences are those of the strategy %s: docs/contract.md\n' "$strategy"
else
	printf '\nstory: all six statements hold\n'
fi

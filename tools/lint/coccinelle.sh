# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs the kernel's semantic patches on the module.

# shellcheck source=tools/lint/kernel.sh
. "${lint?}/kernel.sh"

# All rules of `make coccicheck' (MODE=report) but two that are written in OCaml and
# need its compiler (badzero: sparse reports zeros that should be NULL;
# check_bq27xxx_data is about one driver).
cocci_rules() {
	(cd "$scripts" && grep -L -r 'initialize:ocaml' --include='*.cocci' coccinelle |
		grep -v check_bq27xxx_data | sort)
}

# cocci_rule RULE: runs it as scripts/coccicheck does. It passes if spatch prints nothing
# but remarks about the rule.
cocci_rule() {
	local options said status=0
	options=$(sed -n 's/.*Options://p' "$scripts/$1")
	# shellcheck disable=SC2086 # several words
	said=$(spatch -D report --no-show-diff --very-quiet --cocci-file "$scripts/$1" $options \
		--dir module -I module -I include/uapi 2>&1) || status=$?
	said=$(grep -vE '^warning: line [0-9]+: should [a-z_]+ be a metavariable\?$' <<<"$said")
	[ -n "$said" ] || [ $status != 0 ] || return 0
	echo "$1 (status $status):" "$said"
	return 1
}

# coccicheck [RULE...]
coccicheck() {
	scripts_there || return
	export scripts
	export -f cocci_rule
	# shellcheck disable=SC2016 # expanded by bash -c
	{ [ $# -gt 0 ] && printf '%s\n' "$@" || cocci_rules; } | each bash -c 'cocci_rule "$1"' rule
}

coccinelle_checks() {
	check "coccinelle.coccicheck" coccicheck
}

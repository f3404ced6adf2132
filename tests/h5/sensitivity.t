#!/bin/sh
# sensitivity.t - /sensitivity of small studies, read back and computed again from the trials.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"

# study NAME DESIGN N OPTIONS...: run it into $tap_dir/NAME.h5 and check that; what was dropped in $dropped
study() {
  name=$1 design=$2 n=$3
  shift 3
  timeout 300 "$AUS_TOP_BUILDDIR/auspex" run "$small" -o "$tap_dir/$name.h5" --set stages='[sample, initial]' \
    --set serverless.design="$design" --set serverless.n="$n" "$@" >"$tap_dir/$name.txt" 2>"$tap_dir/log" </dev/null &&
    "$AUS_TOP_BUILDDIR/tests/h5/t_sensitivity" "$tap_dir/$name.h5" "$design" "$n" >"$tap_dir/dropped" 2>>"$tap_dir/log"
  result $? "$name" "$tap_dir/log"
  dropped=$(cat "$tap_dir/dropped")
}

study saltelli saltelli 6
expect 0 "$dropped" "nothing dropped"
grep -q '^sensitivity of penalty_frac  *S1  *S1_conf  *ST  *ST_conf$' "$tap_dir/saltelli.txt"
result $? "the report has a table of indices" "$tap_dir/saltelli.txt"
study clean saltelli 6 --set serverless.range_compat=false
study morris morris 4
grep -q '^sensitivity of penalty_frac  *mu  *mu_conf  *mu_star  *mu_star_conf  *sigma$' "$tap_dir/morris.txt"
result $? "the report has a table of effects" "$tap_dir/morris.txt"
study clean_morris morris 4 --set serverless.range_compat=false
study failed saltelli 8 --set serverless.max_time=43
[ "$dropped" -gt 0 ] && [ "$dropped" -lt 8 ]
result $? "trials that fail take their base points with them ($dropped of 8)"
study lhs lhs 6
grep -q sensitivity "$tap_dir/lhs.txt"
expect 1 $? "another design has no table"
done_testing

#!/bin/sh
# same_bytes.t - the small study gives the same file at 1, 2, 3 and 5 ranks, with delays injected into
# workers, and with prefetch 0, 1 and 2 (1 only unless AUS_LONG is set).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"

# study NAME RANKS FAULT OPTIONS...: run the small study into $tap_dir/NAME.h5
study() {
  name=$1 ranks=$2 fault=$3
  shift 3
  AUSPEX_FAULT=$fault timeout 300 "$AUS_MPIRUN" --oversubscribe -n "$ranks" "$AUS_TOP_BUILDDIR/auspex" run \
    "$small" -q -o "$tap_dir/$name.h5" "$@" >"$tap_dir/$name.log" 2>&1 </dev/null
}

# compared NAME TEXT: equal to the file of one rank
compared() {
  same_files "$tap_dir/one.h5" "$tap_dir/$1.h5" >>"$tap_dir/$1.log" 2>&1
  result $? "$2" "$tap_dir/$1.log"
}

timeout 300 "$AUS_TOP_BUILDDIR/auspex" run "$small" -q -o "$tap_dir/one.h5" >"$tap_dir/one.log" 2>&1 </dev/null
result $? "one rank without mpirun" "$tap_dir/one.log"
for ranks in 2 3 5; do
  study "r$ranks" $ranks "" && compared "r$ranks" "$ranks ranks" || result 1 "$ranks ranks" "$tap_dir/r$ranks.log"
done
for prefetch in $(if long; then echo 0 1 2; else echo 1; fi); do
  name="d$prefetch"
  study $name 3 "delay_ms=10,seed=$prefetch" --set engine.prefetch=$prefetch &&
    compared $name "3 ranks, delays, prefetch $prefetch" || result 1 "3 ranks, delays, prefetch $prefetch" "$tap_dir/$name.log"
done
if long; then
  study w0 2 "delay_ms=10,seed=5" --set engine.manager_works=no && compared w0 "2 ranks, delays, rank 0 only manages" ||
    result 1 "2 ranks, delays, rank 0 only manages" "$tap_dir/w0.log"
fi
study other 2 "" --set seed=8
same_files "$tap_dir/one.h5" "$tap_dir/other.h5" >"$tap_dir/other.log" 2>&1
expect 1 $? "another seed gives another file"
done_testing

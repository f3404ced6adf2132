#!/bin/sh
# gpuqueue.t - the small gpuqueue study gives the same file at 1, 2, 3 and 5 ranks, with delays, and after kills.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
small="$AUS_TOP_SRCDIR/tests/data/gpuqueue/small.json"

timeout 300 "$AUS_TOP_BUILDDIR/auspex" run "$small" -q -o "$tap_dir/one.h5" >"$tap_dir/one.log" 2>&1 </dev/null
result $? "one rank without mpirun" "$tap_dir/one.log"

# compared NAME RANKS FAULT TEXT
compared() {
  AUSPEX_FAULT=$3 timeout 300 "$AUS_MPIRUN" --oversubscribe -n "$2" "$AUS_TOP_BUILDDIR/auspex" run "$small" -q \
    -o "$tap_dir/$1.h5" >"$tap_dir/$1.log" 2>&1 </dev/null &&
    same_files "$tap_dir/one.h5" "$tap_dir/$1.h5" >>"$tap_dir/$1.log" 2>&1
  result $? "$4" "$tap_dir/$1.log"
}
compared r2 2 "" "2 ranks"
compared r3 3 "delay_ms=20,seed=1" "3 ranks, delays"
compared r5 5 "" "5 ranks"

if [ -n "$AUS_PYTHON" ] && [ -r /proc/self/stat ]; then
  runs=${KILLS:-1}
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/mpi/kill.py" --work "$tap_dir/k" --first $((tap_n + 1)) --runs "$runs" --ranks 2 \
    --victim job -- "$AUS_TOP_BUILDDIR/auspex" run "$small" -q || tap_bad=$((tap_bad + 1))
  tap_n=$((tap_n + 1 + runs))
fi
done_testing

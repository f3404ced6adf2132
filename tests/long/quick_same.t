#!/bin/sh
# quick_same.t - the shipped quick study gives the same file at 1 and 3 ranks, in at most two minutes each.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
for ranks in 1 3; do
  timeout 120 "$AUS_MPIRUN" --oversubscribe -n $ranks "$AUS_TOP_BUILDDIR/auspex" run \
    "$AUS_TOP_SRCDIR/input/serverless/quick.json" -q -o "$tap_dir/$ranks.h5" >"$tap_dir/log" 2>&1 </dev/null
  result $? "quick study at $ranks ranks" "$tap_dir/log"
done
same_files "$tap_dir/1.h5" "$tap_dir/3.h5" >"$tap_dir/log" 2>&1
result $? "no difference" "$tap_dir/log"
done_testing

#!/bin/sh
# gpuqueue_ls6.t - the gpuqueue study over the shared ls6 trace: the reference's figures of March, ours beside
# them, cold and warm, jobs of 1 and 8 nodes; two ranks give the file of one.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

trace="${AUSPEX_SHARED-}/data/gpuqueue/ls6-a100.log.gz"
[ -n "${AUSPEX_SHARED-}" ] && [ -r "$trace" ] || skip_all "no shared data"
study="$AUS_TOP_SRCDIR/tests/data/gpuqueue/ls6.json"

# validate NAME NODES WARM RANKS
validate() {
  launcher=
  [ "$4" -eq 1 ] || launcher="$AUS_MPIRUN --oversubscribe -n $4"
  # shellcheck disable=SC2086
  timeout 1200 $launcher "$AUS_TOP_BUILDDIR/auspex" gpuqueue validate "$study" -q --set trace="$trace" \
    --set chain_nodes="$2" --set warm="$3" -o "$tap_dir/$1.h5" --csv "$tap_dir/$1" >"$tap_dir/$1.log" 2>&1 </dev/null
  result $? "$1: runs" "$tap_dir/$1.log"
  sed 's/^/# /' "$tap_dir/$1.log"
}

# figure NAME MODEL COLUMN: of all windows, without filter
figure() {
  awk -F, -v model="$2" -v column="$3" 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i}
    $at["model"] == model && $at["load"] == "all" && $at["filtered"] == 0 {print $at[column]}' "$tap_dir/$1/classes.csv"
}

# at_least NAME REDUCTION: our queue-aware policy at an overlap of at most an hour
at_least() {
  awk -v r="$(figure "$1" rolling reduction_frac)" -v o="$(figure "$1" rolling overlap_mean_h)" -v least="$2" \
    'BEGIN {exit !(r >= least && o <= 1)}'
  result $? "$1: rolling reduces the interruption by $2 or more at an overlap of at most 1 h"
}

ranks=1
[ "$AUS_MPIRUN" = no ] || ranks=2
validate cold1 1 0 1
expect "2.56 0.53" "$(printf '%.2f %.2f' "$(figure cold1 reactive interruption_mean_h)" "$(figure cold1 reactive zero_share)")" \
  "cold1: reactive, mean interruption and share without"
at_least cold1 0.65
validate cold8 8 0 $ranks
expect "4.80 0.39" "$(printf '%.2f %.2f' "$(figure cold8 reactive interruption_mean_h)" "$(figure cold8 reactive zero_share)")" \
  "cold8: reactive, mean interruption and share without"
at_least cold8 0.78
validate warm1 1 1 $ranks
at_least warm1 0.65
validate warm8 8 1 $ranks
at_least warm8 0.78
if [ $ranks -gt 1 ]; then
  validate again 1 0 2
  same_files "$tap_dir/cold1.h5" "$tap_dir/again.h5" >"$tap_dir/diff.log" 2>&1
  result $? "two ranks give the same file" "$tap_dir/diff.log"
fi
done_testing

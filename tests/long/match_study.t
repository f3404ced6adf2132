#!/bin/sh
# match_study.t - the match area at the size of its data: log-loss of held-out builds by each kind of model, and the
# large made-up study at one rank, at two, killed in its stages and resumed by one.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
auspex="$AUS_TOP_BUILDDIR/auspex"
study="$AUS_TOP_SRCDIR/input/match/study.json"
stored="${AUSPEX_SHARED-}/data/match"

# at_most MODEL LOG_LOSS OPTIONS...: of all builds, five divisions into ten folds, seed 1
at_most() {
  model=$1 most=$2
  shift 2
  timeout 1200 "$AUS_MPIRUN" --oversubscribe -n 2 "$auspex" match train -q --set data="$stored" --set model="$model" "$@" \
    -o "$tap_dir/$model.h5" --csv "$tap_dir/$model" >"$tap_dir/log" 2>&1 </dev/null
  result $? "$model: is trained" "$tap_dir/log"
  got=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i} $1 == "all" {print $at["log_loss"]}' \
    "$tap_dir/$model/metrics.csv")
  echo "# $model: log-loss $got"
  awk -v got="$got" -v most="$most" 'BEGIN {exit !(got > 0 && got <= most)}'
  result $? "$model: log-loss is at most $most"
}
if [ -n "${AUSPEX_SHARED-}" ] && [ -r "$stored/reliabuild/specs.csv.gz" ]; then
  at_most naive-bayes 0.280 --set mode=compat
  at_most logistic 0.272
  at_most trees 0.228
  at_most blend 0.218
else
  skip "log-loss of held-out builds" "no shared data"
fi

timeout 1200 "$auspex" run "$study" -q -o "$tap_dir/one.h5" >"$tap_dir/log" 2>&1 </dev/null
result $? "one rank without mpirun" "$tap_dir/log"
timeout 1200 "$AUS_MPIRUN" --oversubscribe -n 2 "$auspex" run "$study" -q -o "$tap_dir/two.h5" >"$tap_dir/log" 2>&1 </dev/null &&
  same_files "$tap_dir/one.h5" "$tap_dir/two.h5" >>"$tap_dir/log" 2>&1
result $? "2 ranks" "$tap_dir/log"
if [ -n "$AUS_PYTHON" ] && [ -r /proc/self/stat ]; then
  # in the folds, then in a block of jobs
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/mpi/kill.py" --work "$tap_dir/k" --first $((tap_n + 1)) --runs 1 --ranks 2 \
    --then 1 --at 1:90,5:20 --victim job -- "$auspex" run "$study" -q || tap_bad=$((tap_bad + 1))
  tap_n=$((tap_n + 2))
else
  skip "kills" "no python3 with h5py, or no /proc"
fi
done_testing

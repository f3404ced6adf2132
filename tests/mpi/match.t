#!/bin/sh
# match.t - the small match study gives the same file at 1, 2, 3 and 5 ranks, with delays, with long and short queues,
# and after kills in its stages train and ladder; so do other settings; errors end all ranks. Some cases only where AUS_LONG
# is set.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/match/small.json"

# alone NAME OPTIONS...: one process into NAME.h5
alone() {
  name=$1
  shift
  timeout 300 "$auspex" run "$small" -q -o "$tap_dir/$name.h5" "$@" >"$tap_dir/$name.log" 2>&1 </dev/null
  result $? "$name: one rank without mpirun" "$tap_dir/$name.log"
}

# compared BASE RANKS FAULT TEXT OPTIONS...: the same content as BASE.h5
compared() {
  base=$1 ranks=$2 fault=$3 text=$4
  shift 4
  AUSPEX_FAULT=$fault timeout 300 "$AUS_MPIRUN" --oversubscribe -n "$ranks" "$auspex" run "$small" -q \
    -o "$tap_dir/r$ranks.h5" "$@" >"$tap_dir/log" 2>&1 </dev/null &&
    same_files "$tap_dir/$base.h5" "$tap_dir/r$ranks.h5" >>"$tap_dir/log" 2>&1
  result $? "$base: $text" "$tap_dir/log"
  if [ -r "${AUSPEX_SHARED-}/tools/h5same.py" ] && [ -n "$AUS_PYTHON" ]; then
    "$AUS_PYTHON" "$AUSPEX_SHARED/tools/h5same.py" "$tap_dir/$base.h5" "$tap_dir/r$ranks.h5" >"$tap_dir/log" 2>&1
    result $? "$base: $text, in the eyes of others" "$tap_dir/log"
  fi
  rm -f "$tap_dir/r$ranks.h5"
}

alone small
[ -z "${AUS_LONG-}" ] || compared small 1 "" "1 rank"
compared small 2 "" "2 ranks"
compared small 3 "delay_ms=20,seed=1" "3 ranks, delays, prefetch 1" --set engine.prefetch=1
compared small 5 "delay_ms=20,seed=2" "5 ranks, delays, prefetch 8" --set engine.prefetch=8
cp "$tap_dir/small.h5" "$tap_dir/base.h5"
alone seed --seed 6
same_files "$tap_dir/base.h5" "$tap_dir/seed.h5" >"$tap_dir/log" 2>&1
expect 1 $? "another seed gives another file"

# P that depends on the job; the other models and ways to choose.
job="--set match.p_model=naive-bayes --set match.evidence=job"
# shellcheck disable=SC2086
{
  alone evidence $job
  compared evidence 3 "delay_ms=10,seed=3" "3 ranks, delays" $job
}
if [ -n "${AUS_LONG-}" ]; then
  best="--set match.model=logistic --set match.p_model=blend --set match.select=best-p --set match.keep=last"
  # shellcheck disable=SC2086
  {
    alone best $best
    compared best 2 "" "2 ranks" $best
  }
  part='stages=[train, single, spackbuild]'
  alone part --set "$part" --set match.own_version=job --set match.p_model=naive-bayes --set match.model=naive-bayes
  compared part 3 "" "3 ranks" --set "$part" --set match.own_version=job --set match.p_model=naive-bayes \
    --set match.model=naive-bayes
fi

if [ -n "$AUS_PYTHON" ] && [ -r /proc/self/stat ]; then
  # killed DIR RUNS OPTIONS...
  killed() {
    dir=$1 runs=$2
    shift 2
    "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/mpi/kill.py" --work "$tap_dir/$dir" --first $((tap_n + 1)) --runs "$runs" \
      --victim job "$@" -- "$auspex" run "$small" -q || tap_bad=$((tap_bad + 1))
    tap_n=$((tap_n + 1 + runs))
  }
  AUSPEX_FAULT="delay_ms=50,seed=4"
  export AUSPEX_FAULT
  [ -z "${AUS_LONG-}" ] || killed train 1 --ranks 2 --then 3 --at 1:7 # folds
  killed ladder 1 --ranks 3 --then 2 --at 3:4,5:1,6:3,8:0   # models, blocks of jobs, levels, another stage
  if [ -n "${AUS_LONG-}" ]; then
    killed alone 1 --ranks 0 --then 2 --at 1:5,4:6 # P
    killed anywhere "${KILLS:-3}" --ranks 2
  fi
  unset AUSPEX_FAULT
else
  skip "kills" "no python3 with h5py, or no /proc"
fi

# fails STATUS TEXT OPTIONS...
fails() {
  want=$1 text=$2
  shift 2
  timeout 120 "$AUS_MPIRUN" --oversubscribe -n 3 "$auspex" match train -q -o "$tap_dir/no.h5" "$@" \
    >"$tap_dir/no.log" 2>&1 </dev/null
  expect "$want" $? "$text"
  expect 1 "$(grep -c auspex: "$tap_dir/no.log")" "$text: told once"
}
fails 3 "a file that is not there ends all ranks" --set specs="$tap_dir/nowhere.csv"
fails 2 "so does a verb without data"
done_testing

#!/bin/sh
# greedy.t - engine.bo.mode=greedy: all trials are made, what is committed stays as it is over an interruption,
# replay makes the same proposals, and the files say what was seen.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
cd "$tap_dir" || exit 99
unset SLURM_JOB_ID SLURM_JOB_END_TIME
# Two campaigns that end by their budgets.
keys='--set engine.bo.mode=greedy --set engine.bo.lag=5 --set engine.prefetch=0 --set serverless.optimize.percentile=80
  --set serverless.optimize.target=0 --set stages=[sample,initial,initialproactive,optimize]'

# study NAME RANKS BUDGET OPTIONS...: with a run directory that stays
guard='timeout 300'
study() {
  name=$1 ranks=$2 budget=$3
  shift 3
  launcher=
  [ "$ranks" -eq 0 ] || launcher="$AUS_MPIRUN --oversubscribe -n $ranks"
  # shellcheck disable=SC2086
  $guard $launcher "$auspex" run "$small" --keep $keys --set serverless.optimize.budget="$budget" \
    -o "$name.h5" "$@" >"$name.log" 2>&1 </dev/null
}

# column FILE PATH: its values
column() { "$auspex" export "$1" "$2" | tail -n +2; }

# replayed NAME BUDGET OPTIONS...: no proposal comes out otherwise
replayed() {
  name=$1 budget=$2
  shift 2
  # shellcheck disable=SC2086
  timeout 300 "$auspex" replay "$small" "$name.run" $keys --set serverless.optimize.budget="$budget" "$@" >replay.log 2>&1
  expect 0 $? "$name: replay"
  grep -q "finished run: .*, $(((budget - 6) * 2)) proposals made again, 0 came out otherwise" replay.log
  result $? "$name: proposals made again" replay.log
}

# sound NAME BUDGET: all trials are there, and the file is what its parts say
sound() {
  expect "greedy,$2,5,$2,budget greedy,$2,5,$2,budget" \
    "$(column "$1.h5" campaigns | awk -F, '$6 == "optimize" {print "greedy," $5 "," $7 "," $8 "," $9}' | xargs)" \
    "$1: two campaigns with all trials"
  expect "$(($2 * 2))" "$(column "$1.h5" bo/trial | sort -u | wc -l)" "$1: a row each"
  "$auspex" verify "$1.h5" >verify.log 2>&1
  result $? "$1: verify" verify.log
}

# begins_with A B: per campaign, the rows of /bo in A are the first ones of B
begins_with() {
  for campaign in $(column "$1" bo/campaign | sort -u); do
    column "$1" bo | awk -F, -v c="$campaign" '$2 == c' >part
    column "$2" bo | awk -F, -v c="$campaign" '$2 == c' | head -n "$(wc -l <part)" >head
    cmp part head || return 1
  done
}

# interrupt NAME RANKS BUDGET OPTIONS...: USR1 in stage optimize, publication, then to the end on three ranks
interrupt() {
  name=$1 ranks=$2 budget=$3
  shift 3
  AUSPEX_FAULT=delay_ms=120,seed=2
  export AUSPEX_FAULT
  guard=exec
  study "$name" "$ranks" "$budget" "$@" &
  pid=$!
  guard='timeout 300'
  i=0
  while [ $i -lt 1200 ] && kill -0 $pid 2>/dev/null && ! grep -q '"stage": *"optimize"' "$name.run/status.json" 2>/dev/null; do
    sleep 0.05
    i=$((i + 1))
  done
  sleep 0.7
  kill -USR1 $pid
  (sleep 120; kill -KILL $pid) >/dev/null 2>&1 &
  watchdog=$!
  wait $pid
  expect 75 $? "$name: interrupted"
  kill $watchdog 2>/dev/null
  wait $watchdog 2>/dev/null
  mv "$name.h5" part.h5
  n=$(column part.h5 bo/trial | wc -l)
  [ "$n" -gt 0 ] && [ "$n" -lt $((2 * budget)) ]
  result $? "$name: amid the search ($n of $((2 * budget)))"
  "$auspex" verify part.h5 >verify.log 2>&1
  result $? "$name: verify of the part" verify.log
  unset AUSPEX_FAULT
  study "$name" 3 "$budget" "$@"
  expect 0 $? "$name: gone on with"
  sound "$name" "$budget"
  begins_with part.h5 "$name.h5" >begin.log 2>&1
  result $? "$name: what was committed stays, in its order" begin.log
  replayed "$name" "$budget" "$@"
}

study one 0 12
expect 0 $? "one rank"
sound one 12
replayed one 12
if long; then
  AUSPEX_FAULT=delay_ms=150,seed=3
  export AUSPEX_FAULT
  study three 4 16
  expect 0 $? "four ranks, delays"
  unset AUSPEX_FAULT
  sound three 16
  replayed three 16
  # Three workers at one campaign, with delays that differ by tenths of a second.
  AUSPEX_FAULT=delay_ms=400,seed=3
  export AUSPEX_FAULT
  study order 4 12 --set serverless.optimize.select=max
  expect 0 $? "one campaign, long delays"
  unset AUSPEX_FAULT
  [ "$(column order.h5 bo/trial)" != "$(column order.h5 bo/trial | sort -n)" ]
  result $? "one campaign, long delays: not in index order"
fi
timeout 300 "$auspex" run "$small" -q --set 'stages=[sample]' -o lag.h5 >lag.log 2>&1
"$auspex" diff lag.h5 one.h5 >diff.log 2>&1
grep -q '^/: attribute deterministic: 1 and 0' diff.log
result $? "it is said not to be deterministic" diff.log

if long; then interrupt best 0 24; fi
interrupt all 3 28 --set serverless.optimize.carry=all
# The journal cut anywhere is a run that was killed there, with more ranks than before and another order to come.
size=$(wc -c <all.run/journal.ausj)
mv all.run kept
for share in $(if long; then echo 55 85; else echo 70; fi); do
  rm -rf all.run all.h5 && cp -r kept all.run
  head -c $((size * share / 100)) kept/journal.ausj >all.run/journal.ausj
  study all 4 28 --set serverless.optimize.carry=all
  expect 0 $? "cut at $share %"
  sound all 28
  replayed all 28 --set serverless.optimize.carry=all
done
if long; then
  # A lost shard: its trials are done again, at their places.
  rm -rf all.run && cp -r kept all.run
  rm all.h5
  rm "all.run/shards/$(ls -S kept/shards | head -n 1)"
  study all 3 28 --set serverless.optimize.carry=all
  expect 0 $? "a lost shard"
  grep -q 'they are done again' all.log
  result $? "a lost shard: trials are done again" all.log
  sound all 28
  replayed all 28 --set serverless.optimize.carry=all
  # By index, too, jobs are numbered as trials and jobs were committed.
  study index 3 12 --set engine.bo.mode=lag --set serverless.optimize.carry=all
  mv index.h5 whole.h5
  size=$(wc -c <index.run/journal.ausj)
  head -c $((size * 70 / 100)) index.run/journal.ausj >cut && cp cut index.run/journal.ausj
  study index 0 12 --set engine.bo.mode=lag --set serverless.optimize.carry=all
  expect 0 $? "by index, cut at 70 %"
  same_files whole.h5 index.h5 >diff.log 2>&1
  result $? "by index: the same file" diff.log
fi
done_testing

#!/bin/sh
# gpuqueue_study.t - auspex gpuqueue generate, train, validate, oracle, calibrate: golden rewards, files, seeds.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
shared="${AUSPEX_SHARED:-../shared}/data/gpuqueue"
small="$AUS_TOP_SRCDIR/tests/data/gpuqueue/small.json"
cd "$tap_dir" || exit 99

# gpuqueue NAME VERB OPTIONS...: NAME.h5, the tables in NAME/, NAME.out, NAME.err
gpuqueue() {
  name=$1 verb=$2
  shift 2
  timeout 300 "$auspex" gpuqueue "$verb" -q "$@" --csv "$name" -o "$name.h5" >"$name.out" 2>"$name.err" </dev/null
}
# made NAME VERB OPTIONS...: the same, and the file has no fault
made() {
  gpuqueue "$@"
  result $? "$1: gpuqueue $2" "$1.err"
  "$auspex" verify -q "$1.h5" >log 2>&1
  result $? "$1: the file has no fault" log
}
# column FILE NAME: the numbers of a column
column() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$1"
}
# figure FILE MODEL LOAD COLUMN FORMAT: of classes.csv, without filter
figure() {
  awk -F, -v model="$2" -v load="$3" -v name="$4" -v format="$5" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["model"] == model && $at["load"] == load && $at["filtered"] == 0 { printf format, $at[name] }' "$1"
}

# The golden windows: 76 nodes from 2023-01-23 on, number 0 for a pair of one node, 6 for one of eight.
golden() {
  made "jan$1" generate --set mode=compat --set nodes=76 --set trace="$shared/ls6-a100.log.gz" \
    --set start=2023-01-23 --set n_windows=7 --set chain_nodes="$1"
  expect "window,probe,t_submit,t_pred_end,pred_wait_s,avg_wait_min,queue_len,reward_s" \
    "$(head -n 1 "jan$1/rewards.csv")" "pair of $1: columns"
  expect 50 "$(wc -l <"jan$1/rewards.csv" | tr -d ' ')" "pair of $1: seven windows of seven probes"
  grep "^$2," "jan$1/rewards.csv" >got
  probe=0
  for pair in $4; do
    echo "$2,$probe,${pair%=*},$3,${pair#*=}"
    probe=$((probe + 1))
  done >want
  diff want got >log
  result $? "pair of $1: window $2 is the golden one" log
  if [ -n "${AUS_PYTHON-}" ]; then
    expect "$5" "$("$AUS_PYTHON" -c 'import h5py, sys
t = h5py.File(sys.argv[1])["gpuqueue/baselines"]
i = list(t["window"]).index(int(sys.argv[2]))
print(t["reactive_reward_s"][i], t["average_reward_s"][i], t["average_failed"][i])' "jan$1.h5" "$2" 2>&1)" \
      "pair of $1: the baselines' rewards are the golden ones"
  else
    skip "pair of $1: the baselines' rewards are the golden ones" "no python3 with h5py"
  fi
}
if [ -f "$shared/samples/offline_rewards.json" ] && [ -f "$shared/ls6-a100.log.gz" ]; then
  # From the file: t_submit=reward for each probe, behind the columns that all of them share.
  for case in 1:0 8:6; do
    "${AUS_PYTHON:-python3}" -c 'import json, sys
nodes, index = map(int, sys.argv[2].split(":"))
w = [w for w in json.load(open(sys.argv[1])) if w["index"] == index and w["chain_job_nodes"] == nodes][0]
print("%s,%d,%d,%d" % (w["pred_end"], w["pred_wait_s"], w["avg_wait_min"], w["queue_len"]))
print(*("%s=%s,%d" % (t, "@", r) for t, r in zip(w["probe_submit"], w["reward_s"])))
print(w["reactive_reward_s"], w["avg_reward_s"], 0)' "$shared/samples/offline_rewards.json" "$case" >case 2>log
    result $? "the golden window of pairs of ${case%:*} is read" log
    facts=$(sed -n 1p case)
    golden "${case%:*}" "${case#*:}" "$facts" "$(sed -n 2p case | sed 's/=@,/=/g')" "$(sed -n 3p case)"
  done

  # The reference's table: 156 windows of March at 76 nodes.
  made march validate --set mode=compat --set nodes=76 --set trace="$shared/ls6-a100.log.gz" --set start=2023-03-01 \
    --set n_windows=156 --set model=reactive,average
  for row in light:98 medium:53 heavy:5 all:156; do
    expect "${row#*:}" "$(figure march/classes.csv reactive "${row%:*}" n %d)" "${row#*:} windows are ${row%:*}"
  done
  expect 2.56 "$(figure march/classes.csv reactive all interruption_mean_h %.2f)" "mean interruption, reactive"
  expect 0.53 "$(figure march/classes.csv reactive all zero_share %.2f)" "share without interruption, reactive"
  expect 6.01 "$(figure march/classes.csv reactive medium interruption_mean_h %.2f)" "the same under medium load"
  expect 5.18 "$(figure march/classes.csv average medium interruption_mean_h %.2f)" "average: less"
  expect 0.28 "$(figure march/classes.csv average medium overlap_mean_h %.2f)" "average: for this overlap"

  # The oracle beats both in its sum of times; a few windows of it.
  made oracle oracle --set mode=compat --set nodes=76 --set trace="$shared/ls6-a100.log.gz" --set start=2023-03-01 \
    --set n_windows=12 --set interval_h=52
  expect "reactive average oracle" "$(column oracle/validation.csv model | uniq | tr '\n' ' ' | sed 's/ $//')" \
    "oracle: beside the two that need no model"
  expect 1 "$(awk -v r="$(figure oracle/classes.csv reactive all interruption_mean_h %.9f)" \
    -v o="$(figure oracle/classes.csv oracle all interruption_mean_h %.9f)" 'BEGIN { print o <= r ? 1 : 0 }')" \
    "oracle: no more interruption than the reactive policy"

  # Another cluster, a part of the trace that begins and ends in the middle of a week.
  made part validate --set nodes=83 --set trace="$shared/ls6-a100.log.gz" --set from=2023-01-11T10:20:30 \
    --set to=2023-02-01T17:00:01 --set start=2023-01-18T06:30:00 --set n_windows=5 --set model=reactive,average
  expect 10 "$(sed 1d part/validation.csv | wc -l | tr -d ' ')" "part of a trace: five windows under two policies"
else
  for name in "golden rewards" "the reference's table" "the oracle" "part of a trace"; do
    skip "$name" "AUSPEX_SHARED is not there"
  done
fi

# A study file, a file that is nothing but its section, and no file say the same.
cat >bare.yaml <<'END'
synthetic: {days: 30, jobs: 1500, nodes: 20, load: 0.8}
nodes: 20
start: 2024-01-05
n_windows: 6
interval_h: 24
model: [reactive, average]
END
{
  echo "study: gpuqueue"
  echo "gpuqueue:"
  sed 's/^/  /' bare.yaml
} >study.yaml
made bare validate bare.yaml
made study validate study.yaml
made none validate --set 'synthetic={days: 30, jobs: 1500, nodes: 20, load: 0.8}' --set nodes=20 \
  --set start=2024-01-05 --set n_windows=6 --set interval_h=24 --set 'model=[reactive, average]'
for other in study none; do
  diff -r bare "$other" >log 2>&1
  result $? "$other: the tables are those of the bare section" log
done
expect "$(printf 'classes.csv\nreward_average.log\nreward_reactive.log\nvalidation.csv')" "$(ls bare)" \
  "validate without training writes these"
gpuqueue seven validate bare.yaml --set n_windows=7
expect 0 $? "--set goes before the file"
expect 14 "$(sed 1d seven/validation.csv | wc -l | tr -d ' ')" "with seven windows"

# All stages with models that learn.
made train train "$small" --set chain_length=2 --set model=reactive,constant,xgboost
[ -f train/rewards.csv ] && [ ! -f train/validation.csv ]
result $? "train writes the rewards and validates nothing"
expect "$((33 * 4))" "$(sed 1d train/rewards.csv | wc -l | tr -d ' ')" "train: 33 windows of four probes"
made learned validate "$small" --set chain_length=2 --set model=reactive,constant,xgboost --set questions=true
expect 27 "$(sed 1d learned/validation.csv | wc -l | tr -d ' ')" "three policies in nine windows"
cmp train/rewards.csv learned/rewards.csv >log 2>&1
result $? "both learn from the same samples" log
made again validate "$small" --set chain_length=2 --set model=reactive,constant,xgboost --set questions=true
same_files learned.h5 again.h5 >log 2>&1
result $? "the same seed gives the same file" log

# A dry run tells and does nothing.
timeout 60 "$auspex" gpuqueue validate --dry-run bare.yaml --csv dry -o dry.h5 >dry.out 2>dry.err
result $? "a dry run" dry.err
grep -q 'validate.* 6' dry.out
result $? "it tells the windows" dry.out
expect "" "$(ls -d dry dry.h5 dry.run 2>/dev/null)" "and writes nothing"

# Windows that nothing is submitted in: some of them are told, all of them are no success.
gpuqueue late validate bare.yaml --set start=2024-03-01 --set n_windows=2
expect 5 $? "no window with a job: exit status"
expect "auspex: validate: all 2 windows failed: window 0: no job of the trace is submitted in it" "$(cat late.err)" \
  "no window with a job: message"
[ ! -e late.h5 ]
result $? "no window with a job: nothing is published"
made some validate bare.yaml --set start=2024-01-24 --set n_windows=9
expect 0 "$(wc -c <some.err | tr -d ' ')" "-q says nothing about windows that failed"
n=$(column some/validation.csv window | sort -u | wc -l | tr -d ' ')
[ "$n" -gt 0 ] && [ "$n" -lt 9 ]
result $? "$n of nine windows have jobs"
timeout 60 "$auspex" gpuqueue validate bare.yaml --set start=2024-01-24 --set n_windows=9 --set chain_limit_min=9000 \
  -o loud.h5 >loud.out 2>loud.err
grep -q 'validate: window 8: .*no job of the trace' loud.err
result $? "without -q the windows that failed are told" loud.err
grep -q 'the chain runs on after the last jobs of its window' loud.err
result $? "and a chain that is too long for its window" loud.err

# The search begins with the keys as they are, so it never ends worse.
calibrate() {
  name=$1
  shift
  gpuqueue "$name" calibrate --set 'synthetic={days: 10, jobs: 500, nodes: 20, load: 0.9}' --set nodes=26 \
    --set budget=14 "$@"
  result $? "$name: gpuqueue calibrate" "$name.err"
}
calibrate one
"$auspex" verify -q one.h5 >log 2>&1
result $? "one: the file has no fault" log
expect 14 "$(sed 1d one/calibrate.csv | wc -l | tr -d ' ')" "as many trials as the budget has"
awk '/mean abs/ { exit !($(NF) < $(NF - 1)) }' one.out
result $? "the error is smaller than with 26 nodes" one.out
calibrate two
diff -r one two >log 2>&1
result $? "the same seed gives the same tables" log
same_files one.h5 two.h5 >log 2>&1
result $? "and the same file" log
calibrate other --seed 2
! cmp -s one/calibrate.csv other/calibrate.csv
result $? "another seed searches elsewhere"
calibrate nodes --set what=nodes --set objective=median_error
expect "trial,nodes,objective" "$(head -n 1 nodes/calibrate.csv)" "what is searched can be chosen"
expect nodes "$(sed -n 's/^ *"\([a-z_]*\)".*/\1/p' nodes/calibrated.json | tr '\n' ' ' | sed 's/ $//')" \
  "the best of it is written as keys"

# D12: a submission before the predecessor's is no decision: no time, and no part of any mean.
"$auspex" gpuqueue validate --set 'synthetic={days: 20, jobs: 2500, nodes: 40, load: 0.9}' --set nodes=36 --set mode=compat \
  --set chain_limit_min=60 --set model=reactive,average --set start=2024-01-10 --set n_windows=10 --set interval_h=12 \
  -o d12.h5 --csv d12 -q >d12.log 2>&1
expect 0 $? "decisions that fail: the run succeeds"
failed=$(grep -c '^average,.*,1$' d12/validation.csv)
[ "$failed" -gt 0 ] && [ "$failed" -lt 10 ]
result $? "some of ten fail ($failed)"
expect "$((10 - failed))" "$(awk -F, '$1 == "average" && $2 == "all" && $3 == 0 {print $4}' d12/classes.csv)" "the others are counted"
expect "$failed" "$(grep -c '^average,[0-9]*,[a-z]*,,0,0,0,,,1$' d12/validation.csv)" "no times of those that failed"
echo '{"trace": "own.h5", "nodes": 20}' >keys.json
"$auspex" gpuqueue import --synthetic --set days=9 --set jobs=300 --set nodes=20 --set load=0.5 -o own.h5 -q >/dev/null 2>&1
"$auspex" gpuqueue calibrate keys.json --set budget=1 -o own.h5 -q >out 2>err
expect "2 auspex: own.h5: the output would replace an input file" "$? $(cat err)" "calibrate replaces no input"
done_testing

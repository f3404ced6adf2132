#!/bin/sh
# simulate.t - auspex serverless simulate on the tiny scenarios: tables as text and as HDF5.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
data="$AUS_TOP_SRCDIR/tests/data/serverless"

for scenario in t-kn_kn t-hro_hro t-hrc_hrc t-kn_bpff t2-pending-fifo t2-memory t2-hro t2-hrc; do
  case $scenario in
    t2-*) inputs=tiny2 ;;
    *) inputs=tiny ;;
  esac
  timeout 300 "$auspex" serverless simulate "$data/golden/$scenario/scenario.json" --set mode=compat \
    --set inputs="$data/$inputs" \
    --csv "$tap_dir/$scenario" >"$tap_dir/log" 2>&1
  result $? "$scenario runs" "$tap_dir/log"
  python3 "$AUS_TOP_SRCDIR/tests/golden/compare.py" "$data/golden/$scenario" "$tap_dir/$scenario" >"$tap_dir/log" 2>&1
  result $? "$scenario gives the golden tables" "$tap_dir/log"
done
# Clean mode is the default; a defect more or less is another result.
for defects in '' D17 D33; do
  "$auspex" serverless simulate "$data/golden/t-kn_kn/scenario.json" --set inputs="$data/tiny" \
    --set "defects=[$defects]" --csv "$tap_dir/clean$defects" >"$tap_dir/log" 2>&1
  result $? "clean mode with [$defects] runs" "$tap_dir/log"
done
expect 29 "$(wc -l <"$tap_dir/clean/tasks.csv" | tr -d ' ')" "clean mode has all tasks"
! cmp -s "$tap_dir/clean/tasks.csv" "$tap_dir/t-kn_kn/tasks.csv"
result $? "clean is not compat"
! cmp -s "$tap_dir/clean/tasks.csv" "$tap_dir/cleanD17/tasks.csv"
result $? "D17 changes the tasks"
! cmp -s "$tap_dir/clean/system_events.csv" "$tap_dir/cleanD33/system_events.csv"
result $? "D33 changes the queue lengths"

# Policies that no recording has: kpa, random and round-robin placement, models per kind of platform.
scenario="$AUS_TOP_SRCDIR/input/serverless/scenario.json"
# simulate NAME OPTIONS...: the shipped scenario into NAME
simulate() {
  name=$1
  shift
  timeout 300 "$auspex" serverless simulate "$scenario" "$@" --csv "$tap_dir/$name" >"$tap_dir/log" 2>&1
  result $? "$name: $(echo "$*" | sed 's|models=.*|with models|')" "$tap_dir/log"
}
# differ A B, alike A B: their tasks
differ() {
  ! cmp -s "$tap_dir/$1/tasks.csv" "$tap_dir/$2/tasks.csv"
  result $? "$1 is not $2"
}
alike() {
  cmp "$tap_dir/$1/tasks.csv" "$tap_dir/$2/tasks.csv" >"$tap_dir/log" 2>&1
  result $? "$1 is $2" "$tap_dir/log"
}
for mode in compat clean; do
  for strategy in kn_kn kpa_kn kn_rp kn_rr; do
    simulate $mode-$strategy --set mode=$mode --set strategy=$strategy
  done
  differ $mode-kn_kn $mode-kpa_kn
  differ $mode-kn_kn $mode-kn_rr
  simulate $mode-kn_rp-9 --set mode=$mode --set strategy=kn_rp --set seed=9
  simulate $mode-kn_rp-1 --set mode=$mode --set strategy=kn_rp --set policy_seed=1
  alike $mode-kn_rp $mode-kn_rp-9
  differ $mode-kn_rp $mode-kn_rp-1
  for strategy in prokn_prokn prohetkn_prohetkn; do
    short=$mode-${strategy%%_*}
    timeout 300 "$auspex" run "$data/small-compat.json" -q -o "$tap_dir/s.h5" --set 'stages=[sample, initial]' \
      --set serverless.mode=$mode --set serverless.initialproactive.strategy=$strategy >"$tap_dir/log" 2>&1 &&
      "$auspex" serverless train "$tap_dir/s.h5" -q -o "$tap_dir/m-$short" >>"$tap_dir/log" 2>&1
    result $? "models of a $mode study for $strategy" "$tap_dir/log"
    models="models={detect: $tap_dir/m-$short/detect_model.json, thumbnail: $tap_dir/m-$short/thumbnail_model.json}"
    features=1
    [ $short = clean-prokn ] && features=2
    for forecast in oracle last ewma seasonal; do
      simulate $short-$forecast --set mode=$mode --set strategy=$strategy --set features=$features \
        --set forecast=$forecast --set horizon=3 --set season=10 --set half_life=60 --set "$models"
    done
    simulate $short-default --set mode=$mode --set strategy=$strategy --set features=$features --set horizon=3 --set "$models"
    simulate $short-none --set mode=$mode --set strategy=$strategy
    alike $short-default $short-oracle
    differ $short-oracle $short-last
    differ $short-oracle $short-ewma
    differ $short-last $short-seasonal
    differ $short-last $short-ewma
    differ $short-none $short-oracle
  done
done

# A run that is cut off has its tables, says so, and fails.
"$auspex" serverless simulate "$data/golden/t-kn_kn/scenario.json" --set mode=compat --set inputs="$data/tiny" \
  --set max_time=5 --csv "$tap_dir/stalled" >"$tap_dir/log" 2>&1
expect 5 $? "a stalled run ends with 5"
grep -q 'auspex: stalled at 5 s' "$tap_dir/log"
result $? "the message says when" "$tap_dir/log"
grep -q '"status": "stalled"' "$tap_dir/stalled/summary.json"
result $? "the summary says it, too" "$tap_dir/stalled/summary.json"
expect 29 "$(wc -l <"$tap_dir/stalled/tasks.csv" | tr -d ' ')" "all tasks are listed"

if [ -n "$AUS_PYTHON" ]; then
  "$auspex" serverless simulate "$data/golden/t-kn_kn/scenario.json" -s serverless.mode=compat \
    -s inputs="$data/tiny" -o "$tap_dir/t.h5" \
    >"$tap_dir/log" 2>&1
  result $? "-o publishes HDF5" "$tap_dir/log"
  "$AUS_PYTHON" -c 'import h5py, sys
f = h5py.File(sys.argv[1])
assert len(f["traces/tasks/task_id"]) == 28
assert f["trials/simulate/y"][0, 0] == 0.5' "$tap_dir/t.h5" >"$tap_dir/log" 2>&1
  result $? "the file has the tables" "$tap_dir/log"
else
  skip "-o publishes HDF5" "no python3 with h5py"
  skip "the file has the tables" "no python3 with h5py"
fi
done_testing

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
  timeout 60 "$auspex" serverless simulate "$data/golden/$scenario/scenario.json" --set mode=compat \
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

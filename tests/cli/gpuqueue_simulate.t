#!/bin/sh
# gpuqueue_simulate.t - auspex gpuqueue simulate: golden tables, keys, HDF5, bad input.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
tiny="$AUS_TOP_SRCDIR/tests/data/gpuqueue/tiny"

# simulate OPTIONS...: quietly, into $tap_dir/out
simulate() {
  rm -rf "$tap_dir/out"
  timeout 60 "$auspex" gpuqueue simulate -q "$@" --csv "$tap_dir/out" >"$tap_dir/stdout" 2>"$tap_dir/log"
}
# complains STATUS NAME TEXT: the last simulation ended so and said so
complains() {
  expect "$1" "$status" "$2 ends with $1"
  grep -q -- "$3" "$tap_dir/log"
  result $? "$2 is told" "$tap_dir/log"
}

# Every hand-made trace, at both ticks, byte by byte.
for case in t1_fifo:4 t2_backfill:88 t3_headblock:4 t4_age_size:4 t5_durations:8 t6_idtie:4 t7_tie:88 \
  t8_longlimit:4 t9_early_end:8 t10_random:10; do
  name=${case%:*}
  for tick in 60:m 1:s; do
    simulate --set mode=compat --set trace="$tiny/$name.log" --set nodes="${case#*:}" --set from=2024-01-01 \
      --set to=2024-02-01 --set tick="${tick%:*}" --set node_ids=true
    tr -d '\r' <"$tiny/${name}_${tick#*:}.csv" | cmp - "$tap_dir/out/jobs.csv" >"$tap_dir/log" 2>&1
    result $? "$name at ticks of ${tick%:*} s is the golden table" "$tap_dir/log"
  done
done

# A configuration file; paths are relative to it, --set goes before it.
cat >"$tap_dir/queue.yaml" <<END
trace: $tiny/t10_random.log
nodes: 10
END
simulate "$tap_dir/queue.yaml"
expect 0 $? "a configuration file is read"
expect 61 "$(wc -l <"$tap_dir/out/jobs.csv" | tr -d ' ')" "all jobs are in the table"
expect seq,job_id,nodes,limit_min,submit_sim,start_sim,end_sim,backfilled,run_s "$(head -n 1 "$tap_dir/out/jobs.csv")" \
  "without node_ids it has nine columns"
grep -q '"mode": "clean"' "$tap_dir/out/summary.json"
result $? "clean is the default" "$tap_dir/out/summary.json"
for key in window nodes n backfilled sim_end mean_wait_sim_h mean_wait_real_h median_wait_sim_s p90_sim_h max_sim_h \
  mean_start_err_h mae_start_h median_ae_start_s p90_ae_h within_10min within_1h wait_corr makespan_sim_h utilisation \
  bounded_slowdown_mean; do
  grep -q "\"$key\":" "$tap_dir/out/summary.json"
  result $? "the summary has $key" "$tap_dir/out/summary.json"
done
grep -q '^utilisation  *0\.[0-9]*$' "$tap_dir/stdout"
result $? "the summary is printed" "$tap_dir/stdout"
cp "$tap_dir/out/jobs.csv" "$tap_dir/clean.csv"
simulate "$tap_dir/queue.yaml" --set nodes=12
! cmp -s "$tap_dir/clean.csv" "$tap_dir/out/jobs.csv"
result $? "--set goes before the file"

# A zone moves the times to UTC.
simulate "$tap_dir/queue.yaml" --set tz=America/Chicago
status=$?
if grep -q 'unknown time zone' "$tap_dir/log"; then
  skip "times of a zone are written in UTC" "no tz database"
else
  expect 2024-01-01T06 "$(sed -n '2s/^\([^,]*,\)\{4\}\(.\{13\}\).*/\2/p' "$tap_dir/out/jobs.csv")" \
    "times of a zone are written in UTC"
fi

# nodes = auto is what was in use at one time.
simulate "$tap_dir/queue.yaml" --set nodes=auto
expect 0 $? "nodes = auto is found out"
grep -q '^nodes  *[1-9]' "$tap_dir/stdout"
result $? "and printed" "$tap_dir/stdout"

# Bad input.
simulate --set trace="$tiny/t1_fifo.log"
status=$?
complains 2 "a missing number of nodes" 'nodes'
simulate "$tap_dir/queue.yaml" --set nodez=4
status=$?
complains 2 "an unknown key" 'did you mean "nodes"'
simulate "$tap_dir/queue.yaml" --set trace="$tap_dir/none.log"
status=$?
complains 3 "a trace that is not there" 'none.log'
simulate "$tap_dir/queue.yaml" --set from=2024-02-30
status=$?
complains 2 "a time that is none" 'from'
simulate "$tap_dir/queue.yaml" --set from=2025-01-01
status=$?
[ "$status" -ne 0 ] && [ "$status" -lt 70 ]
result $? "an empty window is refused" "$tap_dir/log"
simulate "$tap_dir/queue.yaml" --set bf_window_min=1
status=$?
complains 2 "a window shorter than its slots" 'bf_resolution is 600 s'

# The whole shared trace.
if [ -f "${AUSPEX_SHARED:-../shared}/data/gpuqueue/windows/full_n88.csv.gz" ]; then
  shared="${AUSPEX_SHARED:-../shared}/data/gpuqueue"
  simulate --set mode=compat --set trace="$shared/ls6-a100.log.gz" --set nodes=88 --set from=2022-10-05
  gzip -dc "$shared/windows/full_n88.csv.gz" | tr -d '\r' | cmp - "$tap_dir/out/jobs.csv" >"$tap_dir/log" 2>&1
  result $? "the whole trace is the golden table" "$tap_dir/log"
  grep -q '"sim_end": "2023-04-02T22:51:00"' "$tap_dir/out/summary.json"
  result $? "it ends when the reference does" "$tap_dir/out/summary.json"
else
  skip "the whole trace is the golden table" "AUSPEX_SHARED is not there"
  skip "it ends when the reference does" "AUSPEX_SHARED is not there"
fi

if [ -n "${AUS_PYTHON-}" ]; then
  timeout 60 "$auspex" gpuqueue simulate -q "$tap_dir/queue.yaml" --set node_ids=true --csv "$tap_dir/out" \
    -o "$tap_dir/q.h5" >"$tap_dir/log" 2>&1
  result $? "-o publishes HDF5" "$tap_dir/log"
  "$AUS_PYTHON" -c 'import csv, datetime, h5py, json, sys
f = h5py.File(sys.argv[1])
rows = list(csv.DictReader(open(sys.argv[2] + "/jobs.csv")))
jobs = f["traces/jobs"]
def text(t): return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
offsets, node = f["traces/job_nodes/offsets"], f["traces/job_nodes/node"]
for i, row in enumerate(rows):
    assert jobs["job_id"][i] == int(row["job_id"]) and jobs["backfilled"][i] == int(row["backfilled"])
    for name in "submit", "start", "end":
        assert text(jobs[name][i]) == row[name + "_sim"], (i, name)
    assert " ".join(map(str, node[offsets[i]:offsets[i + 1]])) == row["node_ids"]
assert len(rows) == len(jobs["job_id"]) and jobs["start"].attrs["unit"] in (b"s", "s")
y = f["trials/simulate/y"]
names = [n.decode() if isinstance(n, bytes) else n for n in y.attrs["names"]]
summary = json.load(open(sys.argv[2] + "/summary.json"))
for name, value in zip(names, y[0]):
    assert value == summary[name] or (value != value and summary[name] is None), name' \
    "$tap_dir/q.h5" "$tap_dir/out" >"$tap_dir/log" 2>&1
  result $? "the file and the text are equal" "$tap_dir/log"
else
  skip "-o publishes HDF5" "no python3 with h5py"
  skip "the file and the text are equal" "no python3 with h5py"
fi
done_testing

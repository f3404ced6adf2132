#!/bin/sh
# sample.t - auspex serverless sample: strata, shares, nodes, seeds.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
inputs="$AUS_TOP_SRCDIR/input/serverless"

# sample NAME OPTIONS...: samples of the quick space into $tap_dir/NAME/samples.csv
sample() {
  name=$1
  shift
  timeout 300 "$auspex" serverless sample --set mode=compat --set inputs="$inputs" --set space="$inputs/space-quick.json" \
    "$@" --csv "$tap_dir/$name" >"$tap_dir/log" 2>&1
}

sample lhs --set n=16 --seed 3
result $? "a Latin hypercube" "$tap_dir/log"
command -v python3 >/dev/null 2>&1 || { skip "its rows" "no python3"; done_testing; exit; }
python3 - "$tap_dir/lhs/samples.csv" >"$tap_dir/log" 2>&1 <<'E'
import csv, math, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 16, len(rows)
names = list(rows[0])
for name in (n for n in names if n.startswith("unit_")):
    assert sorted(math.floor(16 * float(r[name])) for r in rows) == list(range(16)), name
for r in rows:
    shares = {n[len("device_prop_"):]: float(r[n]) for n in names if n.startswith("device_prop_")}
    size = int(float(r["cluster_size"]))
    assert abs(sum(shares.values()) - 1) < 1e-8, r
    assert sum(int(r["nodes_" + d]) for d in shares) == size, r
    for d, p in shares.items():
        assert 1 <= int(r["nodes_" + d]) <= math.ceil(size * p), r
assert len({r["network_bandwidth"] for r in rows}) > 3
E
result $? "every stratum once, shares sum to 1, nodes sum to the cluster" "$tap_dir/log"
sample again --set n=16 --seed 3
cmp -s "$tap_dir/lhs/samples.csv" "$tap_dir/again/samples.csv"
result $? "the same seed gives the same samples"
sample other --set n=16 --seed 4
cmp -s "$tap_dir/lhs/samples.csv" "$tap_dir/other/samples.csv"
expect 1 $? "another seed gives other samples"
for design in random lhs-centered sobol; do
  sample $design --set n=5 --set design=$design
  expect 6 "$(wc -l <"$tap_dir/$design/samples.csv" | tr -d ' ')" "design $design"
done
for design in lhs-maximin lhs-oa2 halton morris saltelli; do
  n=9
  case $design in lhs-oa2) n=49 want=49 ;; morris) want=$((9 * 8)) ;; saltelli) want=$((9 * 9)) ;; *) want=9 ;; esac
  sample $design --set n=$n --set design=$design
  expect $((want + 1)) "$(wc -l <"$tap_dir/$design/samples.csv" | tr -d ' ')" "design $design"
done
sample few --set n=50 --set design=lhs-oa2
expect 2 $? "design lhs-oa2 of 50 points is refused"
grep -q 'n is 50 in 7 dimensions, the nearest usable n is 49' "$tap_dir/log"
result $? "and the nearest usable number is named" "$tap_dir/log"
sample clean --set n=400 --set range_compat=0 --seed 3
python3 - "$tap_dir/clean/samples.csv" >"$tap_dir/log" 2>&1 <<'E'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 400, len(rows)
names = [n for n in rows[0] if not n.startswith(("unit_", "nodes_")) and n != "sample"]
assert len({tuple(r[n] for n in names) for r in rows}) == 400
assert len([n for n in rows[0] if n.startswith("unit_")]) == len(names) - 1
for r in rows:
    shares = {n[len("device_prop_"):]: float(r[n]) for n in names if n.startswith("device_prop_")}
    assert abs(sum(shares.values()) - 1) < 1e-12, r
    assert float(r["network_bandwidth"]) <= 200 and float(r["cluster_size"]) <= 14, r
    assert sum(int(r["nodes_" + d]) for d in shares) == int(r["cluster_size"]), r
E
result $? "clean: no sample twice, inside the ranges, shares sum to 1" "$tap_dir/log"
printf '%s\n' '{"pci": {"board": {"min": 0.5, "max": 0.5, "step": 0.1, "specs": {"memory": 8, "platforms": ["armCpu"], "storage": ["sdCard", "objectStore"]}},
 "server": {"min": 0.5, "max": 0.5, "step": 0.1, "specs": {"memory": 8, "platforms": ["x86Cpu"], "storage": ["nvme", "objectStore"]}}},
 "wsc": {"gallery": {"average": 5, "min": 1, "max": 2, "step": 0.5}},
 "csc": {"average": 4, "min": 2, "max": 6, "step": 2}, "nwc": {"average": 100, "min": 50, "max": 100, "step": 50}}' >"$tap_dir/grid.json"
sample grid --set design=grid --set range_compat=0 --set space="$tap_dir/grid.json"
expect $((2 * 3 * 3 + 1)) "$(wc -l <"$tap_dir/grid/samples.csv" | tr -d ' ')" "the whole grid: 2 bandwidths, 3 sizes, 3 factors"
done_testing

#!/bin/sh
# dryrun.t - auspex run --dry-run: what it tells is what a run then does, and it touches nothing.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"
quick="$AUS_TOP_SRCDIR/input/serverless/quick.json"
cd "$tap_dir" || exit 99
mkdir empty

(cd empty && "$auspex" run "$quick" --dry-run --cost 2) >out 2>err
expect 0 $? "a dry run succeeds"
complaints "without a word in the log" err
expect "" "$(ls -A empty)" "and writes nothing"
sed -n '/^space/,/^time/p' out >got
cat >want <<'T'
space      7 parameters, 28665 combinations
  parameter                   unit     kind           from         to       step   values
  network_bandwidth           MiB s-1  stepped          50        200         25        7
  cluster_size                1        integer           6         14          2        5
  device_prop_board           1        share           0.3        0.7        0.1        5
  device_prop_gpuBox          1        share           0.1        0.3        0.1        3
  device_prop_server          1        share           0.1        0.5        0.1        5
  workload_camera             1        stepped         0.5          2       0.25        7
  workload_gallery            1        stepped         0.5        2.5       0.25        9
design     lhs, 24 points in 6 coordinates, phi_p 3.672 (p = 15), discrepancy 0.1785
tasks      stage               kind                          trials             jobs    s/trial       rows
           initial             initial                           24                           2    3.2 MB
           initial             train                                               7
           initialproactive    initialproactive                  24                           2    3.2 MB
           optimize            optimize                      0..144                           2    18.2 kB
           optimize            propose                                        0..114
           optimize            keep                                           0..144
           finetune            continue                                        0..30
           finetune            finetune                   288..5904                           2
           finetune            keep                                                1
           validate            validate_reactive                 24                           2    9.0 kB
           validate            validate_untuned                  24                           2    9.0 kB
           validate            validate_tuned                    24                           2    9.0 kB
           validate            validate_kpa                      24                           2    22.5 kB
           all                                            432..6192           8..296
time       14 min to 3.4 h of trials, at 2 s each (--cost); jobs and publication come on top
T
diff want got >diff
result $? "the quick study" diff
grep -q '^result     quick.h5$' out && grep -q '^directory  quick.run/' out && grep -q '^inputs     .*quick.json$' out
result $? "files are named" out
grep -q '^ranks      0 on .*, cores\{0,1\} [0-9]' out && grep -q '1 worker; rank 0 manages and works, too' out
result $? "and the rank" out
grep -q '^signals    SIGUSR1: .*exit 75' out
result $? "and the signals" out

"$auspex" run "$small" --dry-run >out 2>err
expect 0 $? "a compat study"
grep -q '^time       not known: give the cost' out
result $? "has no time without a cost" out
if [ "$AUS_MPIRUN" = no ]; then
  skip "at 5 ranks" "no mpirun"
else
  timeout 300 "$AUS_MPIRUN" --oversubscribe -n 5 "$auspex" run "$small" --dry-run --cost 1 --design-out points5.csv >out5 2>err
  expect 0 $? "at 5 ranks"
  grep -q '^ranks      0 to 4 on ' out5 && grep -q ' 4 workers; rank 0 manages$' out5
  result $? "they are listed" out5
fi
"$auspex" run "$small" --dry-run --cost 1 --design-out points.csv >out 2>&1
expect 0 $? "points are written on demand"
n=$(sed -n 's/^design .* \([0-9]*\) points.*/\1/p' out)
expect "$((n + 1))" "$(wc -l <points.csv | tr -d ' ')" "a line each"
if [ "$AUS_MPIRUN" = no ]; then
  skip "the same at 5 ranks" "no mpirun"
else
  cmp points.csv points5.csv >diff 2>&1
  result $? "the same at 5 ranks" diff
fi

# What was told is what happens.
timeout 300 "$auspex" run "$small" -q -o small.h5 >log 2>&1
expect 0 $? "a run"
ls >before
"$auspex" run "$small" -o small.h5 --dry-run >again 2>err
expect 0 $? "a dry run when its result is there"
grep -q '^result     small.h5 (is there and would be replaced)' again
result $? "says that it would be replaced" again
grep -q '^time .* at the medians of the [0-9]* trials in small.h5;' again
result $? "and knows the time" again
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" - >log 2>&1 <<'P'
import csv, h5py, numpy as np
f = h5py.File("small.h5")
seen = {}
for line in open("again"):
    w = line.split()
    if line.startswith(" " * 11) and len(w) >= 3 and w[1] in f["trials"]:
        lo, _, hi = w[2].partition("..")
        n = len(f["trials"][w[1]]["id"])
        assert int(lo) <= n <= int(hi or lo), (w, n)
        seen[w[1]] = n
assert set(seen) == set(f["trials"]), (seen, list(f["trials"]))
rows = list(csv.reader(open("points.csv")))
d = np.array([[float(x) for x in r] for r in rows[1:]])
m = f["design/value"].shape[1]
assert (d[:, 0] == np.arange(len(d))).all() and (d[:, 1:1 + m] == f["design/value"][:]).all() and (d[:, 1 + m:] == f["design/unit"][:]).all()
names = [x.decode() for x in f["space/name"][:]]
assert rows[0][1:1 + m] == names
phi = [w for w in open("again") if w.startswith("design")][0].split("phi_p ")[1].split()[0]
assert phi == "%.4g" % f["design"].attrs["phi_p"], phi
cost, trial = f["provenance/trial_cost"][:], f["provenance/trial_id"][:]
line = [w for w in open("again") if " initial   " in w and " train " not in w][0].split()
assert float(line[3]) == float("%.3g" % np.median(cost[trial >> np.uint64(32) == 1])), line
P
  result $? "trials, points, phi_p and costs are those of the run" log
else
  skip "trials, points, phi_p and costs are those of the run" "no python3 with h5py"
fi
ls | grep -v '^again$\|^before$' | diff - before >diff
sed -i '/before/d; /^[0-9,]*[acd][0-9,]*$/d' diff
complaints "nothing was written beside it" diff

# A result of something else tells nothing about this study; a directory with a journal would be gone on with.
mkdir -p other.run && : >other.run/journal.ausj && echo text >other.h5
"$auspex" run "$small" -o other.h5 --dry-run >out 2>err
expect 0 $? "a dry run over a file that is no result"
grep -q '^time       not known' out && grep -q 'holds the journal of an earlier run' out
result $? "knows no time, but sees the journal" out
expect text "$(cat other.h5)" "and leaves the file alone"
done_testing

#!/bin/sh
# dataset.t - auspex serverless dataset | train: a result's rows and models again, then other ones.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
cd "$tap_dir" || exit 99

timeout 300 "$auspex" run "$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json" -q -o run.h5 >log 2>&1
result $? "the small study" log

# rows NAME OPTIONS...: rows of the result into NAME/dataset.csv
rows() {
  name=$1
  shift
  timeout 300 "$auspex" serverless dataset run.h5 "$@" --csv "$name" >log 2>&1
  result $? "dataset $*" log
}
rows same
rows wide --set window_s=10
rows until --set until=20 --set serverless.max_penalty_frac=-1
rows clean --set mode=clean --set weight_bad=0.5
rows single --set mode=clean --set 'defects=[D26, D3]'
rows plain --set mode=clean --set label=replicas --set features=1
rows cleared --set 'defects=[-D26, -D27, -D29]' --set label=replicas --set features=1
rows platforms --set per_platform=1
rows strategy --set initialproactive.strategy=prohetkn_prohetkn
cmp plain/dataset.csv cleared/dataset.csv >log 2>&1
result $? "mode clean is mode compat with the defects cleared" log
cmp platforms/dataset.csv strategy/dataset.csv >log 2>&1
result $? "the strategy prohetkn means rows per platform" log
"$auspex" serverless dataset run.h5 >printed 2>log
cmp printed same/dataset.csv >log 2>&1
result $? "without --csv the rows are printed" log
head -c 100000 run.h5 >cut.h5
"$auspex" serverless dataset cut.h5 --csv cut >log 2>&1
expect 3 $? "a result that is cut off is refused"
grep -q '^auspex: cut.h5: truncated file' log
result $? "and named" log
timeout 300 "$auspex" serverless train run.h5 -o models --set format=ubj >log 2>&1
result $? "train" log
timeout 300 "$auspex" serverless train run.h5 --csv short --set train.rounds=5 --set train.eta=1 >log 2>&1
result $? "train with other parameters" log
expect "detect_model.json models.csv thumbnail_model.json" "$(ls short | tr '\n' ' ' | sed 's/ $//')" "files of train"
expect "$(grep -v '^model of' log | sed 's/ .*//' | tr '\n' ' ')" "$(tail -n +2 short/models.csv | sed 's/,.*//' | tr '\n' ' ')" \
  "the table printed has the functions of models.csv"

[ -n "$AUS_PYTHON" ] || {
  skip "values" "no python3 with h5py"
  done_testing
  exit
}
# check NAME: the program on standard input finds nothing wrong
check() {
  "$AUS_PYTHON" -c 'import csv, json, math
import h5py, numpy as np
f = h5py.File("run.h5")
def rows(name):
    return [{k: v if k in ("function", "platform") else float(v) for k, v in r.items()}
            for r in csv.DictReader(open(name + "/dataset.csv"))]
names = list(h5py.check_enum_dtype(f["traces/tasks/task"].dtype).items())
names = [n for n, _ in sorted(names, key=lambda p: p[1])]
exec(__import__("sys").stdin.read())' >log 2>&1
  result $? "$1" log
}
check "unchanged settings give the rows of the file" <<'E'
got = rows("same")
i = 0
for function in names:
    if function not in f["datasets"]: continue
    d = f["datasets"][function]
    for k in range(len(d["y"])):
        r = got[i]
        assert r["function"] == function and r["x"] == d["X"][k, 0], (i, r)
        for a, b in (("window_s", "window"), ("y", "y"), ("requests", "requests"), ("penalties", "penalties"),
                     ("trial", "trial"), ("weight", "weight"), ("queue", "queue"), ("pods", "pods")):
            assert r[a] == d[b][k], (i, a, r[a], d[b][k])
        i += 1
assert i == len(got) > 50
E
check "another window, another end" <<'E'
for r in rows("wide"):
    assert r["window_s"] % 10 == 0 and r["x"] == r["requests"] / 10
assert len(rows("wide")) > 10
assert rows("until") and all(r["window_s"] < 15 for r in rows("until"))
assert any(r["penalties"] > 0.2 * r["requests"] for r in rows("until"))
assert all(r["penalties"] <= 0.2 * r["requests"] for r in rows("same"))
E
check "clean rows: every call of every function once, in time order, demand from the traces" <<'E'
got = rows("clean")
t, offsets, ids = f["traces/tasks"], f["traces/tasks/offsets"][:], f["traces/tasks/trial"][:]
initial = set(f["trials/initial/id"][:])
exact = {}
for i, trial in enumerate(ids):
    if trial not in initial: continue
    s = slice(offsets[i], offsets[i + 1])
    for fn, at, c, cold in zip(t["task"][s], t["dispatched"][s], t["compute"][s], t["cold_start"][s]):
        e = exact.setdefault((names[fn], int(trial), 5.0 * math.floor(at / 5)), [0, 0.0])
        e[0] += 1
        e[1] += c + cold
seen = {(r["function"], int(r["trial"]), r["window_s"]): r for r in got}
assert len(seen) == len(got)
assert set(exact) <= set(seen)
before = None
for key, r in seen.items():
    n, work = exact.get(key, [0, 0.0])
    assert r["requests"] == n and r["x"] == n / 5
    assert r["y"] == (max(1, math.ceil(work / 3.5 - 1e-9)) if n else 0), (key, r, work)
    bad = n and r["penalties"] / n > 0.2 or r["queue"] > 20
    assert r["weight"] == (0.5 if bad else 1), r
    if before and before[:2] == key[:2]: assert before[2] < key[2]
    before = key
assert {r["function"] for r in got} == {names[i] for i in set(t["task"][:])}
assert any(r["weight"] == 0.5 for r in got)
E
check "the second feature is the mean over the cluster" <<'E'
kinds, offsets, ids = f["traces/platforms/platform"][:], f["traces/platforms/offsets"][:], list(f["traces/platforms/trial"][:])
execution = f["serverless/functions/execution_time"][:]
for r in rows("clean"):
    i = ids.index(int(r["trial"]))
    x = execution[names.index(r["function"])][kinds[offsets[i]:offsets[i + 1]]]
    x = x[~np.isnan(x)]
    assert abs(r["execution_time_s"] - x.mean()) < 1e-12
E
check "label and features of clean and compat" <<'E'
assert "execution_time_s" in rows("clean")[0] and "execution_time_s" not in rows("same")[0]
assert all(r["y"] == math.ceil(r["pods"]) and r["requests"] > 0 for r in rows("plain"))
assert "execution_time_s" not in rows("plain")[0] and len(rows("plain")) < len(rows("clean"))
E
check "D26 alone: functions that are the first of an application" <<'E'
first = set(f["datasets"])
assert {r["function"] for r in rows("single")} == first
assert {r["function"] for r in rows("clean")} > first
E
check "rows per kind of platform" <<'E'
got = rows("platforms")
kinds = set(h5py.check_enum_dtype(f["traces/tasks/platform"].dtype))
assert {r["platform"] for r in got} <= kinds and len({r["platform"] for r in got}) > 1
assert all(r["penalties"] <= 0.4 * r["requests"] for r in got)
done = {}
for r in got:
    key = r["function"], r["trial"], r["window_s"]
    done[key] = done.get(key, 0) + r["requests"]
common = [r for r in rows("same") if (r["function"], r["trial"], r["window_s"]) in done]
assert len(common) > 20
for r in common:
    assert done[r["function"], r["trial"], r["window_s"]] <= r["requests"]
E
check "unchanged parameters give the models of the file" <<'E'
m = f["models"]
table = {r["function"]: r for r in csv.DictReader(open("models/models.csv"))}
assert len(table) == len(m["task"]) == 2
for i, task in enumerate(m["task"][:]):
    name = task.decode()
    want = m["bytes"][int(m["offsets"][i]):int(m["offsets"][i + 1])].tobytes()
    assert open("models/" + name + "_model.ubj", "rb").read() == want
    r = table[name]
    assert int(r["train_rows"]) == m["train_rows"][i] and int(r["test_rows"]) == m["test_rows"][i]
    assert float(r["rmse"]) == m["metric"][i]
E
check "other parameters give other models, as JSON" <<'E'
for name in f["datasets"]:
    model = json.load(open("short/" + name + "_model.json"))
    assert model["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] == "5"
    assert model["learner"]["objective"]["name"] == "reg:squarederror"
E
done_testing

#!/bin/sh
# export.t - auspex export on a result of the program: the numbers of h5py, options, messages.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
cd "$tap_dir" || exit 99

# said STATUS WORDS OPTIONS...: export with these ends with a status
said() {
  want=$1 text=$2
  shift 2
  timeout 300 "$auspex" export "$@" >out 2>err </dev/null
  expect "$want" $? "$text: exit status"
}
timeout 300 "$auspex" run "$small" -q -o small.h5 >log 2>&1 </dev/null
result $? "a result" log

said 0 "all tables" --list small.h5
complaints "all tables: no message" err
grep -q '^traces/tasks  *[1-9][0-9]* rows of 22 trials$' out
result $? "all tables: one by trial" out
grep -q '^  done  *f64  *s  *[a-z]' out
result $? "all tables: a column with its unit" out
grep -q '^  y  *f64\[27\]  *1 ' out
result $? "all tables: a matrix" out
sed -n 's/^\([a-z].*[^ ]\)  *[0-9][0-9]* rows*.*/\1/p' out >tables
expect 1 "$([ "$(wc -l <tables)" -ge 30 ] && echo 1)" "all tables: thirty at least"
bad=0
while read -r table; do
  timeout 300 "$auspex" export small.h5 "$table" --csv -o table.csv >log 2>&1 </dev/null || { bad=$((bad + 1)) && sed "s|^|$table: |" log; }
done <tables >bad
result $bad "each of them can be written" bad

said 0 "campaigns" small.h5 campaigns --csv
expect "id,base_trial,best_trial,best_y,budget,kind,lag,n_committed,stop_reason" "$(sed -n 1p out)" "campaigns: header"
grep -q '^3,[0-9]*,[0-9]*,0\.[0-9]*,10,optimize,3,10,budget$' out
result $? "campaigns: a row" out
said 0 "one trial" small.h5 trials/optimize --trial 3:4
expect "2 12884901892" "$(wc -l <out | tr -d ' ') $(sed -n 2p out | cut -d, -f1)" "one trial: its row"
said 0 "one trial by id" small.h5 trials/optimize --trial 12884901892
cp out by-id
said 0 "one trial of a dataset" small.h5 traces/scale_events/time -t 1:0
expect "trial,time 4294967296" "$(sed -n 1p out) $(sed 1d out | cut -d, -f1 | sort -u)" "one trial of a dataset: all its rows, no others"
said 0 "to a file" small.h5 trials/optimize --trial 3:4 -o one.csv -q
cmp one.csv by-id >log 2>&1
result $? "to a file: the same" log
[ ! -s out ] && [ ! -e one.csv.part ]
result $? "to a file: nothing else" out

said 3 "no such table" small.h5 traces/nothing
expect "auspex: small.h5:/traces/nothing: no such table; --list shows all" "$(cat err)" "no such table: message"
said 3 "a group of tables" small.h5 traces
said 3 "no trials" small.h5 space --trial 1:0
before=$(cksum <small.h5)
said 2 "onto its input" small.h5 space -o small.h5
expect "$before" "$(cksum <small.h5)" "onto its input: it is untouched"
said 4 "to no directory" small.h5 space -o none/space.csv
if [ -e /dev/full ]; then
  timeout 300 "$auspex" export small.h5 traces/tasks >/dev/full 2>err </dev/null
  expect 4 $? "a full disk"
  expect "auspex: standard output: No space left on device" "$(cat err)" "a full disk: message"
fi

if [ -n "$AUS_PYTHON" ]; then
  for table in trials/initial traces/tasks traces/system_events datasets/detect bo space models; do
    timeout 300 "$auspex" export small.h5 $table -o table.csv >log 2>&1 </dev/null
    "$AUS_PYTHON" -c 'import csv, h5py, math, numpy as np, sys
f = h5py.File("small.h5")
t = f[sys.argv[1]]
rows = list(csv.DictReader(open("table.csv", newline="")))
assert rows
def words(d):
    e = h5py.check_enum_dtype(d.dtype)
    back = {v: k for k, v in e.items()} if e else {}
    return [back.get(v, v.decode() if isinstance(v, bytes) else v) for v in d[:].tolist()]
def same(name, got, want):
    assert len(got) == len(want), (name, len(got), len(want))
    for g, w in zip(got, want):
        w_real = isinstance(w, float)
        ok = (math.isnan(float(g)) and math.isnan(w) or float(g) == w) if w_real else g == str(w)
        assert ok, (name, g, w)
ragged = "offsets" in t and "bytes" not in t
seen = set()
for name, d in t.items():
    if name in ("offsets", "bytes"):
        continue
    if name == "trial" and ragged:
        want = np.repeat(d[:], np.diff(t["offsets"][:].astype("i8"))).tolist()
        same(name, [r[name] for r in rows], want)
        seen.add(name)
    elif d.ndim == 2:
        names = [n.decode() for n in d.attrs.get("names", d.attrs.get("feature_names", []))]
        for i in range(d.shape[1]):
            title = names[i] if names else "%s_%d" % (name, i)
            same(title, [r[title] for r in rows], d[:, i].tolist())
            seen.add(title)
    else:
        same(name, [r[name] for r in rows], words(d))
        seen.add(name)
assert seen == set(rows[0]), seen ^ set(rows[0])' "$table" >log 2>&1
    result $? "$table has the values that h5py reads" log
  done
else
  skip "values that h5py reads" "no python3 with h5py"
fi
done_testing

#!/bin/sh
# merge.t - auspex merge joins results of the program that differ in their seeds.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
cd "$tap_dir" || exit 99

# study NAME OPTIONS...: the small study
study() {
  name=$1
  shift
  timeout 300 "$auspex" run "$small" -q -o "$name.h5" "$@" >log 2>&1 </dev/null
  result $? "a result: $name" log
}
# said STATUS WORDS OPTIONS...: merge with these ends with a status
said() {
  want=$1 text=$2
  shift 2
  timeout 300 "$auspex" merge "$@" >out 2>err </dev/null
  expect "$want" $? "$text: exit status"
}
study a --seed 5
study b --seed 3 --set engine.store.deflate=0
study c --seed 18446744073709551
study d --seed 4 --set engine.bo.lag=2 --set serverless.window_s=7
study e --seed 6 --set 'stages=[sample]'
study f --seed 7 --set 'stages=[sample]'

said 0 "three seeds" a.h5 b.h5 c.h5 -o joint.h5
expect "3 results joined" "$(sed -n 1p out)" "three seeds: what is said"
timeout 300 "$auspex" verify joint.h5 >log 2>&1 </dev/null
result $? "verify finds no fault" log
said 0 "the same in another order" c.h5 a.h5 b.h5 -o again.h5 -q
complaints "quiet: nothing is said" out
cmp joint.h5 again.h5 >log 2>&1
result $? "the same in another order: the same bytes" log
said 0 "results of the first stage" e.h5 f.h5 -o first.h5
timeout 300 "$auspex" export joint.h5 traces/tasks --trial 1:3 -o tasks.csv >log 2>&1 </dev/null
result $? "a table is exported" log
expect "0 1 2" "$(sed 1d tasks.csv | cut -d, -f1 | uniq | tr '\n' ' ' | sed 's/ $//')" "it has the trial of all sources"
timeout 300 "$auspex" serverless dataset joint.h5 --csv rows >out 2>err </dev/null
expect 3 $? "a joined result is no source of rows"
expect "auspex: joint.h5: a merged result; give one of its sources" "$(cat err)" "and this is said"

before=$(cksum <joint.h5)
said 3 "another configuration" a.h5 d.h5 -o joint.h5
printf '%s\n' 'auspex: d.h5 and a.h5 differ in their configuration:' '  engine.bo.lag: 2 and 3' \
  '  serverless.window_s: 7 and 5' | diff - err >log 2>&1
result $? "another configuration: the keys" log
said 3 "a seed twice" a.h5 a.h5 -o joint.h5
said 3 "a joined one" joint.h5 d.h5 -o more.h5
said 3 "no result" a.h5 "$small" -o more.h5
expect "$before" "$(cksum <joint.h5)" "what was there is untouched"
said 2 "onto an input" a.h5 b.h5 -o a.h5
expect "auspex: a.h5: the output would replace an input file" "$(cat err)" "onto an input: message"
expect "a.h5 again.h5 b.h5 c.h5 d.h5 e.h5 f.h5 first.h5 joint.h5" "$(ls ./*.h5* | sed 's|^\./||' | tr '\n' ' ' | sed 's/ $//')" \
  "no other file is left"

if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" -c 'import h5py, numpy as np
parts = [h5py.File(n + ".h5") for n in "bac"]
f = h5py.File("joint.h5")
assert f.attrs["seed"].tolist() == [3, 5, 18446744073709551] == f["sources/seed"][:].tolist()
assert f["sources/file"][:].tolist() == [b"b.h5", b"a.h5", b"c.h5"]
config = f["config"][()].decode()
for i, p in enumerate(parts):
    one = config.replace("\"seed\":[3,5,18446744073709551]", "\"seed\":%d" % p.attrs["seed"])
    assert one == p["config"][()].decode()
    assert f["sources/config_sha256"][i] == p.attrs["config_sha256"]
once = joined = 0
def look(name, d):
    global once, joined
    if not isinstance(d, h5py.Dataset) or name == "config" or name.split("/")[0] in ("sources", "provenance"):
        return
    g = d.parent
    assert d.chunks is None or d.fletcher32 and d.shuffle and d.compression_opts == 4 or "source" not in g, name
    if name.endswith("/source"):
        return
    if "source" not in g:
        once += 1
        for p in parts:
            assert np.asarray(d[()]).tobytes() == np.asarray(p[name][()]).tobytes(), name
        return
    joined += 1
    at = 0
    for i, p in enumerate(parts):
        want = p[name][()]
        if name.endswith("/offsets"):
            base = sum(int(q[name][-1]) for q in parts[:i])
            assert d[at:at + len(want)].tolist() == (want + np.uint64(base)).tolist(), name
            at += len(want) - 1
            continue
        got = d[at:at + len(want)]
        if name == "models/parent":
            want = np.where(want < 0, want, want + at)
        assert got.dtype.kind == want.dtype.kind and got.shape == want.shape, name
        same = got == want
        if got.dtype.kind == "f":
            same |= np.isnan(got) & np.isnan(want)
        assert same.all(), name
        at += len(want)
    assert at + name.endswith("/offsets") == len(d), name
    for k, v in parts[0][name].attrs.items():
        assert np.array_equal(d.attrs[k], v), (name, k)
f.visititems(look)
assert once > 10 and joined > 150, (once, joined)
assert f["design"].attrs["phi_p"].tolist() == [p["design"].attrs["phi_p"] for p in parts]
for i, p in enumerate(parts):
    q = f["provenance/sources/%06d" % i]
    assert q["trial_id"][:].tolist() == p["provenance/trial_id"][:].tolist()
    assert q["run"].attrs["start"] == p["provenance/run"].attrs["start"]' >log 2>&1
  result $? "every table is that of the sources, one after the other" log
else
  skip "every table is that of the sources" "no python3 with h5py"
fi
done_testing

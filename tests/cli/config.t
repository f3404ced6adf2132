#!/bin/sh
# config.t - auspex config: dump, feed back, hash, check; of study files and of results.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
cp -r "$AUS_TOP_SRCDIR/input/serverless" "$tap_dir/in" && chmod -R u+w "$tap_dir/in" || exit 99
cp "$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json" "$tap_dir/small.json" && chmod u+w "$tap_dir/small.json"
sed -i 's|../../../input/serverless|in|; s|"small-space|"'"$AUS_TOP_SRCDIR"'/tests/data/serverless/small-space|' "$tap_dir/small.json"
cd "$tap_dir" || exit 99

"$auspex" config in/quick.json >dump 2>err
expect 0 $? "a study file is dumped"
complaints "without a word" err
"$auspex" config --dump in/quick.json >dump2 2>&1
cmp dump dump2 >diff 2>&1
result $? "--dump is the default" diff
grep -q '^    "percentile": 75,$' dump || grep -q '^      "percentile": 75,$' dump
result $? "a given key is there" dump
grep -q '^    "prefetch": 1,$' dump
result $? "and a default" dump
grep -q '^    "space": "in/space-quick.json",$' dump
result $? "paths are relative to the current directory" dump
grep -q '^  "seed": 1,$' dump && grep -q '^  "study": "serverless"$' dump
result $? "the keys of the top are sorted" dump

# What was dumped is a study that gives the same results, also where the mode makes defaults.
for study in in/quick.json small.json; do
  for set in seed=7 serverless.mode=compat serverless.mode=clean serverless.keep_alive=20 engine.prefetch=3; do
    "$auspex" config "$study" --set $set >again.json 2>err
    expect "$("$auspex" config --hash "$study" --set $set 2>&1)" "$("$auspex" config --hash again.json 2>&1)" "$study, $set: the dump has the same hash"
    "$auspex" config again.json >twice.json 2>&1
    diff again.json twice.json >diff
    result $? "$study, $set: and the same dump" diff
  done
done
hash=$("$auspex" config --hash small.json)
expect "$hash" "$("$auspex" config --hash small.json --set engine.prefetch=3)" "the engine's settings do not count"
[ "$hash" != "$("$auspex" config --hash small.json --seed 9)" ]
result $? "the seed does"
[ "$("$auspex" config --hash small.json --set serverless.mode=compat)" != "$("$auspex" config --hash small.json --set serverless.mode=compat --set serverless.range_compat=false)" ]
result $? "a key that only repeats its default counts where not giving it means something else"

# A result has the configuration of its study.
"$auspex" run small.json -q --set 'stages=[sample]' -o small.h5 >log 2>&1
expect 0 $? "a run"
expect "$("$auspex" config --hash small.json --set 'stages=[sample]')" "$("$auspex" config --hash small.h5)" "hash of the result = hash of the study"
"$auspex" config small.h5 >dump 2>err
expect 0 $? "a result is dumped"
grep -q '^  "inputs": \["[0-9a-f]*", ' dump && grep -q '^  "stages": \["sample"\],$' dump
result $? "with its inputs" dump
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" -c 'import h5py, json, hashlib
f = h5py.File("small.h5"); text = f["config"][()]
assert json.loads(text) == json.load(open("dump"))
assert hashlib.sha256(text).hexdigest() == f.attrs["config_sha256"].decode() if isinstance(f.attrs["config_sha256"], bytes) else f.attrs["config_sha256"]
json.load(open("again.json"))' >log 2>&1
  result $? "it is the JSON of /config" log
else
  skip "it is the JSON of /config" "no python3 with h5py"
fi

"$auspex" config --check in/quick.json >out 2>err
expect 0 $? "--check of a good study"
expect "in/quick.json: study serverless, 6 stages, nothing is wrong" "$(cat out err)" "says so"
"$auspex" config --check -q in/quick.json >out 2>err
expect "0 " "$? $(cat out err)" "-q: not even that"
mkdir empty && cd empty && "$auspex" config ../in/quick.json --check >../out 2>&1 && cd ..
expect "0 " "$? $(ls empty)" "nothing is written"
done_testing

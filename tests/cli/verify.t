#!/bin/sh
# verify.t - auspex verify on results of the program itself: whole, damaged, cut.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
data="$AUS_TOP_SRCDIR/tests/data/serverless"
cd "$tap_dir" || exit 99

# said STATUS WORDS OPTIONS...: verify with these ends with a status
said() {
  want=$1 text=$2
  shift 2
  timeout 300 "$auspex" verify "$@" >out 2>err </dev/null
  expect "$want" $? "$text: exit status"
}
# made NAME COMMAND...: a file of the program, without fault
made() {
  name=$1
  shift
  timeout 300 "$auspex" "$@" -o "$name.h5" >log 2>&1 </dev/null
  result $? "$name is made" log
  said 0 "$name" "$name.h5"
  grep -q "^$name.h5: [1-9][0-9]* datasets, [1-9][0-9]* bytes read: 0 faults$" out
  result $? "$name: what is said" out
}
made small run "$data/small.json" -q
made compat run "$data/small-compat.json" -q --set engine.store.deflate=0
made sample run "$data/small.json" -q --set 'stages=[sample]'
made initial run "$data/small.json" -q --set 'stages=[sample, initial]' --set serverless.design=saltelli
made failed run "$data/small-compat.json" -q --set serverless.max_time=1
made one serverless simulate "$data/golden/t-kn_kn/scenario.json" --set mode=compat --set inputs="$data/tiny"
said 0 "quiet" -q small.h5
complaints "quiet: nothing is said" out

said 3 "no such file" none.h5
expect "auspex: none.h5: No such file or directory" "$(cat err)" "no such file: message"
said 1 "a text" "$data/small.json"
grep -q ': not an HDF5 file$' out
result $? "a text: what is said" out
size=$(wc -c <small.h5)
head -c $((size - 1)) small.h5 >cut.h5
said 1 "one byte is missing" cut.h5
grep -q '^cut.h5: truncated file' out
result $? "one byte is missing: what is said" out
said 1 "quiet about faults" -q cut.h5
complaints "quiet about faults: nothing is said" out

if [ -n "$AUS_PYTHON" ]; then
  # A byte changed in the first, a middle and the last chunk of what has chunks, each in a copy.
  "$AUS_PYTHON" -c 'import h5py
with h5py.File("small.h5") as f:
    found = []
    f.visititems(lambda n, o: found.append((n, o.id)) if isinstance(o, h5py.Dataset) and o.chunks else None)
    found = [found[i] for i in range(0, len(found), len(found) // 6)]
    places = [(n, d.get_chunk_info(d.get_num_chunks() // 2)) for n, d in found]
for i, (n, c) in enumerate(places):
    b = bytearray(open("small.h5", "rb").read())
    b[c.byte_offset + c.size * i // 8] ^= 1 << i
    open("damaged%d.h5" % i, "wb").write(b)
    print(i, n)' >places 2>log
  result $? "files are damaged" log
  while read -r i path; do
    said 1 "damage in $path" "damaged$i.h5"
    grep -q "^/$path: " out
    result $? "damage in $path: where" out
  done <places
  expect 1 "$([ "$(wc -l <places)" -ge 6 ] && echo 1)" "there were six of them at least"
  cp small.h5 spoiled.h5
  "$AUS_PYTHON" -c 'import h5py
with h5py.File("spoiled.h5", "r+") as f:
    f["traces/tasks/offsets"][3] = 0
    f["traces/applications/trial"][0] = 1
    f["campaigns/n_committed"][2] += 1
    f["trials/initial/status"][4] = 77
    del f["bo/acq"].attrs["unit"]
    f.attrs.modify("seed", f.attrs["seed"] * 0 + type(f.attrs["seed"])(3))
    f["bo/new"] = 3' >log 2>&1
  result $? "a file is spoiled" log
  said 1 "spoiled" --max 4 spoiled.h5
  expect 6 "$(wc -l <out | tr -d ' ')" "spoiled: four lines, what is not shown, the summary"
  said 1 "spoiled, all" --max 99 spoiled.h5
  for line in '/config: seed is not the attribute seed, 3' '/bo/acq: no attribute unit' \
    '/bo/new: one value, expected a column' '/traces/tasks/offsets: row 3: 0 is below the one before' \
    '/traces/applications/trial: row 0: 1 is no trial of the file' \
    '/trials/initial/status: row 4: 77 is no value of the enumeration'; do
    grep -qxF "$line" out
    result $? "spoiled: $line" out
  done
  grep -q '^/campaigns/n_committed: row 2: campaign 3 has 11, /trials 10$' out
  result $? "spoiled: a campaign" out
else
  skip "damaged files" "no python3 with h5py"
fi

# The directory of a run that was killed.
AUSPEX_FAULT=delay_ms=300,seed=1 "$auspex" run "$data/small.json" -q -o late.h5 >log 2>&1 </dev/null &
run=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  [ "$(wc -c 2>/dev/null <late.run/journal.ausj)" -gt 4000 ] 2>/dev/null && break
  sleep 0.2
done
said 7 "a run that is under way" late.run
expect "auspex: late.run: a run is under way" "$(cat err)" "a run that is under way: message"
kill -9 $run
wait $run 2>/dev/null
before=$(cat late.run/journal.ausj late.run/shards/* | cksum)
said 0 "a killed run" late.run
grep -Eq '^late.run: seed 2, [1-9][0-9]* records, [1-9][0-9]* results.*, [1-9][0-9]* shards?, [1-9][0-9]* bytes read: 0 faults$' out
result $? "a killed run: what is said" out
expect "$before" "$(cat late.run/journal.ausj late.run/shards/* | cksum)" "a killed run: nothing is changed"
cp -r late.run cut.run
size=$(wc -c <cut.run/journal.ausj)
head -c $((size - 3)) late.run/journal.ausj >cut.run/journal.ausj
said 0 "a cut record" cut.run
grep -q ' bytes cut off at the end, ' out
result $? "a cut record: what is said" out
printf 'X' | dd of=cut.run/journal.ausj bs=1 seek=20 conv=notrunc 2>/dev/null
said 1 "a damaged journal" cut.run
grep -q '^journal.ausj: ' out
result $? "a damaged journal: what is said" out
cp late.run/journal.ausj cut.run/journal.ausj
cp cut.run/shards/s000000.h5 cut.run/shards/s000007.h5
echo none >cut.run/shards/s000008.h5
: >cut.run/shards/s000009.h5.bad
said 1 "shards that are none" cut.run
printf '%s\n' 'shards/s000007.h5: has number 0 inside' 'shards/s000008.h5: not an HDF5 file' | diff - out >log
[ "$(grep -c '^<' log)" = 0 ]
result $? "shards that are none: what is said" out
grep -q ', [3-9] shards and 1 set aside, .*: 2 faults$' out
result $? "shards that are none: summary" out
rm cut.run/journal.ausj cut.run/shards/s00000[789]*
said 1 "no journal" cut.run
rm cut.run/auspex.run
said 3 "no run directory" cut.run
grep -q 'no run directory (the marker auspex.run is missing)$' err
result $? "no run directory: message" err
timeout 300 "$auspex" run "$data/small.json" -q -o late.h5 >log 2>&1 </dev/null
result $? "the killed run goes on" log
same_files small.h5 late.h5 >log 2>&1
result $? "and has the result" log
done_testing

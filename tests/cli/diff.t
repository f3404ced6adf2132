#!/bin/sh
# diff.t - auspex diff on results of the program itself: exit status, lines, options.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"
cd "$tap_dir" || exit 99

# study NAME OPTIONS...: two stages of the small study
study() {
  name=$1
  shift
  timeout 300 "$auspex" run "$small" -q --set 'stages=[sample, initial]' -o "$name.h5" "$@" >log 2>&1 </dev/null
  result $? "a result: $name" log
}
# said STATUS WORDS OPTIONS...: diff of a.h5 with these ends with a status
said() {
  want=$1 text=$2
  shift 2
  timeout 300 "$auspex" diff "$@" >out 2>err </dev/null
  expect "$want" $? "$text: exit status"
}
study a
study b --set engine.store.deflate=0
study c --seed 9

said 0 "other filters" a.h5 b.h5
grep -q '^[1-9][0-9]* datasets compared, 0 differ$' out
expect 0 $? "other filters: what is said"
said 1 "with /provenance" --all a.h5 b.h5
grep -q "^/provenance/run: attribute engine: " out
result $? "with /provenance: only there is a difference" out
expect 0 "$(grep '^/' out | grep -vc '^/provenance/')" "with /provenance: nothing else differs"

said 1 "another seed" a.h5 c.h5 --max 2
expect 4 "$(wc -l <out | tr -d ' ')" "another seed: two lines, what is not shown, the summary"
expect "/: attribute seed: 7 and 9, largest difference 2 (relative 0.222)" "$(sed -n 2p out)" "another seed: a line"
sed -n 3p out | grep -q '^\.\.\. and [0-9]* more differences$'
result $? "another seed: how many are not shown" out
tail -n 1 out | grep -q '^[1-9][0-9]* datasets compared, [1-9][0-9]* differ$'
result $? "another seed: summary" out
[ ! -s err ]
result $? "another seed: no error" err
said 1 "quiet" -q a.h5 c.h5
complaints "quiet: nothing is said" out
said 3 "a file that is none" a.h5 "$small"
grep -q 'not an HDF5 file$' err
result $? "a file that is none: message" err

# The first kilobyte of a cut file, a flipped bit in a column.
head -c 1514 a.h5 >cut.h5
said 3 "a cut file" a.h5 cut.h5
if [ -n "$AUS_PYTHON" ]; then
  cp a.h5 flipped.h5
  "$AUS_PYTHON" -c 'import h5py
with h5py.File("flipped.h5") as f:
    c = f["traces/tasks/done"].id.get_chunk_info(0)
with open("flipped.h5", "r+b") as f:
    f.seek(c.byte_offset + c.size // 2)
    b = f.read(1)
    f.seek(-1, 1)
    f.write(bytes([b[0] ^ 4]))' >log 2>&1
  result $? "a bit is flipped" log
  said 3 "a flipped bit" a.h5 flipped.h5
  grep -q '^auspex: flipped.h5:/traces/tasks/done: ' err
  result $? "a flipped bit: where" err
  cp a.h5 near.h5
  "$AUS_PYTHON" -c 'import h5py
with h5py.File("near.h5", "r+") as f:
    f["traces/tasks/done"][3] *= 1 + 1e-9' >log 2>&1
  result $? "a value is changed a little" log
  said 1 "a small difference" a.h5 near.h5
  grep -q '^/traces/tasks/done: values: 1 of [0-9]* differs, first at \[3\]: .* (relative 1e-09)$' out
  result $? "a small difference: line" out
  said 0 "a small difference within the tolerance" a.h5 near.h5 --tolerance 1e-8
else
  skip "damaged files" "no python3 with h5py"
fi
if [ "$AUS_MPIRUN" != no ]; then
  timeout 300 "$AUS_MPIRUN" --oversubscribe -n 3 "$auspex" diff a.h5 c.h5 >out 2>err </dev/null
  expect 1 $? "at three ranks the status is the same"
  expect 1 "$(grep -c ' datasets compared, ' out)" "and it is said once"
else
  skip "at three ranks" "no mpirun"
fi
done_testing

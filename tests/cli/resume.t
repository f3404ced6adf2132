#!/bin/sh
# resume.t - a run goes on from its directory: cut journals, lost and foreign shards, full and read-only disks.
# Some cases only where AUS_LONG is set.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

auspex=$AUS_TOP_BUILDDIR/auspex
small_dir=$AUS_TOP_SRCDIR/tests/data/serverless
small=$small_dir/small.json
cd "$tap_dir" || exit 99

go() { timeout 400 "$auspex" run "$small" -o x.h5 "$@" >log 2>&1; }
same() {
  same_files full.h5 x.h5 >diff 2>&1
  result $? "$1" diff
}

timeout 400 "$auspex" run "$small" -q -o full.h5 --keep >log 2>&1
expect 0 $? "the undisturbed run"
rm -rf kept && mv full.run kept
size=$(wc -c <kept/journal.ausj)

# A journal cut anywhere is a run that was killed there.
for share in $(if long; then echo 3 21 50 77 99; else echo 21 99; fi); do
  rm -rf x.run x.h5 && cp -r kept x.run
  head -c $((size * share / 100)) kept/journal.ausj >x.run/journal.ausj
  go
  expect 0 $? "a journal cut at $share % is gone on with"
  same "to the same file"
done

# Damage: one stretch is cut off, two are a damaged disk.
flip() { printf '\377\376\375' | dd of=x.run/journal.ausj bs=1 seek="$1" conv=notrunc 2>/dev/null; }
rm -rf x.run x.h5 && cp -r kept x.run && flip $((size / 2))
go
expect 0 $? "damage in one place"
same "what stood behind it is done again"
rm -rf x.run x.h5 && cp -r kept x.run && flip $((size / 3)) && flip $((size * 2 / 3))
go
expect 4 $? "damage in two places is refused"

# Shards: lost, of another run, damaged.
shard=$(ls -S kept/shards | head -n 1)
rm -rf x.run x.h5 && cp -r kept x.run && rm "x.run/shards/$shard"
go
expect 0 $? "a lost shard"
same "its trials are done again"
grep -q "$shard" log
result $? "and it is named" log
timeout 400 "$auspex" run "$small" -q --seed 99 --set 'stages=[sample, initial]' -o other.h5 --keep >log 2>&1
rm -rf x.run x.h5 && cp -r kept x.run && cp other.run/shards/s000000.h5 "x.run/shards/$shard"
go
expect 0 $? "a shard of another run"
same "its trials are done again, too"
grep "$shard" log | grep -q "done again" && [ ! -d x.run ]
result $? "it is named, and nothing of it stays" log
rm -rf x.run x.h5 && cp -r kept x.run
bytes=$(wc -c <"x.run/shards/$shard")
i=1
while [ $i -lt 40 ]; do
  printf 'xxxxxxxx' | dd of="x.run/shards/$shard" bs=1 seek=$((bytes * i / 40)) conv=notrunc 2>/dev/null
  i=$((i + 1))
done
go
expect 0 $? "a damaged shard"
same "its rows are done again"

# Another configuration, other inputs; what may change.
rm -rf x.run x.h5 && cp -r kept x.run
go --set serverless.n=7
expect 6 $? "another configuration is refused"
grep -q 'serverless.n: [0-9]* then, 7 now' log
result $? "with the key that differs" log
go --set serverless.optimize.budget=3
expect 6 $? "a smaller budget is refused"
mkdir -p inputs/tests/data inputs/input
cp -r "$AUS_TOP_SRCDIR/tests/data/serverless" inputs/tests/data/
cp -r "$AUS_TOP_SRCDIR/input/serverless" inputs/input/
chmod -R u+w inputs
copy=inputs/tests/data/serverless
space=$(sed -n 's/.*"space": *"\([^"]*\)".*/\1/p' "$small")
sed 's/$/ /' "$small_dir/$space" >"$copy/$space"
timeout 300 "$auspex" run "$copy/small.json" -q -o x.h5 >log 2>&1
expect 6 $? "a changed input file is refused"
grep -q "input file .*$space: its content differs" log
result $? "by name" log
go --set engine.prefetch=2 --set serverless.optimize.budget=12
expect 0 $? "a larger budget goes on"
timeout 400 "$auspex" run "$small" -q -o more.h5 --set serverless.optimize.budget=12 >log 2>&1
same_files more.h5 x.h5 >diff 2>&1
result $? "to the file of that budget" diff

# Stages after the search see the larger budget, too, also after another kill.
if long; then
  rm -rf x.run x.h5 && cp -r kept x.run
  AUSPEX_FAULT=delay_ms=20 timeout -s KILL 0.7 "$auspex" run "$small" -q -o x.h5 --set serverless.optimize.budget=12 >log 2>&1
  go --set serverless.optimize.budget=12
  expect 0 $? "a finished search goes on with a larger budget, killed once"
  same_files more.h5 x.h5 >diff 2>&1
  result $? "to the same file" diff
fi

# Killed while a finished run removed its directory: with its result there it has finished.
begun() { rm -rf x.run x.h5 && cp -r kept x.run && mv x.run/auspex.run x.run/auspex.done && rm x.run/journal.ausj; }
begun
cp full.h5 x.h5
touch -d '2001-01-01' x.h5
go
expect "0 2001-01-01 gone" "$? $(date -r x.h5 +%F) $([ -d x.run ] || echo gone)" "a run killed at the removal of its directory has finished"
grep -q 'x.run: the run had finished; the rest of its directory is removed' log && grep -q '^result    x.h5' log
result $? "and says so" log
begun
timeout 300 "$auspex" run "$small" -q -o x.h5 --dir y.run --set 'stages=[sample, initial]' >log 2>&1
go
expect 0 $? "with another result in its place it begins anew"
same "and makes its own"

# One task that ends the run again and again.
rm -rf x.run x.h5
i=0
while [ $i -lt 5 ]; do
  AUSPEX_FAULT=crash_id=1:0,signal=9 timeout 300 "$auspex" run "$small" -q -o x.h5 >log 2>&1
  i=$((i + 1))
done
go
expect 8 $? "a task that took five runs along ends the sixth"
grep -q 'trial 1:0 was under way' log
result $? "and is named" log

# Disks.
mkdir disk
cat >tiny <<'END'
mount -t tmpfs -o size=1m none disk || exit 77
"$1" run "$2" -q -o x.h5 --dir disk/run >log 2>&1
status=$?
mount -o remount,size=200m disk || exit 77
"$1" run "$2" -q -o x.h5 --dir disk/run >log2 2>&1
echo "$status $?"
END
if unshare -m mount -t tmpfs none disk 2>/dev/null; then
  rm -f x.h5
  expect "4 0" "$(timeout 400 unshare -m sh tiny "$auspex" "$small")" "a full disk ends with 4; with more space it goes on"
  same "to the same file"
  mkdir -p ro
  cat >readonly <<'END'
mount -t tmpfs -o ro none ro || exit 77
"$1" run "$2" -q -o x.h5 --dir ro/run >log 2>&1
END
  unshare -m sh readonly "$auspex" "$small"
  expect 4 $? "a read-only directory ends with 4"
  grep -qi 'read-only' log
  result $? "and says so" log
else
  skip "full and read-only disks" "not allowed to mount"
fi
done_testing

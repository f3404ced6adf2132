#!/bin/sh
# run.t - auspex run: run directory, publication, stages, failures.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"
cd "$tap_dir" || exit 99

timeout 300 "$auspex" run "$small" >log 2>&1
expect 0 $? "a run succeeds"
grep -q 'mean over the samples' log
result $? "the result is shown as a table" log
[ -s small-compat.h5 ]
result $? "the output is named after the study"
[ ! -e small-compat.run ]
result $? "the run directory is gone at the end"
[ ! -e small-compat.h5.part ]
result $? "no part file is left"

# A run that failed leaves its directory. One of another configuration does not go on there: it names what
# differs. Only --fresh --force discards it, says so, and leaves what is not ours.
before=$(md5sum <small-compat.h5)
timeout 300 "$auspex" run "$small" -q --set serverless.max_time=1 --set engine.max_failed=3 >log 2>&1
expect 5 $? "too many failed trials end with 5"
expect "$before" "$(md5sum <small-compat.h5)" "the old result is untouched"
[ -f small-compat.run/auspex.run ]
result $? "the run directory is kept" log
echo mine >small-compat.run/notes.txt
mkdir -p small-compat.run/shards
echo stale >small-compat.run/shards/s000099.h5
timeout 300 "$auspex" run "$small" >log 2>&1
expect 6 $? "a run of another configuration is refused"
grep -q '^  serverless.max_time: 1 then, 0 now$' log
result $? "and what differs is named" log
timeout 300 "$auspex" run "$small" --fresh >log 2>&1
expect 2 $? "--fresh alone discards nothing"
timeout 300 "$auspex" run "$small" --fresh --force >log 2>&1
expect 0 $? "--fresh --force starts anew"
grep -q 'info .*small-compat.run.*removed' log
result $? "what was removed is said" log
[ -f small-compat.run/notes.txt ] && [ ! -e small-compat.run/shards ] && [ ! -e small-compat.run/auspex.run ]
result $? "a foreign file stays, ours are gone"
rm -r small-compat.run

# Two runs in one directory: the second is refused, the first goes on.
AUSPEX_FAULT=delay_ms=400,seed=1 timeout 300 "$auspex" run "$small" -q --set 'stages=[sample, initial]' -o first.h5 --dir one.run >first.log 2>&1 &
first=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -f one.run/auspex.run ] && break
  sleep 0.1
done
timeout 300 "$auspex" run "$small" -q -o second.h5 --dir one.run >log 2>&1
expect 7 $? "a run directory in use is refused"
wait $first
expect 0 $? "the run that holds it goes on"
[ -s first.h5 ] && [ ! -e second.h5 ]
result $? "and has its result" first.log

timeout 300 "$auspex" run "$small" -q --set 'stages=[sample]' -o sample.h5 >log 2>&1
expect 0 $? "a first stage runs alone"
timeout 300 "$auspex" run "$small" -q --set 'stages=[sample, initial]' --set 'serverless.traces=[applications]' -o two.h5 >log 2>&1
expect 0 $? "two stages with one trace table"
# Models per kind of platform, of each mode.
for mode in compat clean; do
  timeout 300 "$auspex" run "$small" -q --set serverless.mode=$mode -o het.h5 \
    --set serverless.initialproactive.strategy=prohetkn_prohetkn >log 2>&1
  result $? "a $mode study with prohetkn" log
  grep -q '^failed trials  *0  *0$' log
  result $? "has no failed trial" log
done
sed '/"mode"/d; s|../../../input|'"$AUS_TOP_SRCDIR"'/input|; s|small-space|'"$AUS_TOP_SRCDIR"'/tests/data/serverless/small-space|' \
  "$small" >no-mode.json
timeout 300 "$auspex" run no-mode.json -q --set 'stages=[sample]' -o no-mode.h5 >log 2>&1
expect 0 $? "a study without mode"
grep -qa '"mode":"clean"' no-mode.h5
result $? "is a clean one" log
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" -c 'import h5py
f = h5py.File("sample.h5"); assert "trials" not in f and f["design/value"].shape[0] == 11
f = h5py.File("two.h5"); assert list(f["trials"]) == ["initial"] and list(f["traces"]) == ["applications"] and "models" in f' >log 2>&1
  result $? "their files hold what was asked for" log
else
  skip "their files hold what was asked for" "no python3 with h5py"
fi
# With room for them they are recorded.
timeout 300 "$auspex" run "$small" --set serverless.max_time=1 -o stalled.h5 >log 2>&1
expect 0 $? "failed trials are results"
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" -c 'import h5py, numpy as np
t = h5py.File("stalled.h5")["trials/initial"]; assert (t["status"][:] == 1).all() and np.isnan(t["y"][:]).all()' >log 2>&1
  result $? "and recorded with their status" log
else
  skip "and recorded with their status" "no python3 with h5py"
fi
done_testing

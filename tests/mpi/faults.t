#!/bin/sh
# faults.t - a trial that crashes or hangs: with a new attempt the file is the same, without one it is recorded
# as failed and the others are not touched. Workers die under mpirun --enable-recovery, or only children do.
# Some cases only where AUS_LONG is set.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
[ -n "$AUS_PYTHON" ] || skip_all "no python3 with h5py"
auspex="$AUS_TOP_BUILDDIR/auspex"
same="$AUS_TOP_SRCDIR/tests/h5/same.py"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
brief='stages=[sample, initial]'
recovery='--enable-recovery'
quick='--set engine.timeout_first_s=1 --set engine.timeout_min_s=1'
cd "$tap_dir" || exit 99
AUSPEX_FAULT=nothing=1 "$auspex" run "$small" >log 2>&1
[ $? -eq 2 ] || skip_all "built without faults"

# run NAME RANKS FAULT OPTIONS...: a study into NAME.h5; rank 0 only manages, so that it is not hit.
run() {
  name=$1 ranks=$2 fault=$3
  shift 3
  AUSPEX_FAULT=$fault timeout 300 "$AUS_MPIRUN" --oversubscribe $mpirun_options -n "$ranks" "$auspex" run \
    "$small" -o "$name.h5" --dir "$name.run" --set engine.manager_works=no "$@" >"$name.log" 2>&1 </dev/null
  status=$?
}

# compared NAME BASE TEXT
compared() {
  [ $status -eq 0 ] && "$AUS_PYTHON" "$same" "$2.h5" "$1.h5" >>"$1.log" 2>&1
  result $? "$3" "$1.log"
}

# said NAME PATTERN TEXT: in the log
said() {
  grep -q "$2" "$1.log"
  result $? "$3" "$1.log"
}

# One trial of stage initial is recorded with this status; the others are those of the base.
recorded() {
  [ $status -eq 0 ] && "$AUS_PYTHON" - brief.h5 "$1.h5" "$2" >>"$1.log" 2>&1 <<'PY'
import sys
import h5py
a, b = (h5py.File(f) for f in sys.argv[1:3])
x, y = a["trials/initial"], b["trials/initial"]
failed = [i for i, s in enumerate(y["status"][:]) if s != 0]
assert failed == [3] and y["status"][3] == int(sys.argv[3]), (failed, y["status"][:])
for i in range(len(x["id"])):
    assert x["id"][i] == y["id"][i] and (x["x"][i] == y["x"][i]).all()
    if i != 3:
        assert x["y"][i].tobytes() == y["y"][i].tobytes(), i
assert a.attrs["deterministic"] == 1 and b.attrs["deterministic"] == 0
assert b["provenance/trial_attempts"][3] == 2
PY
  result $? "$3" "$1.log"
}

mpirun_options=
timeout 300 "$auspex" run "$small" -q -o one.h5 >log 2>&1 </dev/null
result $? "the whole study" log
timeout 300 "$auspex" run "$small" -q -o brief.h5 --set "$brief" >log 2>&1 </dev/null
result $? "two stages of it" log

# Workers die.
mpirun_options=$recovery
run once 3 crash_id=3:4,attempts=1
compared once one "a worker aborts, its trial is tried again"
said once 'worker [12]: process [0-9]* is dead' "the process was looked for"
said once 'worker [12] took trial 3:4 along, attempt 1 of 2' "and its trial is known"
[ ! -e once.run ]
result $? "its crash file goes with the run directory"
if long; then
  run kill 3 crash_id=1:3,attempts=1,signal=9 --set "$brief"
  compared kill brief "a worker is killed"
fi
run twice 4 crash_id=1:3 --set "$brief"
recorded twice 6 "two workers die of one trial: it is recorded as crashed"
run hang 3 hang_id=1:3,attempts=1 --set "$brief" $quick
compared hang brief "a trial hangs: the watchdog ends its worker"
# Children die.
mpirun_options=
run child 2 crash_id=1:3,attempts=1,signal=11 --set engine.isolate=fork --set "$brief"
compared child brief "isolated: a fault, tried again"
if long; then
  run later 2 crash_id=3:4,attempts=1,signal=11 --set engine.isolate=fork
  compared later one "isolated: a fault in optimize, tried again"
  run always 2 crash_id=1:3,signal=11 --set engine.isolate=fork --set "$brief"
  recorded always 6 "isolated: a fault every time is recorded as crashed"
fi
run slow 2 hang_id=1:3 --set engine.isolate=fork --set "$brief" $quick
recorded slow 5 "isolated: a hang every time is recorded as timeout"

# One rank: the process ends and says what it was doing.
AUSPEX_FAULT=hang_id=1:3 timeout 300 "$auspex" run "$small" -q -o solo.h5 --dir solo.run --set "$brief" $quick >log 2>&1
expect 86 $? "one rank: the watchdog ends it"
expect "trial 1 3 0 deadline" "$(cat solo.run/crash-0-*.txt)" "and names the trial"

# Where a fork is not safe.
OMPI_MCA_mtl=psm2 timeout 300 "$auspex" run "$small" -q -o f.h5 --set "$brief" --set engine.isolate=fork >log 2>&1
expect 2 $? "isolation is refused with a transport that it may damage"
expect 'auspex: engine.isolate=fork: a fork may damage the transport psm (OMPI_MCA_mtl=psm2); if you know better, set engine.isolate_force=true' \
  "$(cat log)" "and says how to insist"
OMPI_MCA_mtl=psm2 timeout 300 "$auspex" run "$small" -q -o f.h5 --set "$brief" --set engine.isolate=fork \
  --set engine.isolate_force=true >log 2>&1
result $? "which works" log

run serial 3 "" --set "$brief" --set engine.publish=serial
compared serial brief "rank 0 publishes alone by choice"
done_testing

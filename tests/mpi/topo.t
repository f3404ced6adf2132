#!/bin/sh
# topo.t - ranks on one core: they are warned of, and rank 0 moves to a free one.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"
cd "$tap_dir" || exit 99
list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status 2>/dev/null)
cpu=$(echo "$list" | sed 's/[-,].*//')
if [ "$AUS_MPIRUN" = no ]; then
  skip_all "no mpirun"
fi
if ! taskset -c "$cpu" true 2>/dev/null; then
  skip_all "no taskset"
fi
if [ "$list" = "$cpu" ] || [ "$(cat "/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list" 2>/dev/null)" = "$list" ]; then
  skip_all "there is one core only"
fi

mpi() { timeout 300 "$AUS_MPIRUN" --oversubscribe --bind-to none "$@"; }

mpi -n 2 "$auspex" run "$small" --dry-run --cost 1 >out 2>err
expect 0 $? "a dry run of ranks that are not bound"
complaints "says nothing" err

mpi -n 3 taskset -c "$cpu" "$auspex" run "$small" --dry-run --cost 1 >out 2>err
expect 0 $? "a dry run of ranks on one core"
grep -q " warn .*: ranks 0, 1, 2 on .* are bound to the same core ($cpu)\$" err &&
  grep -q ' warn .*: rank 0 shares its only core with a worker while others are free$' err
result $? "warns" err
grep -q "^ranks      0 to 2 on .*, core $cpu of [0-9]*, NUMA node [0-9]*: more ranks than cores\$" out
result $? "and shows it" out

run() { mpi -n 2 taskset -c "$cpu" "$auspex" run "$small" --set 'stages=[sample, initial]' "$@" >log 2>&1; }
run -o moved.h5
expect 0 $? "a run on one core"
grep -q ' warn .*: rank 0 shares its only core .*: it moves to [0-9,]*$' log
result $? "moves rank 0" log
run -o kept.h5 --set engine.topo.manager_core=keep
expect 0 $? "a run with manager_core=keep"
! grep -q 'it moves to' log && grep -q 'ranks 0, 1 on .* are bound to the same core' log
result $? "only warns" log
"$auspex" diff moved.h5 kept.h5 >log 2>&1
expect 0 $? "the results are the same"
if [ -z "$AUS_PYTHON" ]; then
  skip "what is recorded" "no h5py"
else
  "$AUS_PYTHON" - "$cpu" >log 2>&1 <<'P'
import sys, h5py
def places(name):
    run = h5py.File(name)["provenance/run"]
    lines = [x.decode().split(" ") for x in run["binding"][:]]
    numa = run.attrs["numa"]
    numa = (numa.decode() if isinstance(numa, bytes) else numa).split(",")
    assert [x[0].split(".")[0] for x in lines] == [x.decode().split(".")[0] for x in run["hosts"][:]]
    assert len(numa) == 2 and all(int(x) >= 0 for x in numa), numa
    return [x[1] for x in lines]
cpu = sys.argv[1]
moved, kept = places("moved.h5"), places("kept.h5")
assert kept == [cpu, cpu], kept
assert moved[1] == cpu and cpu not in moved[0].replace("-", ",").split(","), moved
P
  result $? "what is recorded" log
fi
done_testing

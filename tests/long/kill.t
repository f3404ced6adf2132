#!/bin/sh
# kill.t - many runs killed at random times: the whole job at 3 ranks and without mpirun, and single workers;
# all of them end with the file of the undisturbed run. KILLS=N chooses how many of each (default 20).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
[ -n "$AUS_PYTHON" ] || skip_all "no python3 with h5py"
[ -r /proc/self/stat ] || skip_all "no /proc"
runs=${KILLS:-20}
study=${KILL_STUDY:-$AUS_TOP_SRCDIR/tests/data/serverless/small.json}

# killed DIR OPTIONS...
killed() {
  dir=$1
  shift
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/mpi/kill.py" --work "$tap_dir/$dir" --first $((tap_n + 1)) --runs "$runs" "$@" -- \
    "$AUS_TOP_BUILDDIR/auspex" run "$study" -q || tap_bad=$((tap_bad + 1))
  tap_n=$((tap_n + 1 + runs))
}

killed job --ranks 3 --victim job --seed "${KILL_SEED:-1}"
killed one --ranks 0 --victim job --seed "${KILL_SEED:-1}"
killed worker --ranks 3 --victim worker --seed "${KILL_SEED:-1}"
done_testing

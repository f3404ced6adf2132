#!/bin/sh
# resume.t - the small study, killed and run again until done, gives the file of the undisturbed run.
# SPDX-License-Identifier: GPL-3.0-or-later
# A few runs in make check; tests/long/kill.t does more.
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
[ -n "$AUS_PYTHON" ] || skip_all "no python3 with h5py"
[ -r /proc/self/stat ] || skip_all "no /proc"
runs=${KILLS:-2}

# killed DIR OPTIONS...
killed() {
  dir=$1
  shift
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/mpi/kill.py" --work "$tap_dir/$dir" --first $((tap_n + 1)) --runs "$runs" "$@" -- \
    "$AUS_TOP_BUILDDIR/auspex" run "$AUS_TOP_SRCDIR/tests/data/serverless/small.json" -q || tap_bad=$((tap_bad + 1))
  tap_n=$((tap_n + 1 + runs))
}

killed j --ranks 3 --victim job
done_testing

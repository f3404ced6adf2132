#!/bin/sh
# valgrind.t - the small study on two ranks below valgrind: no error and no lost memory of ours.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
command -v valgrind >/dev/null 2>&1 || skip_all "no valgrind"
theirs=/usr/share/openmpi/openmpi-valgrind.supp
[ -r $theirs ] || skip_all "no suppressions of Open MPI"
nm "$AUS_TOP_BUILDDIR/auspex" 2>/dev/null | grep -q __asan && skip_all "instrumented build"
cd "$tap_dir" || exit 99

timeout 900 "$AUS_MPIRUN" --oversubscribe -n 2 valgrind --error-exitcode=99 --log-file=vg.%p --leak-check=full \
  --errors-for-leak-kinds=definite --suppressions=$theirs --suppressions="$AUS_TOP_SRCDIR/tests/valgrind.supp" \
  "$AUS_TOP_BUILDDIR/auspex" run "$AUS_TOP_SRCDIR/tests/data/serverless/small.json" -q -o v.h5 \
  --set serverless.n=4 --set serverless.optimize.budget=6 --set serverless.validate.n=2 >log 2>&1
expect 0 $? "two ranks below valgrind"
for log in vg.*; do
  grep -q 'ERROR SUMMARY: 0 errors' "$log"
  result $? "no error in one of them" "$log"
done
done_testing

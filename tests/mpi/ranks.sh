# ranks.sh - run one MPI test program at several numbers of ranks; sourced by the .t files.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# at_ranks "1 2 3 5" PROGRAM [ARGS]: one ok/not ok per number; what the program prints comes before it
# as comments. Its last argument is an empty directory of its own. A run that hangs is killed after a
# minute. Further options of mpirun may stand in $mpirun_options.

at_ranks()
{
  ranks=$1
  shift
  program=$1
  if [ "$AUS_MPIRUN" = no ]; then
    echo "1..0 # SKIP no mpirun"
    return 0
  fi
  work=`mktemp -d "${TMPDIR-/tmp}/auspex-mpi.XXXXXX"` || exit 99
  trap 'rm -rf "$work"' EXIT
  n_tests=0
  for n in $ranks; do n_tests=`expr $n_tests + 1`; done
  echo "1..$n_tests"
  i=0
  for n in $ranks; do
    i=`expr $i + 1`
    mkdir "$work/$n" || exit 99
    timeout 300 "$AUS_MPIRUN" --oversubscribe $mpirun_options -n "$n" "$@" "$work/$n" >"$work/$n.log" 2>&1 </dev/null
    status=$?
    sed 's/^/# /' "$work/$n.log"
    if [ $status -eq 0 ]; then
      echo "ok $i - `basename "$program"` at $n ranks"
    else
      echo "not ok $i - `basename "$program"` at $n ranks: exit status $status"
    fi
  done
}

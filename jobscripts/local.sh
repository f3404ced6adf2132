#!/bin/sh
# local.sh - run a study on this machine with mpirun, until it is finished.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage, in the directory above jobscripts: jobscripts/local.sh [STUDY [OPTION...]]
#
# After Ctrl-C, SIGTERM or SIGUSR1 the same command goes on where this one stopped.

# ---- edit these ----
STUDY=${1:-input/serverless/quick.json}
OUTPUT=${AUSPEX_OUTPUT:-$(basename "$STUDY" .json).h5}
AUSPEX=${AUSPEX:-build/auspex}
RANKS=$(env -u OMP_NUM_THREADS nproc)
LAUNCH="mpirun --mca odls_base_sigkill_timeout 5 -n $RANKS"
MAX_RESTARTS=100
# --------------------

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# shellcheck source=jobscripts/requeue.sh
. "$(dirname "$0")/requeue.sh" || exit 2
[ $# -eq 0 ] || shift
trap 'passed=INT woken=yes' INT # the terminal has sent it to the launcher, too
restarts=0
run_study "$@"
while [ "$code" -eq 75 ] && [ -z "$passed" ] && [ $restarts -lt "$MAX_RESTARTS" ]; do
  restarts=$((restarts + 1))
  run_study "$@"
done
exit "$code"

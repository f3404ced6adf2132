#!/bin/sh
# local.sh - run a study on this machine with mpirun.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: jobscripts/local.sh [STUDY]

# ---- edit these ----
STUDY=${1:-input/serverless/quick.json}
OUTPUT=$(basename "$STUDY" .json).h5
RANKS=$(nproc)
AUSPEX=build/auspex
# --------------------

set -eu
OMP_NUM_THREADS=1
OPENBLAS_NUM_THREADS=1
export OMP_NUM_THREADS OPENBLAS_NUM_THREADS
exec mpirun -n "$RANKS" "$AUSPEX" run "$STUDY" -o "$OUTPUT"

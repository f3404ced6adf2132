#!/bin/sh
. "$AUS_TOP_SRCDIR/tests/mpi/ranks.sh"
mpirun_options=--enable-recovery
at_ranks "3 5" "$AUS_TOP_BUILDDIR/tests/mpi/t_lost"

#!/bin/sh
. "$AUS_TOP_SRCDIR/tests/mpi/ranks.sh"
at_ranks "${AUS_LONG:-1 2 3}" "$AUS_TOP_BUILDDIR/tests/mpi/t_engine"

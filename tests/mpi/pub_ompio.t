#!/bin/sh
# The MPI-IO layer that Open MPI takes by default; the other tests use ROMIO.
OMPI_MCA_io=ompio
export OMPI_MCA_io
. "$AUS_TOP_SRCDIR/tests/mpi/ranks.sh"
at_ranks "${AUS_LONG:-2}" "$AUS_TOP_BUILDDIR/tests/mpi/t_pub"

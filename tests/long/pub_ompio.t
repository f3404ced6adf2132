#!/bin/sh
AUS_LONG="1 2 5"
. "$AUS_TOP_SRCDIR/tests/mpi/pub_ompio.t"

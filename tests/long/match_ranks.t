#!/bin/sh
AUS_LONG=1
. "$AUS_TOP_SRCDIR/tests/mpi/match.t"

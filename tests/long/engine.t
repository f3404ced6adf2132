#!/bin/sh
AUS_LONG="1 2 3 5"
. "$AUS_TOP_SRCDIR/tests/mpi/engine.t"

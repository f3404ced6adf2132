# the same file at any number of ranks
TESTS += tests/mpi/same_bytes.t tests/mpi/faults.t
EXTRA_DIST += tests/mpi/same_bytes.t tests/mpi/faults.t

# signals and the wall clock
TESTS += tests/mpi/signals.t
EXTRA_DIST += tests/mpi/signals.t

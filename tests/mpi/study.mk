# the same file at any number of ranks
TESTS += tests/mpi/same_bytes.t
EXTRA_DIST += tests/mpi/same_bytes.t

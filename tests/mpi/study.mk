# the same file at any number of ranks
TESTS += tests/mpi/same_bytes.t tests/mpi/faults.t tests/mpi/signals.t
EXTRA_DIST += tests/mpi/same_bytes.t tests/mpi/faults.t tests/mpi/signals.t tests/mpi/resume.t \
	tests/mpi/kill.py
# signals and the wall clock

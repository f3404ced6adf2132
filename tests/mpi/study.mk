# the same file at any number of ranks, wherever they are, after faults, signals and kills
STUDY_MPI_TESTS = tests/mpi/same_bytes.t tests/mpi/gpuqueue.t tests/mpi/topo.t tests/mpi/faults.t tests/mpi/signals.t \
	tests/mpi/resume.t tests/mpi/greedy.t tests/mpi/match.t
TESTS += $(STUDY_MPI_TESTS)
EXTRA_DIST += $(STUDY_MPI_TESTS) tests/mpi/kill.py

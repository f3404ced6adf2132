# tests/bench: `make bench [CASES="name ..."]`; other areas add their bench_<area>.c and peers here.
EXTRA_PROGRAMS += tests/bench/bench
CLEANFILES += tests/bench/bench$(EXEEXT)
tests_bench_bench_SOURCES = tests/bench/bench.c tests/bench/bench.h tests/bench/bench_heap.c \
	tests/bench/bench_bo.c tests/bench/bench_gp.c tests/bench/bench_serverless.c tests/bench/bench_setup.c \
	tests/bench/bench_gpuqueue.c tests/bench/bench_offline.c \
	tests/bench/bench_match.c
tests_bench_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_bench_bench_LDADD = libauspex.a $(AUS_LIBS)
EXTRA_DIST += tests/bench/run.sh tests/bench/peer_simpy.py tests/bench/peer_sklearn.py

bench: tests/bench/bench$(EXEEXT) tests/bench/engine_null$(EXEEXT)
	@AUS_TOP_SRCDIR='$(abs_top_srcdir)' AUS_TOP_BUILDDIR='$(abs_top_builddir)' CASES='$(CASES)' AUS_MPIRUN='$(MPIRUN)' \
	  sh '$(top_srcdir)/tests/bench/run.sh'

# A table, not a time: policies on the Lonestar6 windows of March 2023 (doc/gpuqueue.md).
EXTRA_PROGRAMS += tests/bench/gpuqueue_march
CLEANFILES += tests/bench/gpuqueue_march$(EXEEXT)
tests_bench_gpuqueue_march_SOURCES = tests/bench/gpuqueue_march.c
tests_bench_gpuqueue_march_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_bench_gpuqueue_march_LDADD = libauspex.a $(AUS_LIBS)

# tests/bench/engine_null: tasks per second through rank 0; run by run.sh
EXTRA_PROGRAMS += tests/bench/engine_null
CLEANFILES += tests/bench/engine_null
tests_bench_engine_null_SOURCES = tests/bench/engine_null.c
tests_bench_engine_null_LDADD = libauspex.a $(AUS_LIBS)

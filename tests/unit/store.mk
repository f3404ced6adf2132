# unit tests of src/store
EXTRA_DIST += tests/unit/tempdir.h tests/unit/h5put.h tests/unit/result.h
if HAVE_CMOCKA
STORE_TESTS = tests/unit/journal.t tests/unit/rundir.t tests/unit/runlock.t tests/unit/shard.t \
	tests/unit/store_read.t tests/unit/store_same.t tests/unit/store_check.t tests/unit/store_csv.t \
	tests/unit/store_merge.t tests/unit/store_check_run.t
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)

tests_unit_journal_t_SOURCES = tests/unit/journal.c
tests_unit_journal_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_journal_t_LDADD = $(UNIT_LDADD)
tests_unit_rundir_t_SOURCES = tests/unit/rundir.c
tests_unit_rundir_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rundir_t_LDADD = $(UNIT_LDADD)
tests_unit_runlock_t_SOURCES = tests/unit/runlock.c
tests_unit_runlock_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_runlock_t_LDADD = $(UNIT_LDADD)
tests_unit_shard_t_SOURCES = tests/unit/shard.c
tests_unit_shard_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_shard_t_LDADD = $(UNIT_LDADD)
tests_unit_store_read_t_SOURCES = tests/unit/store_read.c
tests_unit_store_read_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_read_t_LDADD = $(UNIT_LDADD)
tests_unit_store_same_t_SOURCES = tests/unit/store_same.c
tests_unit_store_same_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_same_t_LDADD = $(UNIT_LDADD)
tests_unit_store_check_t_SOURCES = tests/unit/store_check.c
tests_unit_store_check_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_check_t_LDADD = $(UNIT_LDADD)
tests_unit_store_csv_t_SOURCES = tests/unit/store_csv.c
tests_unit_store_csv_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_csv_t_LDADD = $(UNIT_LDADD)
tests_unit_store_merge_t_SOURCES = tests/unit/store_merge.c
tests_unit_store_merge_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_merge_t_LDADD = $(UNIT_LDADD)
tests_unit_store_check_run_t_SOURCES = tests/unit/store_check_run.c
tests_unit_store_check_run_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_check_run_t_LDADD = $(UNIT_LDADD)
endif

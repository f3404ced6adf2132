T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .t
T_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run.sh
AM_TESTS_ENVIRONMENT = AUS_TOP_SRCDIR='$(abs_top_srcdir)' AUS_TOP_BUILDDIR='$(abs_top_builddir)' \
	AUS_MPIRUN='$(MPIRUN)' CMOCKA_MESSAGE_OUTPUT=TAP AUS_CC='$(CC)' AUS_CFLAGS='$(AUS_CFLAGS)' \
	AUS_CPPFLAGS='$(AUS_TEST_CPPFLAGS)'; \
	export AUS_TOP_SRCDIR AUS_TOP_BUILDDIR AUS_MPIRUN CMOCKA_MESSAGE_OUTPUT AUS_CC AUS_CFLAGS AUS_CPPFLAGS; \
	. '$(abs_top_builddir)/tests/env.sh';

# How the product is compiled, for tests that compile something.
AUS_TEST_CPPFLAGS = $(DEFS) -I. $(AM_CPPFLAGS)

# Unit tests: one program per file, tests/unit/x.c -> tests/unit/x.t.
UNIT_LDADD = libauspex.a $(CMOCKA_LIBS) $(AUS_LIBS)
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests

EXTRA_DIST += tests/unit/check.h tests/lsan.supp tests/run.sh

include tests/unit/util.mk
include tests/unit/learn.mk
include tests/unit/design.mk
include tests/unit/par.mk
include tests/unit/store.mk
include tests/unit/engine.mk
include tests/unit/study.mk
include tests/unit/serverless.mk
include tests/unit/serverless_policies.mk
include tests/unit/gpuqueue.mk
include tests/unit/match.mk
include tests/mpi/local.mk
include tests/mpi/study.mk
include tests/long/local.mk
include tests/mpi/pub.mk
include tests/cli/local.mk
include tests/h5/local.mk
include tests/h5/study.mk
include tests/lint/local.mk
include tests/fuzz/local.mk
include tests/slurm/local.mk
include tests/bench/local.mk
include tests/bench/engine.mk
include tests/data/local.mk

# Longer than a "make check" should take: LONG_TESTS, through the same driver.
check-long: all
	$(MAKE) check TESTS='$(LONG_TESTS)'

if COVERAGE
coverage:
	$(MAKE) check
	@if command -v gcovr >/dev/null 2>&1; then \
	  gcovr -r '$(top_srcdir)' -f '$(abs_top_srcdir)/src/' --object-directory . -s; \
	else echo 'gcovr is missing: apt-get install gcovr' >&2; exit 1; fi
else
coverage:
	@echo 'configure with --enable-coverage first' >&2; exit 1
endif

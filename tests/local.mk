T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .t
AM_TESTS_ENVIRONMENT = AUS_TOP_SRCDIR='$(abs_top_srcdir)' AUS_TOP_BUILDDIR='$(abs_top_builddir)' \
	AUS_MPIRUN='$(MPIRUN)' CMOCKA_MESSAGE_OUTPUT=TAP; \
	export AUS_TOP_SRCDIR AUS_TOP_BUILDDIR AUS_MPIRUN CMOCKA_MESSAGE_OUTPUT; \
	. '$(abs_top_builddir)/tests/env.sh';

# Unit tests: one program per file, tests/unit/x.c -> tests/unit/x.t.
UNIT_LDADD = libauspex.a $(CMOCKA_LIBS) $(AUS_LIBS)
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests

EXTRA_DIST += tests/unit/check.h

include tests/unit/util.mk
include tests/unit/learn.mk
include tests/unit/design.mk
include tests/unit/par.mk
include tests/unit/store.mk
include tests/unit/engine.mk
include tests/unit/study.mk
include tests/unit/serverless.mk
include tests/mpi/local.mk
include tests/cli/local.mk
include tests/h5/local.mk
include tests/lint/local.mk
include tests/bench/local.mk
include tests/data/local.mk

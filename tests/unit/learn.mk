# unit tests of src/learn
EXTRA_DIST += tests/unit/shared.h tests/unit/plugins.h
if HAVE_CMOCKA
LEARN_TESTS = tests/unit/xgb.t tests/unit/blmvm.t tests/unit/gp.t
check_PROGRAMS += $(LEARN_TESTS)
TESTS += $(LEARN_TESTS)

tests_unit_xgb_t_SOURCES = tests/unit/xgb.c
tests_unit_xgb_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_xgb_t_LDADD = $(UNIT_LDADD)

tests_unit_blmvm_t_SOURCES = tests/unit/blmvm.c
tests_unit_blmvm_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_blmvm_t_LDADD = $(UNIT_LDADD)
tests_unit_gp_t_SOURCES = tests/unit/gp.c
tests_unit_gp_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gp_t_LDADD = $(UNIT_LDADD)
endif

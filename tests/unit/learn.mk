# unit tests of src/learn
EXTRA_DIST += tests/unit/shared.h
if HAVE_CMOCKA
LEARN_TESTS = tests/unit/xgb.t
check_PROGRAMS += $(LEARN_TESTS)
TESTS += $(LEARN_TESTS)

tests_unit_xgb_t_SOURCES = tests/unit/xgb.c
tests_unit_xgb_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_xgb_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of src/learn
EXTRA_DIST += tests/unit/shared.h tests/unit/plugins.h
if HAVE_CMOCKA
LEARN_TESTS = tests/unit/xgb.t tests/unit/blmvm.t tests/unit/gp.t tests/unit/learn_folds.t \
	tests/unit/learn_metrics.t tests/unit/learn_logistic.t tests/unit/learn_isotonic.t
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
tests_unit_learn_folds_t_SOURCES = tests/unit/learn_folds.c
tests_unit_learn_folds_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_learn_folds_t_LDADD = $(UNIT_LDADD)
tests_unit_learn_metrics_t_SOURCES = tests/unit/learn_metrics.c
tests_unit_learn_metrics_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_learn_metrics_t_LDADD = $(UNIT_LDADD)
tests_unit_learn_logistic_t_SOURCES = tests/unit/learn_logistic.c
tests_unit_learn_logistic_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_learn_logistic_t_LDADD = $(UNIT_LDADD)
tests_unit_learn_isotonic_t_SOURCES = tests/unit/learn_isotonic.c
tests_unit_learn_isotonic_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_learn_isotonic_t_LDADD = $(UNIT_LDADD)
endif

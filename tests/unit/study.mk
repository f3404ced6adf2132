# unit tests of src/study
if HAVE_CMOCKA
STUDY_TESTS = tests/unit/study_sensitivity.t tests/unit/study_trials.t tests/unit/study_outline.t \
	tests/unit/study_resume.t tests/unit/study_load.t
check_PROGRAMS += $(STUDY_TESTS)
TESTS += $(STUDY_TESTS)

tests_unit_study_sensitivity_t_SOURCES = tests/unit/study_sensitivity.c
tests_unit_study_sensitivity_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_study_sensitivity_t_LDADD = $(UNIT_LDADD)
tests_unit_study_load_t_SOURCES = tests/unit/study_load.c
tests_unit_study_load_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_study_load_t_LDADD = $(UNIT_LDADD)
tests_unit_study_resume_t_SOURCES = tests/unit/study_resume.c
tests_unit_study_resume_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_study_resume_t_LDADD = $(UNIT_LDADD)
tests_unit_study_outline_t_SOURCES = tests/unit/study_outline.c
tests_unit_study_outline_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_study_outline_t_LDADD = $(UNIT_LDADD)
tests_unit_study_trials_t_SOURCES = tests/unit/study_trials.c
tests_unit_study_trials_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_study_trials_t_LDADD = $(UNIT_LDADD)
endif

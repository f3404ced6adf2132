# unit tests of src/design
EXTRA_DIST += tests/bo_campaign.h tests/unit/bo_drive.h
if HAVE_CMOCKA
DESIGN_TESTS = tests/unit/space.t tests/unit/design.t tests/unit/sens.t tests/unit/acq.t tests/unit/bo.t tests/unit/bo_model.t \
	tests/unit/bo_propose.t tests/unit/bo_greedy.t
check_PROGRAMS += $(DESIGN_TESTS)
TESTS += $(DESIGN_TESTS)

tests_unit_space_t_SOURCES = tests/unit/space.c
tests_unit_space_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_space_t_LDADD = $(UNIT_LDADD)
tests_unit_design_t_SOURCES = tests/unit/design.c
tests_unit_design_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_design_t_LDADD = $(UNIT_LDADD)
tests_unit_sens_t_SOURCES = tests/unit/sens.c
tests_unit_sens_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sens_t_LDADD = $(UNIT_LDADD)
tests_unit_acq_t_SOURCES = tests/unit/acq.c
tests_unit_acq_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_acq_t_LDADD = $(UNIT_LDADD)
tests_unit_bo_t_SOURCES = tests/unit/bo.c
tests_unit_bo_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_bo_t_LDADD = $(UNIT_LDADD)
tests_unit_bo_model_t_SOURCES = tests/unit/bo_model.c
tests_unit_bo_model_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_bo_model_t_LDADD = $(UNIT_LDADD)
tests_unit_bo_greedy_t_SOURCES = tests/unit/bo_greedy.c
tests_unit_bo_greedy_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_bo_greedy_t_LDADD = $(UNIT_LDADD)
tests_unit_bo_propose_t_SOURCES = tests/unit/bo_propose.c
tests_unit_bo_propose_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_bo_propose_t_LDADD = $(UNIT_LDADD)
endif

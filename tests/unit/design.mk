# unit tests of src/design
EXTRA_DIST += 
if HAVE_CMOCKA
DESIGN_TESTS = tests/unit/space.t tests/unit/design.t tests/unit/sens.t
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
endif

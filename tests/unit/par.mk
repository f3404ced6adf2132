# unit tests of src/par
if HAVE_CMOCKA
PAR_TESTS = tests/unit/comm.t tests/unit/topo.t
check_PROGRAMS += $(PAR_TESTS)
TESTS += $(PAR_TESTS)

tests_unit_comm_t_SOURCES = tests/unit/comm.c
tests_unit_comm_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_comm_t_LDADD = $(UNIT_LDADD)
tests_unit_topo_t_SOURCES = tests/unit/topo.c
tests_unit_topo_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_topo_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of src/util
if HAVE_CMOCKA
UTIL_TESTS = tests/unit/err.t tests/unit/alloc.t tests/unit/buf.t
check_PROGRAMS += $(UTIL_TESTS)
TESTS += $(UTIL_TESTS)

tests_unit_err_t_SOURCES = tests/unit/err.c
tests_unit_err_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_err_t_LDADD = $(UNIT_LDADD)
tests_unit_alloc_t_SOURCES = tests/unit/alloc.c
tests_unit_alloc_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_alloc_t_LDADD = $(UNIT_LDADD)
tests_unit_buf_t_SOURCES = tests/unit/buf.c
tests_unit_buf_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_buf_t_LDADD = $(UNIT_LDADD)
endif

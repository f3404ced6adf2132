# unit tests of src/util
if HAVE_CMOCKA
UTIL_TESTS = tests/unit/err.t tests/unit/alloc.t tests/unit/buf.t tests/unit/sheet.t tests/unit/cfg.t \
	tests/unit/heap.t tests/unit/json.t tests/unit/opt.t tests/unit/sha256.t tests/unit/fault.t \
	tests/unit/stats.t tests/unit/file.t tests/unit/tz.t tests/unit/gzip.t
check_PROGRAMS += $(UTIL_TESTS)
TESTS += $(UTIL_TESTS)

tests_unit_err_t_SOURCES = tests/unit/err.c
tests_unit_err_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_err_t_LDADD = $(UNIT_LDADD)
tests_unit_alloc_t_SOURCES = tests/unit/alloc.c
tests_unit_alloc_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_alloc_t_LDADD = $(UNIT_LDADD)
tests_unit_sheet_t_SOURCES = tests/unit/sheet.c
tests_unit_sheet_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sheet_t_LDADD = $(UNIT_LDADD)
tests_unit_buf_t_SOURCES = tests/unit/buf.c
tests_unit_buf_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_buf_t_LDADD = $(UNIT_LDADD)
tests_unit_cfg_t_SOURCES = tests/unit/cfg.c
tests_unit_cfg_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cfg_t_LDADD = $(UNIT_LDADD)
tests_unit_json_t_SOURCES = tests/unit/json.c
tests_unit_json_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_json_t_LDADD = $(UNIT_LDADD)
tests_unit_opt_t_SOURCES = tests/unit/opt.c
tests_unit_opt_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_opt_t_LDADD = $(UNIT_LDADD)
tests_unit_sha256_t_SOURCES = tests/unit/sha256.c
tests_unit_sha256_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sha256_t_LDADD = $(UNIT_LDADD)
tests_unit_file_t_SOURCES = tests/unit/file.c
tests_unit_file_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_file_t_LDADD = $(UNIT_LDADD)
tests_unit_fault_t_SOURCES = tests/unit/fault.c
tests_unit_fault_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_fault_t_LDADD = $(UNIT_LDADD)
tests_unit_tz_t_SOURCES = tests/unit/tz.c
tests_unit_tz_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tz_t_LDADD = $(UNIT_LDADD)
tests_unit_gzip_t_SOURCES = tests/unit/gzip.c
tests_unit_gzip_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gzip_t_LDADD = $(UNIT_LDADD)
tests_unit_stats_t_SOURCES = tests/unit/stats.c
tests_unit_stats_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_stats_t_LDADD = $(UNIT_LDADD)
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/rng.t
TESTS += tests/unit/rng.t

tests_unit_rng_t_SOURCES = tests/unit/rng.c
tests_unit_rng_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rng_t_LDADD = $(UNIT_LDADD)
tests_unit_heap_t_SOURCES = tests/unit/heap.c
tests_unit_heap_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_heap_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of src/serverless: the simulator and what it reads
EXTRA_DIST += tests/scenario.h tests/unit/serverless_docs.h \
	tests/unit/serverless_random.h tests/unit/serverless_run.h
if HAVE_CMOCKA
SERVERLESS_TESTS = tests/unit/serverless_golden.t tests/unit/serverless_model.t \
	tests/unit/serverless_sim.t tests/unit/serverless_clean.t tests/unit/serverless_clean_random.t \
	tests/unit/serverless_mode.t
check_PROGRAMS += $(SERVERLESS_TESTS)
TESTS += $(SERVERLESS_TESTS)

tests_unit_serverless_golden_t_SOURCES = tests/unit/serverless_golden.c
tests_unit_serverless_golden_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_golden_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_model_t_SOURCES = tests/unit/serverless_model.c
tests_unit_serverless_model_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_model_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_sim_t_SOURCES = tests/unit/serverless_sim.c
tests_unit_serverless_sim_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_sim_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_clean_t_SOURCES = tests/unit/serverless_clean.c
tests_unit_serverless_clean_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_clean_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_clean_random_t_SOURCES = tests/unit/serverless_clean_random.c
tests_unit_serverless_clean_random_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_clean_random_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_mode_t_SOURCES = tests/unit/serverless_mode.c
tests_unit_serverless_mode_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_mode_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of the serverless area's samples, workloads and rows
EXTRA_DIST += tests/unit/serverless_types.h tests/unit/serverless_space.h
if HAVE_CMOCKA
SAMPLING_TESTS = tests/unit/serverless_grid.t tests/unit/serverless_space.t \
	tests/unit/serverless_workload.t tests/unit/serverless_dataset.t tests/unit/serverless_tune.t \
	tests/unit/serverless_minutes.t tests/unit/serverless_make.t tests/unit/serverless_study_workload.t \
	tests/unit/serverless_read.t tests/unit/serverless_study_partial.t \
	tests/unit/serverless_box.t tests/unit/serverless_draw.t
check_PROGRAMS += $(SAMPLING_TESTS)
TESTS += $(SAMPLING_TESTS)

tests_unit_serverless_grid_t_SOURCES = tests/unit/serverless_grid.c
tests_unit_serverless_grid_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_grid_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_space_t_SOURCES = tests/unit/serverless_space.c
tests_unit_serverless_space_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_space_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_workload_t_SOURCES = tests/unit/serverless_workload.c
tests_unit_serverless_workload_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_workload_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_dataset_t_SOURCES = tests/unit/serverless_dataset.c
tests_unit_serverless_dataset_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_dataset_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_study_partial_t_SOURCES = tests/unit/serverless_study_partial.c
tests_unit_serverless_study_partial_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_study_partial_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_read_t_SOURCES = tests/unit/serverless_read.c
tests_unit_serverless_read_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_read_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_tune_t_SOURCES = tests/unit/serverless_tune.c
tests_unit_serverless_tune_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_tune_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_minutes_t_SOURCES = tests/unit/serverless_minutes.c
tests_unit_serverless_minutes_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_minutes_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_make_t_SOURCES = tests/unit/serverless_make.c
tests_unit_serverless_make_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_make_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_study_workload_t_SOURCES = tests/unit/serverless_study_workload.c
tests_unit_serverless_study_workload_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_study_workload_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_box_t_SOURCES = tests/unit/serverless_box.c
tests_unit_serverless_box_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_box_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_draw_t_SOURCES = tests/unit/serverless_draw.c
tests_unit_serverless_draw_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_draw_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of the area match
EXTRA_DIST += tests/unit/match_stand.h tests/unit/match_stored.h tests/unit/match_pool.h
if HAVE_CMOCKA
# data
MATCH_DATA_TESTS = tests/unit/match_version.t tests/unit/match_data.t
check_PROGRAMS += $(MATCH_DATA_TESTS)
TESTS += $(MATCH_DATA_TESTS)
tests_unit_match_version_t_SOURCES = tests/unit/match_version.c
tests_unit_match_version_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_version_t_LDADD = $(UNIT_LDADD)
tests_unit_match_data_t_SOURCES = tests/unit/match_data.c
tests_unit_match_data_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_data_t_LDADD = $(UNIT_LDADD)
# models
MATCH_MODEL_TESTS = tests/unit/match_nb.t tests/unit/match_models.t tests/unit/match_bytes.t tests/unit/match_validation.t
check_PROGRAMS += $(MATCH_MODEL_TESTS)
TESTS += $(MATCH_MODEL_TESTS)
tests_unit_match_nb_t_SOURCES = tests/unit/match_nb.c
tests_unit_match_nb_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_nb_t_LDADD = $(UNIT_LDADD)
tests_unit_match_models_t_SOURCES = tests/unit/match_models.c
tests_unit_match_models_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_models_t_LDADD = $(UNIT_LDADD)
tests_unit_match_bytes_t_SOURCES = tests/unit/match_bytes.c
tests_unit_match_bytes_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_bytes_t_LDADD = $(UNIT_LDADD)
tests_unit_match_validation_t_SOURCES = tests/unit/match_validation.c
tests_unit_match_validation_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_validation_t_LDADD = $(UNIT_LDADD)
check_PROGRAMS += tests/long/match_folds.t
LONG_TESTS += tests/long/match_folds.t
tests_long_match_folds_t_SOURCES = tests/long/match_folds.c
tests_long_match_folds_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_long_match_folds_t_LDADD = $(UNIT_LDADD)
# one job
MATCH_JOB_TESTS = tests/unit/match_select.t tests/unit/match_fleet.t tests/unit/match_room.t tests/unit/match_queue.t
check_PROGRAMS += $(MATCH_JOB_TESTS)
TESTS += $(MATCH_JOB_TESTS)
tests_unit_match_select_t_SOURCES = tests/unit/match_select.c
tests_unit_match_select_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_select_t_LDADD = $(UNIT_LDADD)
tests_unit_match_fleet_t_SOURCES = tests/unit/match_fleet.c
tests_unit_match_fleet_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_fleet_t_LDADD = $(UNIT_LDADD)
tests_unit_match_room_t_SOURCES = tests/unit/match_room.c
tests_unit_match_room_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_room_t_LDADD = $(UNIT_LDADD)
tests_unit_match_queue_t_SOURCES = tests/unit/match_queue.c
tests_unit_match_queue_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_queue_t_LDADD = $(UNIT_LDADD)
# all jobs; data made up for them
MATCH_LADDER_TESTS = tests/unit/match_ladder.t tests/unit/match_assign.t tests/unit/match_experiments.t tests/unit/match_durations.t \
	tests/unit/match_generate.t tests/unit/match_invent.t
check_PROGRAMS += $(MATCH_LADDER_TESTS)
TESTS += $(MATCH_LADDER_TESTS)
tests_unit_match_ladder_t_SOURCES = tests/unit/match_ladder.c
tests_unit_match_ladder_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_ladder_t_LDADD = $(UNIT_LDADD)
tests_unit_match_assign_t_SOURCES = tests/unit/match_assign.c
tests_unit_match_assign_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_assign_t_LDADD = $(UNIT_LDADD)
tests_unit_match_experiments_t_SOURCES = tests/unit/match_experiments.c
tests_unit_match_experiments_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_experiments_t_LDADD = $(UNIT_LDADD)
tests_unit_match_durations_t_SOURCES = tests/unit/match_durations.c
tests_unit_match_durations_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_durations_t_LDADD = $(UNIT_LDADD)
tests_unit_match_generate_t_SOURCES = tests/unit/match_generate.c
tests_unit_match_generate_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_generate_t_LDADD = $(UNIT_LDADD)
tests_unit_match_invent_t_SOURCES = tests/unit/match_invent.c
tests_unit_match_invent_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_match_invent_t_LDADD = $(UNIT_LDADD)
endif

# unit tests of the area gpuqueue
if HAVE_CMOCKA
# traces
GPUQUEUE_TRACE_TESTS = tests/unit/gpuqueue_trace.t tests/unit/gpuqueue_synth.t
check_PROGRAMS += $(GPUQUEUE_TRACE_TESTS)
TESTS += $(GPUQUEUE_TRACE_TESTS)
tests_unit_gpuqueue_trace_t_SOURCES = tests/unit/gpuqueue_trace.c
tests_unit_gpuqueue_trace_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_trace_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_synth_t_SOURCES = tests/unit/gpuqueue_synth.c
tests_unit_gpuqueue_synth_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_synth_t_LDADD = $(UNIT_LDADD)

# the queue
EXTRA_DIST += tests/unit/gpuqueue_jobs.h tests/unit/gpuqueue_random.h
GPUQUEUE_SIM_TESTS = tests/unit/gpuqueue_sim.t tests/unit/gpuqueue_sim_golden.t \
	tests/unit/gpuqueue_sim_literal.t
check_PROGRAMS += $(GPUQUEUE_SIM_TESTS)
TESTS += $(GPUQUEUE_SIM_TESTS)
tests_unit_gpuqueue_sim_t_SOURCES = tests/unit/gpuqueue_sim.c
tests_unit_gpuqueue_sim_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_sim_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_sim_golden_t_SOURCES = tests/unit/gpuqueue_sim_golden.c
tests_unit_gpuqueue_sim_golden_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_sim_golden_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_sim_literal_t_SOURCES = tests/unit/gpuqueue_sim_literal.c
tests_unit_gpuqueue_sim_literal_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_sim_literal_t_LDADD = $(UNIT_LDADD)

# windows
EXTRA_DIST += tests/gpuqueue_ls6.h tests/unit/gpuqueue_stand.h
GPUQUEUE_WINDOW_TESTS = tests/unit/gpuqueue_walk.t tests/unit/gpuqueue_window.t \
	tests/unit/gpuqueue_offline.t tests/unit/gpuqueue_reference.t
check_PROGRAMS += $(GPUQUEUE_WINDOW_TESTS)
TESTS += $(GPUQUEUE_WINDOW_TESTS)
tests_unit_gpuqueue_walk_t_SOURCES = tests/unit/gpuqueue_walk.c
tests_unit_gpuqueue_walk_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_walk_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_window_t_SOURCES = tests/unit/gpuqueue_window.c
tests_unit_gpuqueue_window_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_window_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_offline_t_SOURCES = tests/unit/gpuqueue_offline.c
tests_unit_gpuqueue_offline_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_offline_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_reference_t_SOURCES = tests/unit/gpuqueue_reference.c
tests_unit_gpuqueue_reference_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_reference_t_LDADD = $(UNIT_LDADD)

# predictors
EXTRA_DIST += tests/unit/gpuqueue_open.h
GPUQUEUE_PREDICTOR_TESTS = tests/unit/gpuqueue_classes.t tests/unit/gpuqueue_predictor.t \
	tests/unit/gpuqueue_rolling.t tests/unit/gpuqueue_features.t tests/unit/gpuqueue_policy.t \
	tests/unit/gpuqueue_reward_log.t
check_PROGRAMS += $(GPUQUEUE_PREDICTOR_TESTS)
TESTS += $(GPUQUEUE_PREDICTOR_TESTS)
tests_unit_gpuqueue_classes_t_SOURCES = tests/unit/gpuqueue_classes.c
tests_unit_gpuqueue_classes_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_classes_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_predictor_t_SOURCES = tests/unit/gpuqueue_predictor.c
tests_unit_gpuqueue_predictor_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_predictor_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_rolling_t_SOURCES = tests/unit/gpuqueue_rolling.c
tests_unit_gpuqueue_rolling_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_rolling_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_features_t_SOURCES = tests/unit/gpuqueue_features.c
tests_unit_gpuqueue_features_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_features_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_policy_t_SOURCES = tests/unit/gpuqueue_policy.c
tests_unit_gpuqueue_policy_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_policy_t_LDADD = $(UNIT_LDADD)
tests_unit_gpuqueue_reward_log_t_SOURCES = tests/unit/gpuqueue_reward_log.c
tests_unit_gpuqueue_reward_log_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_gpuqueue_reward_log_t_LDADD = $(UNIT_LDADD)

endif

# traces: readers, filters, generator
libauspex_a_SOURCES += src/gpuqueue/trace.c src/gpuqueue/trace.h \
	src/gpuqueue/trace_read.c src/gpuqueue/trace_read.h \
	src/gpuqueue/trace_slurm.c src/gpuqueue/trace_swf.c src/gpuqueue/trace_philly.c \
	src/gpuqueue/limits.c src/gpuqueue/limits.h src/gpuqueue/synth.c src/gpuqueue/synth.h

# the queue: simulator and its metrics
libauspex_a_SOURCES += src/gpuqueue/sim.c src/gpuqueue/sim.h src/gpuqueue/sim_state.h \
	src/gpuqueue/sim_queue.c src/gpuqueue/sim_start.c src/gpuqueue/sim_backfill.c \
	src/gpuqueue/sim_users.c src/gpuqueue/sim_ticks.c src/gpuqueue/sim_events.c \
	src/gpuqueue/metrics.c src/gpuqueue/metrics.h

# windows: walks, probes, oracle
libauspex_a_SOURCES += src/gpuqueue/walk.c src/gpuqueue/walk.h src/gpuqueue/window.c \
	src/gpuqueue/window.h

# policies and what their results are worth
libauspex_a_SOURCES += src/gpuqueue/classes.c src/gpuqueue/classes.h \
	src/gpuqueue/curve.c src/gpuqueue/curve.h \
	src/gpuqueue/features.c src/gpuqueue/features.h \
	src/gpuqueue/model.c src/gpuqueue/model.h \
	src/gpuqueue/policy.c src/gpuqueue/policy.h \
	src/gpuqueue/policy_learn.c src/gpuqueue/policy_learn.h \
	src/gpuqueue/predictor.c src/gpuqueue/predictor.h src/gpuqueue/predictor_planned.c \
	src/gpuqueue/reward_log.c src/gpuqueue/reward_log.h \
	src/gpuqueue/rolling.c src/gpuqueue/rolling.h src/gpuqueue/rolling_search.c

# the joints to engine, store and command line
libauspex_a_SOURCES += src/gpuqueue/gpuqueue_cmd.c src/gpuqueue/gpuqueue_cmd.h \
	src/gpuqueue/gpuqueue_cmd_calibrate.c src/gpuqueue/gpuqueue_cmd_import.c \
	src/gpuqueue/gpuqueue_cmd_study.c \
	src/gpuqueue/gpuqueue_study.c src/gpuqueue/gpuqueue_study.h \
	src/gpuqueue/gpuqueue_study_outline.c src/gpuqueue/gpuqueue_study_publish.c \
	src/gpuqueue/gpuqueue_study_report.c \
	src/gpuqueue/gpuqueue_study_result.c src/gpuqueue/gpuqueue_study_result.h \
	src/gpuqueue/gpuqueue_study_setup.c src/gpuqueue/gpuqueue_study_setup.h \
	src/gpuqueue/gpuqueue_study_tables.c src/gpuqueue/gpuqueue_study_tables.h \
	src/gpuqueue/gpuqueue_study_tasks.c \
	src/gpuqueue/gpuqueue_study_trace.c src/gpuqueue/gpuqueue_study_trace.h \
	src/gpuqueue/gpuqueue_study_tracefile.c src/gpuqueue/gpuqueue_study_tracefile.h

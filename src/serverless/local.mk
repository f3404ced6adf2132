# the simulator and what it reads and writes
libauspex_a_SOURCES += src/serverless/model.h src/serverless/sim.h src/serverless/dataset.h \
	src/serverless/space.h src/serverless/kernel.h src/serverless/policies.h src/serverless/stores.h src/serverless/tables.h \
	src/serverless/model.c src/serverless/model_read.c src/serverless/model_trace.c \
	src/serverless/sim.c src/serverless/sim_proc.c src/serverless/sim_scale.c \
	src/serverless/sim_platform.c src/serverless/sim_state.c \
	src/serverless/sim_kpa.c src/serverless/sim_het.c src/serverless/sim_forecast.c \
	src/serverless/sim_policy.c src/serverless/sim_place.c src/serverless/sim_disk.c src/serverless/sim_order.c \
	src/serverless/sim_result.c src/serverless/sim_totals.c src/serverless/tables.c \
	src/serverless/clean.h src/serverless/sim_clean.c src/serverless/sim_clean_scale.c \
	src/serverless/sim_pull.c src/serverless/mode.h src/serverless/mode.c

# samples, workloads and rows of the serverless area
libauspex_a_SOURCES += src/serverless/grid.c src/serverless/space.c src/serverless/workload.c \
	src/serverless/dataset.c

# the joints to engine, store and command line
libauspex_a_SOURCES += \
	src/serverless/serverless_cmd.c src/serverless/serverless_cmd.h \
	src/serverless/serverless_study.c src/serverless/serverless_study.h \
	src/serverless/serverless_study_inputs.c src/serverless/serverless_study_inputs.h \
	src/serverless/serverless_study_setup.c src/serverless/serverless_study_setup.h \
	src/serverless/serverless_study_tables.c src/serverless/serverless_study_tables.h \
	src/serverless/serverless_study_tasks.c

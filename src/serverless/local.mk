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
libauspex_a_SOURCES += src/serverless/grid.c src/serverless/space.c \
	src/serverless/workload.c src/serverless/workload.h src/serverless/workload_make.c \
	src/serverless/workload_csv.c src/serverless/workload_csv.h \
	src/serverless/workload_parts.c src/serverless/workload_parts.h src/serverless/workload_read.c \
	src/serverless/dataset.c src/serverless/tune.c src/serverless/tune.h

# the joints to engine, store and command line
libauspex_a_SOURCES += \
	src/serverless/serverless_cmd.c src/serverless/serverless_cmd.h \
	src/serverless/serverless_study.c src/serverless/serverless_study.h \
	src/serverless/serverless_study_draw.c src/serverless/serverless_study_draw.h \
	src/serverless/serverless_cmd_data.c \
	src/serverless/serverless_study_read.c src/serverless/serverless_study_read.h \
	src/serverless/serverless_study_box.c src/serverless/serverless_study_box.h \
	src/serverless/serverless_study_inputs.c src/serverless/serverless_study_inputs.h \
	src/serverless/serverless_study_rows.c src/serverless/serverless_study_rows.h \
	src/serverless/serverless_study_sens.c src/serverless/serverless_study_sens.h \
	src/serverless/serverless_study_setup.c src/serverless/serverless_study_setup.h \
	src/serverless/serverless_study_tables.c src/serverless/serverless_study_tables.h \
	src/serverless/serverless_study_finetune.c src/serverless/serverless_study_optimize.c \
	src/serverless/serverless_study_outline.c src/serverless/serverless_study_outline.h \
	src/serverless/serverless_study_policy.c src/serverless/serverless_study_policy.h \
	src/serverless/serverless_study_publish.c src/serverless/serverless_study_report.c \
	src/serverless/serverless_study_stages.h src/serverless/serverless_study_tasks.c \
	src/serverless/serverless_study_tune.c src/serverless/serverless_study_validate.c \
	src/serverless/serverless_study_work.h \
	src/serverless/serverless_study_workload.c src/serverless/serverless_study_workload.h

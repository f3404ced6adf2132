# the simulator and what it reads and writes
libauspex_a_SOURCES += src/serverless/model.h src/serverless/sim.h src/serverless/dataset.h \
	src/serverless/space.h src/serverless/kernel.h src/serverless/stores.h src/serverless/tables.h \
	src/serverless/model.c src/serverless/model_read.c src/serverless/model_trace.c \
	src/serverless/sim.c src/serverless/sim_proc.c src/serverless/sim_scale.c \
	src/serverless/sim_platform.c src/serverless/sim_state.c \
	src/serverless/sim_policy.c src/serverless/sim_place.c src/serverless/sim_disk.c src/serverless/sim_order.c \
	src/serverless/sim_result.c src/serverless/sim_totals.c src/serverless/tables.c

# samples, workloads and rows of the serverless area
libauspex_a_SOURCES += src/serverless/grid.c src/serverless/space.c src/serverless/workload.c \
	src/serverless/dataset.c

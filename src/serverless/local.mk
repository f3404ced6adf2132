libauspex_a_SOURCES += src/serverless/model.h src/serverless/sim.h src/serverless/dataset.h \
	src/serverless/space.h

libauspex_a_SOURCES += \
	src/par/agree.c src/par/agree.h \
	src/par/comm.c src/par/comm.h \
	src/par/topo.c src/par/topo.h

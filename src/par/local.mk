libauspex_a_SOURCES += src/par/agree.h src/par/comm.h

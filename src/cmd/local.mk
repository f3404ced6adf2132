libauspex_a_SOURCES += src/cmd/run.c src/cmd/run.h

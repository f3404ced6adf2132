libauspex_a_SOURCES += src/cmd/config.c src/cmd/config.h src/cmd/run.c src/cmd/run.h \
	src/cmd/status.c src/cmd/status.h src/cmd/diff.c src/cmd/diff.h src/cmd/number.c src/cmd/number.h \
	src/cmd/replay.c src/cmd/replay.h src/cmd/verify.c src/cmd/verify.h src/cmd/export.c \
	src/cmd/export.h src/cmd/merge.c src/cmd/merge.h

libauspex_a_SOURCES += \
	src/util/alloc.c src/util/alloc.h \
	src/util/buf.c src/util/buf.h \
	src/util/clock.c src/util/clock.h \
	src/util/err.c src/util/err.h \
	src/util/file.c src/util/file.h \
	src/util/log.c src/util/log.h \
	src/util/cfg.h src/util/opt.h src/util/json.h src/util/rng.h src/util/heap.h \
	src/util/predict.h src/util/poll.h

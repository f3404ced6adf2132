libauspex_a_SOURCES += \
	src/util/alloc.c src/util/alloc.h \
	src/util/buf.c src/util/buf.h \
	src/util/civil.c src/util/civil.h \
	src/util/cfg.c src/util/cfg_read.c src/util/cfg.h src/util/cfg_tree.h \
	src/util/clock.c src/util/clock.h \
	src/util/err.c src/util/err.h \
	src/util/fault.c src/util/fault.h \
	src/util/file.c src/util/file.h \
	src/util/gzip.c src/util/gzip.h \
	src/util/heap.c src/util/heap.h \
	src/util/json.c src/util/json.h \
	src/util/log.c src/util/log.h \
	src/util/opt.c src/util/opt_args.c src/util/opt_text.c src/util/opt_words.c src/util/opt.h src/util/opt_range.h \
	src/util/proc.c src/util/proc.h \
	src/util/rng.c src/util/rng.h \
	src/util/sha256.c src/util/sha256.h \
	src/util/sheet.c src/util/sheet.h \
	src/util/stats.c src/util/stats.h \
	src/util/tz.c src/util/tz_rule.c src/util/tz.h src/util/tz_rule.h \
	src/util/predict.h src/util/poll.h

libauspex_a_SOURCES += \
	src/engine/blobs.c src/engine/blobs.h \
	src/engine/child.c src/engine/child.h \
	src/engine/crash.c src/engine/crash.h \
	src/engine/ctl.c src/engine/ctl.h \
	src/engine/engine.c src/engine/engine.h \
	src/engine/guard.c src/engine/guard.h \
	src/engine/hosts.c src/engine/hosts.h \
	src/engine/ledger.c src/engine/ledger.h \
	src/engine/median.c src/engine/median.h \
	src/engine/memory.c src/engine/memory.h \
	src/engine/progress.c src/engine/progress.h \
	src/engine/recall.c src/engine/recall.h \
	src/engine/sched.c src/engine/sched.h \
	src/engine/status.c src/engine/status.h \
	src/engine/task.c src/engine/task.h \
	src/engine/wire.c src/engine/wire.h \
	src/engine/work.c src/engine/work.h

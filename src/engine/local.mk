libauspex_a_SOURCES += src/engine/task.h src/engine/sched.h src/engine/work.h src/engine/engine.h

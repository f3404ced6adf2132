libauspex_a_SOURCES += \
	src/store/check.c src/store/check.h src/store/check_impl.h \
	src/store/check_objects.c src/store/check_run.c src/store/check_trials.c \
	src/store/csv.c src/store/csv.h \
	src/store/h5.c src/store/h5.h \
	src/store/journal.c src/store/journal.h \
	src/store/merge.c src/store/merge.h src/store/merge_impl.h \
	src/store/merge_objects.c \
	src/store/read.c src/store/read.h \
	src/store/same.c src/store/same.h src/store/same_impl.h \
	src/store/scan.c src/store/scan.h \
	src/store/rundir.c src/store/rundir.h \
	src/store/runlock.c src/store/runlock.h \
	src/store/shard.c src/store/shard.h \
	src/store/table.c src/store/table.h \
	src/store/plan.c src/store/plan.h \
	src/store/pub.c src/store/pub.h

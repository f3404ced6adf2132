libauspex_a_SOURCES += \
	src/study/campaigns.c src/study/campaigns.h \
	src/study/change.c src/study/change.h \
	src/study/command.c src/study/command.h \
	src/study/decisions.c src/study/decisions.h \
	src/study/dryrun.c src/study/dryrun.h \
	src/study/files.c src/study/files.h \
	src/study/help.c src/study/help.h \
	src/study/lastrun.c src/study/lastrun.h \
	src/study/load.c src/study/load.h \
	src/study/models.c src/study/models.h \
	src/study/output.c src/study/output.h \
	src/study/outline.c src/study/outline.h \
	src/study/provenance.c src/study/provenance.h \
	src/study/replay.c src/study/replay.h \
	src/study/resume.c src/study/resume.h \
	src/study/run.c src/study/run.h \
	src/study/runcmd.c src/study/runcmd.h \
	src/study/sensitivity.c src/study/sensitivity.h \
	src/study/session.h \
	src/study/study.c src/study/study.h \
	src/study/trials.c src/study/trials.h \
	src/study/verb.c src/study/verb.h

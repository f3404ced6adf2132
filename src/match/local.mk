# build results, training tables, clusters
libauspex_a_SOURCES += src/match/names.c src/match/names.h src/match/version.c src/match/version.h \
	src/match/data.h src/match/specs.c src/match/tables.c src/match/clusters.c \
	src/match/jobs.c src/match/jobs.h src/match/order.c \
	src/match/generate.c src/match/generate.h src/match/invent.c src/match/invent.h
# models: P(success) of a package
libauspex_a_SOURCES += src/match/model.c src/match/model.h src/match/model_blend.c src/match/model_blend.h \
	src/match/model_nb.c src/match/model_nb.h src/match/model_rows.c src/match/model_clusters.c \
	src/match/model_judge.c src/match/model_judge.h src/match/model_bytes.c src/match/model_bytes.h \
	src/match/validation.c src/match/validation.h src/match/ptable.c src/match/ptable.h
# one job: graphs, jobspecs, rules, queues
libauspex_a_SOURCES += src/match/expr.c src/match/expr.h src/match/select.c src/match/select.h \
	src/match/jobspec.c src/match/jobspec.h src/match/hosts.c src/match/hosts.h \
	src/match/fleet.c src/match/fleet.h src/match/fleet_impl.h src/match/fleet_satisfy.c \
	src/match/fleet_probe.c src/match/fleet_search.c src/match/fleet_explain.c \
	src/match/queue.c src/match/queue.h
# all jobs: the ladder, choices at its levels, the smaller experiments
libauspex_a_SOURCES += src/match/index.c src/match/index.h src/match/ladder.c src/match/ladder.h \
	src/match/counts.c src/match/counts.h src/match/assign.c src/match/assign.h src/match/assign_impl.h \
	src/match/view.c src/match/lammps.c src/match/lammps.h src/match/intervals.c src/match/intervals.h \
	src/match/builds.c src/match/builds.h src/match/durations.c src/match/durations.h \
	src/match/measured.c src/match/measured.h src/match/prices.c src/match/prices.h
# the joints to the study and the command line
libauspex_a_SOURCES += src/match/match_study.c src/match/match_study.h src/match/match_study_setup.c \
	src/match/match_study_setup.h src/match/match_study_climb.c src/match/match_study_json.c \
	src/match/match_study_json.h src/match/match_study_data.c src/match/match_study_data.h \
	src/match/match_study_tables.c src/match/match_study_tables.h src/match/match_study_train.c \
	src/match/match_study_levels.c src/match/match_study_small.c src/match/match_study_result.c \
	src/match/match_study_result.h src/match/match_study_publish.c src/match/match_study_report.c \
	src/match/match_study_outline.c src/match/match_cmd.h src/match/match_cmd_study.c \
	src/match/match_cmd_generate.c src/match/match_cmd_hall.c src/match/match_cmd_hall.h \
	src/match/match_cmd_answer.c src/match/match_cmd_answer.h src/match/match_cmd_job.c \
	src/match/match_cmd_submit.c src/match/match_cmd_session.c src/match/match_cmd_session.h \
	src/match/match_cmd_models.c src/match/match_cmd_models.h

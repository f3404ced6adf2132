# unit tests of src/engine
if HAVE_CMOCKA
ENGINE_TESTS = tests/unit/ctl.t tests/unit/median.t tests/unit/task.t tests/unit/sched.t \
	tests/unit/wire.t tests/unit/work.t tests/unit/engine.t tests/unit/recall.t tests/unit/status.t \
	tests/unit/engine_ctl.t tests/unit/crash.t tests/unit/guard.t tests/unit/child.t tests/unit/hosts.t \
	tests/unit/isolate.t
check_PROGRAMS += $(ENGINE_TESTS)
TESTS += $(ENGINE_TESTS)

tests_unit_ctl_t_SOURCES = tests/unit/ctl.c
tests_unit_ctl_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_t_LDADD = $(UNIT_LDADD)
tests_unit_engine_ctl_t_SOURCES = tests/unit/engine_ctl.c
tests_unit_engine_ctl_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_engine_ctl_t_LDADD = $(UNIT_LDADD)
tests_unit_median_t_SOURCES = tests/unit/median.c
tests_unit_median_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_median_t_LDADD = $(UNIT_LDADD)
tests_unit_task_t_SOURCES = tests/unit/task.c
tests_unit_task_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_task_t_LDADD = $(UNIT_LDADD)
tests_unit_sched_t_SOURCES = tests/unit/sched.c
tests_unit_sched_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sched_t_LDADD = $(UNIT_LDADD)
tests_unit_wire_t_SOURCES = tests/unit/wire.c
tests_unit_wire_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_wire_t_LDADD = $(UNIT_LDADD)
tests_unit_work_t_SOURCES = tests/unit/work.c
tests_unit_work_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_work_t_LDADD = $(UNIT_LDADD)
tests_unit_status_t_SOURCES = tests/unit/status.c
tests_unit_status_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_status_t_LDADD = $(UNIT_LDADD)
tests_unit_engine_t_SOURCES = tests/unit/engine.c
tests_unit_engine_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_engine_t_LDADD = $(UNIT_LDADD)
tests_unit_recall_t_SOURCES = tests/unit/recall.c
tests_unit_recall_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_recall_t_LDADD = $(UNIT_LDADD)
tests_unit_crash_t_SOURCES = tests/unit/crash.c
tests_unit_crash_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_crash_t_LDADD = $(UNIT_LDADD)
tests_unit_guard_t_SOURCES = tests/unit/guard.c
tests_unit_guard_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_guard_t_LDADD = $(UNIT_LDADD)
tests_unit_child_t_SOURCES = tests/unit/child.c
tests_unit_child_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_child_t_LDADD = $(UNIT_LDADD)
tests_unit_hosts_t_SOURCES = tests/unit/hosts.c
tests_unit_hosts_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_hosts_t_LDADD = $(UNIT_LDADD)
tests_unit_isolate_t_SOURCES = tests/unit/isolate.c
tests_unit_isolate_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_isolate_t_LDADD = $(UNIT_LDADD)
endif

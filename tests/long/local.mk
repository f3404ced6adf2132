# tests that take longer than make check should: make check-long; some are those of make check with all
# cases (AUS_LONG)
LONG_CASES = tests/long/same_bytes.t tests/long/signals.t tests/long/faults.t tests/long/cli_resume.t \
	tests/long/cli_stages.t tests/long/engine.t tests/long/pub.t tests/long/pub_ompio.t \
	tests/long/requeue.t tests/long/greedy.t
LONG_TESTS += $(LONG_CASES) tests/long/quick_same.t tests/long/real.t tests/long/kill.t tests/long/valgrind.t tests/long/gpuqueue_ls6.t tests/long/match_study.t tests/long/match_ranks.t
EXTRA_DIST += $(LONG_CASES) tests/valgrind.supp tests/long/valgrind.t tests/long/quick_same.t tests/long/real.t \
	tests/long/real_stages.py tests/long/kill.t tests/long/gpuqueue_ls6.t tests/long/match_study.t tests/long/match_ranks.t

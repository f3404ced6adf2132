# tests that take longer than make check should: make check-long
LONG_TESTS += tests/long/quick_same.t tests/long/real.t tests/long/kill.t tests/long/valgrind.t
EXTRA_DIST += tests/valgrind.supp tests/long/valgrind.t tests/long/quick_same.t tests/long/real.t tests/long/real_stages.py tests/long/kill.t

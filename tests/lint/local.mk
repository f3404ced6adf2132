# Checks of the sources themselves; each skips with a reason when its tool is missing.
LINT_TESTS = tests/lint/layers.t tests/lint/headers.t tests/lint/symbols.t tests/lint/format.t \
	tests/lint/paths.t tests/lint/docs.t tests/lint/shell.t
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) tests/tap.sh tests/lint/layers.awk tests/lint/analyse.sh

lint: all
	@status=0; $(MAKE) check TESTS='$(LINT_TESTS)' || status=1; \
	AUS_CC='$(CC)' AUS_CFLAGS='$(AUS_CFLAGS)' AUS_CPPFLAGS='$(AUS_TEST_CPPFLAGS)' \
	  $(SHELL) '$(top_srcdir)/tests/lint/analyse.sh' '$(top_srcdir)' || status=1; exit $$status

format:
	cd '$(top_srcdir)' && { command -v clang-format-14 >/dev/null || \
	  { echo 'clang-format-14 is missing: apt-get install clang-format-14' >&2; exit 1; }; } && \
	  find src tests -name '*.[ch]' -exec clang-format-14 -i {} +

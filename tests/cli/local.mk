# tests of the program itself
CLI_TESTS = tests/cli/help.t tests/cli/simulate.t tests/cli/sample.t tests/cli/dataset.t \
	tests/cli/bad.t tests/cli/run.t tests/cli/resume.t tests/cli/stages.t tests/cli/status.t tests/cli/config.t \
	tests/cli/diff.t tests/cli/dryrun.t tests/cli/verify.t tests/cli/export.t tests/cli/merge.t
TESTS += $(CLI_TESTS)
EXTRA_DIST += $(CLI_TESTS) tests/golden/compare.py tests/cli/bad
TESTS += tests/cli/gpuqueue_simulate.t
TESTS += tests/cli/match.t tests/cli/match_names.t tests/cli/match_study.t
EXTRA_DIST += tests/cli/match.t tests/cli/match_names.t tests/cli/match_study.t tests/cli/match_again.py
EXTRA_DIST += tests/cli/gpuqueue_simulate.t
TESTS += tests/cli/gpuqueue_import.t
EXTRA_DIST += tests/cli/gpuqueue_import.t
TESTS += tests/cli/gpuqueue_study.t
EXTRA_DIST += tests/cli/gpuqueue_study.t

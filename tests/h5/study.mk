# a published study as h5py sees it
TESTS += tests/h5/study.t
EXTRA_DIST += tests/h5/study.t tests/h5/check_study.py

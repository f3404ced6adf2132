# tests/h5: h5py looks at our files; same.py compares two of them
TESTS += tests/h5/run.t
EXTRA_DIST += tests/h5/run.t tests/h5/same.py tests/h5/test_pub.py tests/h5/test_same.py

# a published study as h5py sees it
TESTS += tests/h5/study.t
EXTRA_DIST += tests/h5/study.t tests/h5/check_study.py tests/h5/check_stages.py tests/h5/check_gpuqueue.py tests/h5/check_match.py

# sensitivity indices, read with HDF5's own library
TESTS += tests/h5/sensitivity.t
EXTRA_DIST += tests/h5/sensitivity.t
check_PROGRAMS += tests/h5/t_sensitivity
tests_h5_t_sensitivity_SOURCES = tests/h5/t_sensitivity.c
tests_h5_t_sensitivity_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_h5_t_sensitivity_LDADD = libauspex.a $(AUS_LIBS)

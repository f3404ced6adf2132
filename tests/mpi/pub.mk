# publication at several numbers of ranks
TESTS += tests/mpi/pub.t tests/mpi/pub_full.t tests/mpi/pub_ompio.t
EXTRA_DIST += tests/mpi/pub.t tests/mpi/pub_full.t tests/mpi/pub_ompio.t
check_PROGRAMS += tests/mpi/t_pub

tests_mpi_t_pub_SOURCES = tests/mpi/t_pub.c
tests_mpi_t_pub_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_mpi_t_pub_LDADD = libauspex.a $(AUS_LIBS)

# tests/mpi: programs that run under mpirun at several numbers of ranks
MPI_TESTS = tests/mpi/agree.t tests/mpi/comm.t tests/mpi/engine.t tests/mpi/lost.t tests/mpi/petsc.t
TESTS += $(MPI_TESTS)
EXTRA_DIST += $(MPI_TESTS) tests/mpi/ranks.sh tests/mpi/check.h
check_PROGRAMS += tests/mpi/t_agree tests/mpi/t_comm tests/mpi/t_engine tests/mpi/t_lost tests/mpi/t_petsc

MPI_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
MPI_LDADD = libauspex.a $(AUS_LIBS)

tests_mpi_t_agree_SOURCES = tests/mpi/t_agree.c
tests_mpi_t_agree_CPPFLAGS = $(MPI_CPPFLAGS)
tests_mpi_t_agree_LDADD = $(MPI_LDADD)
tests_mpi_t_comm_SOURCES = tests/mpi/t_comm.c
tests_mpi_t_comm_CPPFLAGS = $(MPI_CPPFLAGS)
tests_mpi_t_comm_LDADD = $(MPI_LDADD)
tests_mpi_t_engine_SOURCES = tests/mpi/t_engine.c
tests_mpi_t_engine_CPPFLAGS = $(MPI_CPPFLAGS)
tests_mpi_t_engine_LDADD = $(MPI_LDADD)
tests_mpi_t_lost_SOURCES = tests/mpi/t_lost.c
tests_mpi_t_lost_CPPFLAGS = $(MPI_CPPFLAGS)
tests_mpi_t_lost_LDADD = $(MPI_LDADD)
tests_mpi_t_petsc_SOURCES = tests/mpi/t_petsc.c
tests_mpi_t_petsc_CPPFLAGS = $(MPI_CPPFLAGS)
tests_mpi_t_petsc_LDADD = $(MPI_LDADD)

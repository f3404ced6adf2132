# AUS_MPI_WRAPPER: choose mpicc as CC unless the user set CC. Must run before AC_PROG_CC.
AC_DEFUN([AUS_MPI_WRAPPER],
[AS_IF([test "x$CC" = x],
  [AC_CHECK_PROGS([MPICC], [mpicc], [no])
   AS_IF([test "x$MPICC" = xno],
     [AC_MSG_ERROR([mpicc not found; install openmpi-bin and libopenmpi-dev])])
   CC=$MPICC])])

# AUS_MPI: CC must link MPI; mpirun is needed by the tests only.
AC_DEFUN([AUS_MPI],
[AC_CHECK_FUNC([MPI_Init_thread], [],
  [AC_MSG_ERROR([CC=$CC does not link MPI; install libopenmpi-dev and use CC=mpicc])])
AC_ARG_VAR([MPIRUN], [launcher of the tests])
AC_PATH_PROGS([MPIRUN], [mpirun mpiexec], [no])])

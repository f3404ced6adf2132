# AUS_HDF5_PARALLEL: the HDF5 library that was found must be an MPI build.
AC_DEFUN([AUS_HDF5_PARALLEL],
[aus_save_LIBS=$LIBS
LIBS="$HDF5_LIBS $LIBS"
AC_CHECK_FUNC([H5Pset_fapl_mpio], [],
  [AC_MSG_ERROR([this HDF5 was built without MPI; on Debian: apt-get install libhdf5-openmpi-dev])])
LIBS=$aus_save_LIBS])

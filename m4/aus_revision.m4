# AUS_REVISION: the git revision of the tree, for /provenance and "make bench"; "release" outside a checkout.
AC_DEFUN([AUS_REVISION],
[aus_revision=`git -C "$srcdir" describe --always --dirty 2>/dev/null || echo release`
AC_DEFINE_UNQUOTED([AUS_GIT_REVISION], ["$aus_revision"], [git revision at configure time])
AC_DEFINE_UNQUOTED([AUS_COMPILER], ["`$CC --version 2>/dev/null | sed 1q`"], [compiler])
AC_DEFINE_UNQUOTED([AUS_COMPILER_FLAGS], ["$CFLAGS"], [optimisation flags])])

# AUS_SUMMARY: what configure decided.
AC_DEFUN([AUS_SUMMARY],
[aus_v_hdf5_openmpi=`$PKG_CONFIG --modversion hdf5-openmpi`
aus_v_petsc=`$PKG_CONFIG --modversion petsc`
aus_v_xgboost=`$PKG_CONFIG --modversion xgboost`
aus_v_gsl=`$PKG_CONFIG --modversion gsl`
AC_MSG_NOTICE([
  auspex $PACKAGE_VERSION ($aus_revision)
  compiler    $CC
  flags       $CFLAGS
  MPI run     $MPIRUN
  HDF5        $aus_v_hdf5_openmpi
  PETSc       $aus_v_petsc
  XGBoost     $aus_v_xgboost
  GSL         $aus_v_gsl
  sanitizers  $enable_sanitize
  unit tests  $aus_have_CMOCKA
])])

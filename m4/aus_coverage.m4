# AUS_COVERAGE: --enable-coverage adds gcov instrumentation ("make coverage" reports it).
AC_DEFUN([AUS_COVERAGE],
[AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [instrument for gcov])],
  [], [enable_coverage=no])
AS_IF([test "x$enable_coverage" = xyes], [AUS_SANITIZE_FLAGS="$AUS_SANITIZE_FLAGS --coverage"])
AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" = xyes])])

# AUS_SANITIZE: --enable-sanitize[=LIST], by default address,undefined.
AC_DEFUN([AUS_SANITIZE],
[AC_ARG_ENABLE([sanitize], [AS_HELP_STRING([--enable-sanitize@<:@=LIST@:>@], [build with sanitizers (address,undefined)])],
  [], [enable_sanitize=no])
AS_IF([test "x$enable_sanitize" = xyes], [enable_sanitize=address,undefined])
aus_sanitize=
AS_IF([test "x$enable_sanitize" != xno],
  [aus_sanitize="-fsanitize=$enable_sanitize -fno-sanitize-recover=all -fno-omit-frame-pointer"
   # _FORTIFY_SOURCE (from PETSc's module) hides errors from the address sanitizer.
   aus_sanitize="$aus_sanitize -U_FORTIFY_SOURCE"
   AC_DEFINE([AUS_SANITIZED], [1], [built with sanitizers])])
AC_SUBST([AUS_SANITIZE_FLAGS], [$aus_sanitize])
AM_CONDITIONAL([SANITIZED], [test "x$enable_sanitize" != xno])])

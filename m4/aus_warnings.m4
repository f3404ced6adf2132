# AUS_WARNINGS: language level, warnings, no contraction of floating-point expressions.
AC_DEFUN([AUS_WARNINGS],
[AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors (developers)])],
  [], [enable_werror=no])
AUS_CFLAGS="-std=c17 -ffp-contract=off -fno-common -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wdouble-promotion -Wswitch-enum"
AS_IF([test "x$enable_werror" = xyes], [AUS_CFLAGS="$AUS_CFLAGS -Werror"])
AC_SUBST([AUS_CFLAGS])
# Loops with a known profit only; clang has no such choice.
AC_CACHE_CHECK([whether the compiler takes -fvect-cost-model=dynamic], [aus_cv_vector],
  [aus_save=$CFLAGS; CFLAGS="$CFLAGS -Werror -fvect-cost-model=dynamic"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [aus_cv_vector=yes], [aus_cv_vector=no])
   CFLAGS=$aus_save])
AUS_VECTOR_CFLAGS=-ftree-vectorize
AS_IF([test "x$aus_cv_vector" = xyes], [AUS_VECTOR_CFLAGS="$AUS_VECTOR_CFLAGS -fvect-cost-model=dynamic"])
AC_SUBST([AUS_VECTOR_CFLAGS])])

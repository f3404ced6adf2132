# AUS_WARNINGS: language level, warnings, no contraction of floating-point expressions.
AC_DEFUN([AUS_WARNINGS],
[AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors (developers)])],
  [], [enable_werror=no])
AUS_CFLAGS="-std=c17 -ffp-contract=off -fno-common -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wdouble-promotion -Wswitch-enum"
AS_IF([test "x$enable_werror" = xyes], [AUS_CFLAGS="$AUS_CFLAGS -Werror"])
AC_SUBST([AUS_CFLAGS])])

# AUS_PKG(VAR, MODULES, DEBIAN-PACKAGE): a required library, found by pkg-config.
AC_DEFUN([AUS_PKG],
[PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([pkg-config does not find "$2"; on Debian: apt-get install $3])])])

# AUS_PKG_TESTS(VAR, MODULES, DEBIAN-PACKAGE): needed by the unit tests only.
AC_DEFUN([AUS_PKG_TESTS],
[PKG_CHECK_MODULES([$1], [$2], [aus_have_[]$1=yes],
  [aus_have_[]$1=no
   AC_MSG_WARN([pkg-config does not find "$2"; unit tests are left out (apt-get install $3)])])
AM_CONDITIONAL([HAVE_$1], [test "x$aus_have_[]$1" = xyes])])

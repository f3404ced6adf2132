/* check.h - cmocka with the headers it needs, and checks for our error codes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_CHECK_H
#define AUS_TESTS_UNIT_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "util/err.h"

/* The call succeeds, or its message is shown. */
#define check_ok(call, err)                                                          \
  do {                                                                               \
    aus_err_clear(err);                                                              \
    if ((call) != AUS_OK) fail_msg("%s: %s (%s)", #call, (err)->text, (err)->where); \
  } while (0)

/* The call fails with this code and a text that contains `part`. */
#define check_fails(call, want, part, err)                                     \
  do {                                                                         \
    aus_err_clear(err);                                                        \
    assert_int_equal((call), (want));                                          \
    assert_int_equal((err)->code, (want));                                     \
    if (!strstr((err)->text, (part)))                                          \
      fail_msg("%s: message \"%s\" lacks \"%s\"", #call, (err)->text, (part)); \
  } while (0)

/* |a - b| <= tol x max(1, |b|) */
#define check_near(a, b, tol)                                                   \
  do {                                                                          \
    double a_ = (a), b_ = (b), t_ = (tol)*fmax(1.0, fabs(b_));                  \
    if (!(fabs(a_ - b_) <= t_)) fail_msg("%s = %.17g, want %.17g", #a, a_, b_); \
  } while (0)

#endif

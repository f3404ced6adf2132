/* cmd/number.c - numbers among the options of a command line.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static const char *last(const aus_args *args, const char *name)
{
  return aus_args_value(args, name, aus_args_given(args, name) - 1);
}

int aus_number_int(const aus_args *args, const char *name, int64_t lo, int64_t hi, int64_t *out,
                   aus_err *err)
{
  int rc = AUS_OK;
  const char *text = last(args, name);
  char *end;
  long long x;

  if (!text) goto done;
  errno = 0;
  x = strtoll(text, &end, 10);
  if (isspace((unsigned char)text[0]) || end == text || *end || errno != 0 || x < lo || x > hi)
    AUS_FAIL(err, AUS_ECONFIG, "--%s %s: need a whole number from %" PRId64 " to %" PRId64, name,
             text, lo, hi);
  *out = x;
done:
  return rc;
}

int aus_number_real(const aus_args *args, const char *name, double lo, double hi, double *out,
                    aus_err *err)
{
  int rc = AUS_OK;
  const char *text = last(args, name);
  char *end;
  double x;

  if (!text) goto done;
  x = strtod(text, &end);
  if (isspace((unsigned char)text[0]) || end == text || *end || !(x >= lo && x <= hi))
    AUS_FAIL(err, AUS_ECONFIG, "--%s %s: need a number from %g to %g", name, text, lo, hi);
  *out = x;
done:
  return rc;
}

/* err.c - the one error type.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/err.h"

#include <stdio.h>
#include <string.h>

void aus_err_clear(aus_err *err)
{
  *err = (aus_err){.code = AUS_OK, .rank = -1};
}

int aus_fail_v(aus_err *err, int code, const char *where, const char *format, va_list ap)
{
  const char *name;

  if (!err || err->code != AUS_OK) return code;
  aus_err_clear(err);
  err->code = code;
  name = strstr(where, "src/");
  snprintf(err->where, sizeof err->where, "%s", name ? name : where);
  vsnprintf(err->text, sizeof err->text, format, ap);
  return code;
}

int aus_fail(aus_err *err, int code, const char *where, const char *format, ...)
{
  va_list ap;

  va_start(ap, format);
  aus_fail_v(err, code, where, format, ap);
  va_end(ap);
  return code;
}

void aus_err_prepend(aus_err *err, const char *format, ...)
{
  char old[sizeof err->text];
  size_t n;
  va_list ap;

  if (!err || err->code == AUS_OK) return;
  memcpy(old, err->text, sizeof old);
  va_start(ap, format);
  vsnprintf(err->text, sizeof err->text, format, ap);
  va_end(ap);
  n = strlen(err->text);
  snprintf(err->text + n, sizeof err->text - n, "%s", old);
}

const char *aus_code_name(int code)
{
  static const char *const names[] = {"OK",      "ENOMEM",   "EINVAL",  "ECONFIG", "EIO",
                                      "EFORMAT", "ENUMERIC", "EMPI",    "EDEP",    "ECANCEL",
                                      "EBUG",    "EBUSY",    "ERESUME", "EDIFF"};

  if (code > 0 || code < AUS_EDIFF) return "unknown";
  return names[-code];
}

int aus_code_exit(int code)
{
  switch ((aus_code)code) {
  case AUS_OK:
    return 0;
  case AUS_EINVAL:
  case AUS_ECONFIG:
    return 2;
  case AUS_EFORMAT:
    return 3;
  case AUS_EIO:
    return 4;
  case AUS_ENUMERIC:
    return 5;
  case AUS_ERESUME:
    return 6;
  case AUS_EDIFF:
    return 1;
  case AUS_EBUSY:
    return 7;
  case AUS_EMPI:
    return 8;
  case AUS_ECANCEL:
    return 75;
  case AUS_ENOMEM:
  case AUS_EDEP:
  case AUS_EBUG:
    break;
  }
  return 70;
}

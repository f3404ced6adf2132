/* tz.c - fuzz: zone files of the tz database.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Offsets of a zone that was taken are in range at any time, and a civil time that exists is found again.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "util/tz.h"

static void check_time(const aus_tz *tz, int64_t t_s)
{
  int64_t offset_s = aus_tz_offset(tz, t_s), back_s;

  fuzz_check(offset_s >= -26 * 3600 && offset_s <= 26 * 3600);
  back_s = aus_tz_utc(tz, t_s + offset_s);
  fuzz_check(llabs(back_s - t_s) <= 52 * 3600);
  fuzz_check(aus_tz_utc_from(tz, t_s + offset_s, INT64_MIN) == back_s);
}

FUZZ_TARGET(tz)
{
  static const int64_t far[] = {INT64_MIN, INT64_MIN / 2, INT64_MAX / 2, INT64_MAX};
  aus_tz *tz = NULL;
  aus_err err = {0};
  int64_t t_s, k;

  if (fuzz_took(aus_tz_parse(&tz, "zone", data, n, &err), &err, AUS_EFORMAT)) {
    for (t_s = INT64_C(-5000000000); t_s < INT64_C(9000000000); t_s += 86400 * 97 + 3571)
      check_time(tz, t_s);
    for (k = 0; k < 4; k++)
      fuzz_check(llabs(aus_tz_offset(tz, far[k])) <= 26 * 3600);
    (void)aus_tz_utc(tz, INT64_MAX);
    (void)aus_tz_utc(tz, INT64_MIN);
  }
  aus_tz_destroy(tz);
}

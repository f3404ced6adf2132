/* civil.h - days of the Gregorian calendar as numbers, day 0 being 1970-01-01.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times with hours and seconds are in tz.h.
 */
#ifndef AUS_UTIL_CIVIL_H
#define AUS_UTIL_CIVIL_H

#include <stdint.h>

/** Number of a day; month 1..12. Local. */
int64_t aus_civil_day(int64_t year, int month, int day);

/** Number of days of a month. Local. */
int aus_civil_days_in(int64_t year, int month);

/** Year, month and day of a time in seconds. Local. */
void aus_civil_date(int64_t t_s, int64_t *year, int *month, int *day);
int64_t aus_civil_year(int64_t t_s);

#endif

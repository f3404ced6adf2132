/* civil.c - the Gregorian calendar.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/civil.h"

#include "util/tz.h"

#include <inttypes.h>

enum { DAY_S = 86400, DAYS_400 = 146097 };

/* A year that begins in March ends with the odd month: a month's first day is then a linear function. */
int64_t aus_civil_day(int64_t year, int month, int day)
{
  int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

  return era * DAYS_400 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int aus_civil_days_in(int64_t year, int month)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  return days[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
}

static int64_t day_of(int64_t t_s)
{
  return (t_s - (t_s % DAY_S + DAY_S) % DAY_S) / DAY_S;
}

void aus_civil_date(int64_t t_s, int64_t *year, int *month, int *day)
{
  int64_t z = day_of(t_s) + 719468, era = (z >= 0 ? z : z - DAYS_400 + 1) / DAYS_400;
  int64_t of_era = z - era * DAYS_400;
  int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_400 - 1)) / 365;
  int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

  *day = (int)(of_year - (153 * m + 2) / 5 + 1);
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = y + era * 400 + (*month <= 2);
}

int64_t aus_civil_year(int64_t t_s)
{
  int64_t year;
  int month, day;

  aus_civil_date(t_s, &year, &month, &day);
  return year;
}

int64_t aus_civil_s(int64_t year, int month, int day, int hour, int minute, int second)
{
  return aus_civil_day(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
}

static int digits(const char *p, int n)
{
  int i, x = 0;

  for (i = 0; i < n; i++) {
    if (p[i] < '0' || p[i] > '9') return -1;
    x = 10 * x + (p[i] - '0');
  }
  return x;
}

bool aus_civil_parse(const char *p, size_t n, int64_t *t_s)
{
  int year, month, day, hour = 0, minute = 0, second = 0;

  if (n != 10 && n != 16 && n != 19) return false;
  year = digits(p, 4);
  month = digits(p + 5, 2);
  day = digits(p + 8, 2);
  if (year < 0 || p[4] != '-' || p[7] != '-' || month < 1 || month > 12) return false;
  if (day < 1 || day > aus_civil_days_in(year, month)) return false;
  if (n > 10) {
    hour = digits(p + 11, 2);
    minute = digits(p + 14, 2);
    if ((p[10] != 'T' && p[10] != ' ') || p[13] != ':') return false;
  }
  if (n > 16) {
    if (p[16] != ':') return false;
    second = digits(p + 17, 2);
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  *t_s = aus_civil_s(year, month, day, hour, minute, second);
  return true;
}

void aus_civil_print(int64_t t_s, char sep, aus_buf *out)
{
  int64_t year, s = (t_s % DAY_S + DAY_S) % DAY_S;
  int month, day;

  aus_civil_date(t_s, &year, &month, &day);
  aus_buf_printf(out, "%04" PRId64 "-%02d-%02d%c%02d:%02d:%02d", year, month, day, sep,
                 (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

/* tz_rule.c - the rule at the end of a zone's file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/tz_rule.h"

#include "util/civil.h"
#include "util/tz.h"

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

typedef struct text {
  const char *p, *end;
} text;

static bool take(text *t, char c)
{
  if (t->p == t->end || *t->p != c) return false;
  t->p++;
  return true;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool number(text *t, int lo, int hi, int *x)
{
  const char *begin = t->p;

  *x = 0;
  while (t->p < t->end && is_digit(*t->p) && t->p - begin < 4)
    *x = 10 * *x + (*t->p++ - '0');
  return t->p > begin && *x >= lo && *x <= hi;
}

/* "CST" or "<+0330>". */
static bool name(text *t)
{
  const char *begin = t->p;

  if (take(t, '<')) {
    while (t->p < t->end && *t->p != '>')
      t->p++;
    return take(t, '>') && t->p - begin >= 5;
  }
  while (t->p < t->end && ((*t->p >= 'a' && *t->p <= 'z') || (*t->p >= 'A' && *t->p <= 'Z')))
    t->p++;
  return t->p - begin >= 3;
}

/* [+-]h[:m[:s]] */
static bool span(text *t, int max_hours, int *x_s)
{
  int sign = take(t, '-') ? -1 : 1, h, m = 0, s = 0;

  if (sign > 0) (void)take(t, '+');
  if (!number(t, 0, max_hours, &h)) return false;
  if (take(t, ':')) {
    if (!number(t, 0, 59, &m)) return false;
    if (take(t, ':') && !number(t, 0, 59, &s)) return false;
  }
  *x_s = sign * (h * HOUR_S + m * MINUTE_S + s);
  return true;
}

static bool change(text *t, aus_tz_change *c)
{
  bool ok;

  *c = (aus_tz_change){.kind = '0', .time_s = 2 * HOUR_S};
  if (!take(t, ',')) return false;
  if (take(t, 'M')) {
    c->kind = 'M';
    ok = number(t, 1, 12, &c->month) && take(t, '.') && number(t, 1, 5, &c->week) && take(t, '.') &&
         number(t, 0, 6, &c->day);
  } else if (take(t, 'J')) {
    c->kind = 'J';
    ok = number(t, 1, 365, &c->day);
  } else {
    ok = number(t, 0, 365, &c->day);
  }
  if (ok && take(t, '/')) ok = span(t, 167, &c->time_s);
  return ok;
}

bool aus_tz_rule_parse(aus_tz_rule *rule, const char *bytes, size_t n)
{
  text t = {bytes, bytes + n};
  int west_s;

  *rule = (aus_tz_rule){0};
  if (n == 0) return true;
  if (!name(&t) || !span(&t, 24, &west_s)) return false;
  rule->given = true;
  rule->standard_s = -west_s;
  if (t.p == t.end) return true;
  rule->has_summer = true;
  rule->summer_s = rule->standard_s + HOUR_S;
  if (!name(&t)) return false;
  if (t.p < t.end && *t.p != ',') {
    if (!span(&t, 24, &west_s)) return false;
    rule->summer_s = -west_s;
  }
  return change(&t, &rule->begin) && change(&t, &rule->end) && t.p == t.end;
}

/* Local time of a change in a year, as if it were UTC. */
static int64_t change_s(const aus_tz_change *c, int64_t year)
{
  int64_t first = aus_civil_day(year, 1, 1), day;

  if (c->kind == 'M') {
    int64_t month = aus_civil_day(year, c->month, 1);

    /* 1970-01-01 was a Thursday. */
    day = month + (c->day - (month + 4) % 7 + 14) % 7 + 7 * (c->week - 1);
    if (day - month >= aus_civil_days_in(year, c->month)) day -= 7;
  } else if (c->kind == 'J') {
    day = first + c->day - 1 + (c->day > 59 && aus_civil_days_in(year, 2) == 29);
  } else {
    day = first + c->day;
  }
  return day * DAY_S + c->time_s;
}

int32_t aus_tz_rule_offset(const aus_tz_rule *rule, int64_t t_utc_s)
{
  int64_t begin_s, end_s, year;
  bool summer;

  if (!rule->has_summer) return rule->standard_s;
  year = aus_civil_year(t_utc_s + rule->standard_s);
  begin_s = change_s(&rule->begin, year) - rule->standard_s;
  end_s = change_s(&rule->end, year) - rule->summer_s;
  summer = begin_s < end_s ? t_utc_s >= begin_s && t_utc_s < end_s
                           : t_utc_s >= begin_s || t_utc_s < end_s;
  return summer ? rule->summer_s : rule->standard_s;
}

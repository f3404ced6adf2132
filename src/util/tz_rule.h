/* tz_rule.h - the rule at the end of a zone's file, "CST6CDT,M3.2.0,M11.1.0".
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Part of tz.c. Source: POSIX, environment variable TZ, with the hours -167..167 of RFC 8536.
 */
#ifndef AUS_UTIL_TZ_RULE_H
#define AUS_UTIL_TZ_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUS_TZ_MAX_OFFSET_S = 26 * 3600 };

/* When in a year clocks change. */
typedef struct aus_tz_change {
  char kind; /* 'M': month, week, weekday; 'J': day 1..365 without 29 February; '0': day 0..365 */
  int month, week, day;
  int time_s; /* of local time before the change */
} aus_tz_change;

typedef struct aus_tz_rule {
  bool given, has_summer;
  int32_t standard_s, summer_s; /* offsets, east positive */
  aus_tz_change begin, end;     /* of summer time */
} aus_tz_rule;

/** Read a rule; no text is a rule that is not given. @return false for anything else. Local. */
bool aus_tz_rule_parse(aus_tz_rule *rule, const char *text, size_t n);

/** Offset that a given rule has at a time. Local. */
int32_t aus_tz_rule_offset(const aus_tz_rule *rule, int64_t t_utc_s);

#endif

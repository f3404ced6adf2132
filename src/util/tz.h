/* tz.h - time zones: civil times of a named zone to seconds since 1970 and back.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone is made from the bytes of its file in the system's tz database (TZif, RFC 8536: "Europe/Berlin" is
 * /usr/share/zoneinfo/Europe/Berlin), so that rank 0 alone opens files and every rank has the same rules. No
 * environment, no C library state. NULL stands for UTC everywhere.
 */
#ifndef AUS_UTIL_TZ_H
#define AUS_UTIL_TZ_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_tz aus_tz;

/** A zone from the content of a TZif file, versions 1 to 4; the footer's rule is used beyond the last
 * transition.
 * @param [in] name  shown in messages
 * @return AUS_OK; AUS_EFORMAT "name: byte N: ..." for anything else; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_tz_parse(aus_tz **out, const char *name, const void *bytes, size_t n,
                             aus_err *err);
void aus_tz_destroy(aus_tz *tz);

/** True for a name that may be looked up in the database: relative, no "..", letters, digits, "/_+-". Local. */
bool aus_tz_is_name(const char *name);

/** Offset from UTC in seconds that holds at a time (east is positive). Local. */
int64_t aus_tz_offset(const aus_tz *tz, int64_t t_utc_s);

/** A civil time, given as if it were UTC, to UTC. A time that exists twice is the first of the two; one that
 * is left out when clocks go forward is as far behind the change as it says. Local. */
int64_t aus_tz_utc(const aus_tz *tz, int64_t t_civil_s);

/** The same, of a time that is known not to lie before t_least_s: one that exists twice is the second of the
 * two when the first lies before that. Local. */
int64_t aus_tz_utc_from(const aus_tz *tz, int64_t t_civil_s, int64_t t_least_s);

/** Seconds since 1970 of a date of the Gregorian calendar. Local. */
int64_t aus_civil_s(int64_t year, int month, int day, int hour, int minute, int second);

/** Read "YYYY-MM-DDTHH:MM:SS" ("YYYY-MM-DDTHH:MM", "YYYY-MM-DD", and a blank for the T are taken, too).
 * @return false unless all n bytes are a time that exists in the calendar. Local. */
bool aus_civil_parse(const char *text, size_t n, int64_t *t_s);

/** Write "YYYY-MM-DDTHH:MM:SS" (sep between date and time). Local. */
void aus_civil_print(int64_t t_s, char sep, aus_buf *out);

#endif

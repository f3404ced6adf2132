/* clock.h - wall-clock time, which never reaches a result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_CLOCK_H
#define AUS_UTIL_CLOCK_H

#include <stdint.h>

/** Monotonic time in seconds since an arbitrary point. Local. */
double aus_clock_s(void);

/** The same in nanoseconds. Local. */
uint64_t aus_clock_ns(void);

/** Unix time. Local. */
double aus_clock_unix_s(void);

/** Sleep for about this many seconds. Local. */
void aus_clock_sleep(double s);

/** Time of day as ISO 8601 UTC, "2026-03-01T12:00:00Z". Local. */
void aus_clock_utc(char out[24]);

#endif

/* clock.c - wall-clock time.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/clock.h"

#include <time.h>

uint64_t aus_clock_ns(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double aus_clock_s(void)
{
  return 1e-9 * (double)aus_clock_ns();
}

double aus_clock_unix_s(void)
{
  struct timespec t;

  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void aus_clock_sleep(double s)
{
  struct timespec t;

  t.tv_sec = (time_t)s;
  t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
  nanosleep(&t, NULL);
}

void aus_clock_utc(char out[24])
{
  time_t now = time(NULL);
  struct tm tm;

  gmtime_r(&now, &tm);
  strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

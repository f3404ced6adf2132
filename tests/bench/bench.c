/* bench.c - `bench [NAME...]`: run all cases or some, print one JSON line each.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "bench/bench.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

static const bench_case *const tables[] = {
    bench_heap_cases,  bench_gp_cases,       bench_bo_cases,      bench_serverless_cases,
    bench_setup_cases, bench_gpuqueue_cases, bench_offline_cases, bench_match_cases};

enum { N_TABLES = sizeof tables / sizeof *tables, MAX_REPS = 200 };

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static void report(const char *name, int64_t size, double *s, int n, int64_t work, int n_fields,
                   const bench_field *fields)
{
  double median;
  int i;

  qsort(s, (size_t)n, sizeof *s, by_value);
  median = n % 2 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2;
  printf("{\"name\": \"%s\", \"size\": %" PRId64
         ", \"ranks\": 1, \"reps\": %d, \"median_s\": %.9g, "
         "\"min_s\": %.9g, \"max_s\": %.9g, \"work\": %" PRId64 ", \"per_s\": %.6g",
         name, size, n, median, s[0], s[n - 1], work, (double)work / median);
  for (i = 0; i < n_fields; i++)
    printf(", \"%s\": %.9g", fields[i].name, *fields[i].value);
  printf(", \"revision\": \"%s\"}\n", AUS_GIT_REVISION);
  fflush(stdout);
}

int bench_repeat_fields(const char *name, int64_t size, bench_body body, void *self, int n_fields,
                        const bench_field *fields, aus_err *err)
{
  int rc = AUS_OK, n = 0, reps = 5;
  double s[MAX_REPS], begin;
  int64_t work = 0, again = 0;

  begin = aus_clock_s();
  AUS_TRY(body(self, &work, err));
  begin = aus_clock_s() - begin;
  if (begin < 1.0 / MAX_REPS)
    reps = MAX_REPS;
  else if (begin < 0.2)
    reps = (int)(1 / begin);
  for (; n < reps; n++) {
    begin = aus_clock_s();
    AUS_TRY(body(self, &again, err));
    s[n] = aus_clock_s() - begin;
    if (again != work)
      AUS_FAIL(err, AUS_EBUG, "%s did %" PRId64 " units of work, then %" PRId64, name, work, again);
  }
  report(name, size, s, n, work, n_fields, fields);
done:
  return rc;
}

int bench_repeat_value(const char *name, int64_t size, bench_body body, void *self,
                       const double *value, aus_err *err)
{
  bench_field field = {"value", value};

  return bench_repeat_fields(name, size, body, self, 1, &field, err);
}

int bench_repeat(const char *name, int64_t size, bench_body body, void *self, aus_err *err)
{
  return bench_repeat_fields(name, size, body, self, 0, NULL, err);
}

void bench_skip(const char *name, const char *reason)
{
  printf("{\"name\": \"%s\", \"skipped\": \"%s\"}\n", name, reason);
  fflush(stdout);
}

static bool wanted(const char *name, int argc, char **argv)
{
  int i;

  for (i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return true;
  return argc == 1;
}

static bool known(const char *name)
{
  const bench_case *c;
  int i;

  for (i = 0; i < N_TABLES; i++)
    for (c = tables[i]; c->name; c++)
      if (strcmp(c->name, name) == 0) return true;
  return false;
}

int main(int argc, char **argv)
{
  const bench_case *c;
  aus_err err;
  int i, status = 0;

  for (i = 1; i < argc; i++)
    if (!known(argv[i])) {
      fprintf(stderr, "bench: no case %s\n", argv[i]);
      status = 2;
    }
  for (i = 0; i < N_TABLES; i++)
    for (c = tables[i]; c->name; c++) {
      if (!wanted(c->name, argc, argv)) continue;
      aus_err_clear(&err);
      if (c->run(c->name, &err) == AUS_OK) continue;
      fprintf(stderr, "bench: %s: %s\n", c->name, err.text);
      status = 1;
    }
  return status;
}

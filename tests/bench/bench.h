/* bench.h - one benchmark program: a table of cases, one JSON line per case.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A case prepares its input, hands the part to be measured to bench_repeat() and cleans up. An input
 * that is not there is reported by bench_skip() and is not an error. To add cases write
 * bench_<area>.c with a table that ends with {0}, and name the table in bench.c.
 */
#ifndef AUS_TESTS_BENCH_H
#define AUS_TESTS_BENCH_H

#include "util/err.h"

#include <stdint.h>

typedef struct bench_case {
  const char *name;
  int (*run)(const char *name, aus_err *err);
} bench_case;

/* What is measured: does the work once and says how much it was (tasks, events, samples). */
typedef int (*bench_body)(void *self, int64_t *work, aus_err *err);

/** Warm up once, then repeat `body` for about a second, at least 5 and at most 200 times, and print
 * {name, size, ranks, reps, median_s, min_s, max_s, work, per_s, revision}.
 *
 * @param [in] size  size of the input, in the case's own unit
 * @return AUS_OK; what the body returns; AUS_EBUG when the amount of work changes between repetitions
 */
AUS_CHECKED int bench_repeat(const char *name, int64_t size, bench_body body, void *self,
                             aus_err *err);

/** A further field of the line, read after the last repetition. */
typedef struct bench_field {
  const char *name;
  const double *value;
} bench_field;

/** The same with n further fields. */
AUS_CHECKED int bench_repeat_fields(const char *name, int64_t size, bench_body body, void *self,
                                    int n, const bench_field *fields, aus_err *err);

/** The same with a further field `value`. */
AUS_CHECKED int bench_repeat_value(const char *name, int64_t size, bench_body body, void *self,
                                   const double *value, aus_err *err);

/** Print {name, skipped}. */
void bench_skip(const char *name, const char *reason);

extern const bench_case bench_bo_cases[], bench_gp_cases[], bench_gpuqueue_cases[],
    bench_heap_cases[], bench_match_cases[], bench_offline_cases[], bench_serverless_cases[],
    bench_setup_cases[];

#endif

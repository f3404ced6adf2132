/* match/measured.h - builds with memory and duration, by package; what predictions from them are worth.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MEASURED_H
#define AUS_MATCH_MEASURED_H

#include "match/durations.h"
#include "match/names.h"
#include "util/sheet.h"

typedef struct aus_match_measured {
  int64_t n;
  aus_match_names packages; /* in order of first appearance */
  int64_t *first;           /* packages.n + 1: where the builds of each begin */
  double *memory_bytes;     /* n: mean of a build; within a package in the order of the rows */
  double *duration_s;       /* n */
} aus_match_measured;

/** @param [in] builds  columns package, mem_mean_bytes (> 0), duration_s (>= 0); others do not matter
 * @return AUS_OK; AUS_EFORMAT "file:line: ..."; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_measured_read(aus_match_measured *out, const aus_sheet *builds,
                                        aus_err *err);
void aus_match_measured_fini(aus_match_measured *m);

/** Number of a package, -1: it has no builds. Local. */
int32_t aus_match_measured_find(const aus_match_measured *m, const char *package);

/** Durations of a package (aus_match_duration_fit). */
AUS_CHECKED int aus_match_measured_fit(const aus_match_measured *m, int64_t package,
                                       aus_match_duration_kind kind, aus_match_duration **out,
                                       aus_err *err);

/* Errors of one kind of prediction on builds that it did not learn from. */
typedef struct aus_match_duration_row {
  const char *kind;
  int64_t builds;       /* held out: all of packages that have two or more */
  double mae_s;         /* mean absolute error */
  double median_ae_s;   /* median of the same */
  double relative_frac; /* mean of absolute error / duration, over builds that took any time */
} aus_match_duration_row;

/** Hold out each build once: the builds of each package are dealt to folds (learn/folds.h, key: the number of
 * the package), the rest predict them. Errors of all packages are pooled. NaN where there are no builds.
 * @return AUS_OK; AUS_EINVAL for folds < 2; AUS_EDEP; AUS_ENOMEM. Local. Deterministic. */
AUS_CHECKED int aus_match_measured_validate(const aus_match_measured *m,
                                            aus_match_duration_kind kind, int folds, uint64_t seed,
                                            aus_match_duration_row *out, aus_err *err);

#endif

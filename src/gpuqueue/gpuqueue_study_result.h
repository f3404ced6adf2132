/* gpuqueue/gpuqueue_study_result.h - the validation of a gpuqueue study in figures, on rank 0.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_RESULT_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_RESULT_H

#include "gpuqueue/gpuqueue_study_setup.h"

/* A line of the table of classes. */
typedef struct aus_gpuqueue_line {
  int model; /* in s->model */
  bool
      filtered; /* without windows of r <= -10 h whose successor was backfilled, as the reference's plots */
  aus_gpuqueue_load load;
  aus_gpuqueue_class c;
  aus_gpuqueue_interval against_average; /* as c.against, which is against the reactive policy */
} aus_gpuqueue_line;

/** All lines: models, loads, each without and with the filter, from the validated windows so far.
 * @param [out] line  aus_free(). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_lines(const aus_gpuqueue_study *s, aus_gpuqueue_line **line,
                                   int64_t *n, aus_err *err);

/* The reals of a line, in the order of these columns. */
enum { AUS_GPUQUEUE_N_FIGURES = 16 };
extern const aus_column aus_gpuqueue_figures[AUS_GPUQUEUE_N_FIGURES];
void aus_gpuqueue_line_figures(const aus_gpuqueue_line *line, double *x);

#endif

/* outline.h - what a study is going to do, as far as that can be told before it runs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plain data that an area fills for `auspex run --dry-run`: its space, the points of its first design,
 * and for each stage how many tasks of which kind there will be. Where later stages depend on results
 * the numbers are ranges that hold in any case.
 */
#ifndef AUS_STUDY_OUTLINE_H
#define AUS_STUDY_OUTLINE_H

#include "design/design.h"
#include "util/buf.h"

/* Tasks of one kind in one stage. */
typedef struct aus_outline_part {
  const char *stage, *kind; /* kind: as the task kinds of the study; lent */
  bool job;                 /* engine jobs (training, proposals) instead of trials */
  int64_t least, most;
  double
      bytes; /* rows that one of them writes to a shard, uncompressed; estimated; 0: next to none */
} aus_outline_part;

typedef struct aus_outline {
  /* The space: n_params columns of a point; names and units are lent by the study. */
  int n_params;
  aus_param *param;
  int64_t *levels;  /* values of each; 0: continuous */
  int64_t n_points; /* combinations; INT64_MAX: more than that; -1: a parameter is continuous */
  /* The first design; n = 0: there is none. */
  const char *variant;
  aus_design design;
  const char **unit_name; /* design.n_unit */
  aus_outline_part *part;
  int64_t n_parts, cap_parts;
} aus_outline;

void aus_outline_fini(aus_outline *o);

/** Add a part behind the others. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_outline_add(aus_outline *o, aus_outline_part part, aus_err *err);

/** Values of a parameter as aus_space has them: 1 when fixed, 0 when continuous. Local. */
int64_t aus_outline_levels(const aus_param *p);

/** The design as CSV: point, one column per parameter, one per unit coordinate ("unit_" before the name);
 * numbers read back as the same double. Local. */
void aus_outline_csv(const aus_outline *o, aus_buf *out);

#endif

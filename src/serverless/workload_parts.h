/* serverless/workload_parts.h - arrivals of one application each, merged into a trace. Private to workload*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each application has streams of its own, so its arrivals are made in a part of their own; the parts
 * are merged by time at the end.
 */
#ifndef AUS_SERVERLESS_WORKLOAD_PARTS_H
#define AUS_SERVERLESS_WORKLOAD_PARTS_H

#include "serverless/model.h"

/* In order of time. */
typedef struct aus_serverless_part {
  int app;
  int64_t n, cap, next;
  double *t_s;
  int32_t *qos;
} aus_serverless_part;

void aus_serverless_parts_free(aus_serverless_part *p, int n);

/** Room for n more. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_part_reserve(aus_serverless_part *p, int64_t n, aus_err *err);

/** Append; there is room. Local. */
static inline void aus_serverless_part_put(aus_serverless_part *p, double t_s, int32_t qos)
{
  p->t_s[p->n] = t_s;
  p->qos[p->n++] = qos;
}

/** Merge by time, the first part first among equal times, and set rate and duration: last whole second -
 * first + 1. @param [in,out] out  replaced, memory kept. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_parts_merge(aus_serverless_part *p, int n, aus_serverless_trace *out,
                                           aus_err *err);

#endif

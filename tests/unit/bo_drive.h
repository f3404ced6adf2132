/* bo_drive.h - campaigns for tests of the optimiser: one step of a proposal, whole runs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_BO_DRIVE_H
#define AUS_TESTS_UNIT_BO_DRIVE_H

#include "bo_campaign.h"
#include "unit/check.h"

/* A result: y, or NaN for a failed trial. */
typedef double (*drive_fn)(const double *value);

static aus_err err;

static inline double drive_bowl(const double *x)
{
  return (x[0] - 0.3) * (x[0] - 0.3) + 2.0 * (x[1] - 0.6) * (x[1] - 0.6);
}

static const aus_param drive_square[2] = {{NULL, NULL, AUS_P_REAL, 0, 1, 0, -1},
                                          {NULL, NULL, AUS_P_REAL, 0, 1, 0, -1}};

static inline aus_bo *drive_new(const aus_bo_conf *conf, int n, const aus_param *p, uint64_t seed)
{
  aus_bo *bo;

  check_ok(aus_bo_create(&bo, conf, n, p, seed, 3, &err), &err);
  return bo;
}

static inline void drive_propose(aus_bo *bo, int64_t i)
{
  aus_buf request, reply;

  aus_buf_init(&request);
  aus_buf_init(&reply);
  check_ok(aus_bo_request(bo, i, &request, &err), &err);
  check_ok(aus_bo_propose(request.data, (size_t)request.n, &reply, &err), &err);
  check_ok(aus_bo_reply(bo, i, reply.data, (size_t)reply.n, &err), &err);
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
}

static inline void drive_commit(aus_bo *bo, int64_t i, drive_fn f)
{
  double y = f(aus_bo_point_at(bo, i)->value);

  check_ok(aus_bo_commit(bo, i, !isnan(y), y, false, &err), &err);
}

/* Everything at once, at most n trials. */
static inline void drive_run(aus_bo *bo, drive_fn f, int64_t n)
{
  aus_bo_what what;
  int64_t i;

  while (aus_bo_n_committed(bo) < n && (what = aus_bo_next(bo, &i)) != AUS_BO_NOTHING)
    if (what == AUS_BO_EVALUATE)
      drive_commit(bo, i, f);
    else
      drive_propose(bo, i);
}

/* No two trials are equal. */
static inline void drive_distinct(const aus_bo *bo)
{
  int m = aus_space_n_value(aus_bo_space(bo));
  int64_t i, j;

  for (i = 0; i < aus_bo_n_committed(bo); i++)
    for (j = 0; j < i; j++)
      assert_true(memcmp(aus_bo_point_at(bo, i)->value, aus_bo_point_at(bo, j)->value,
                         (size_t)m * sizeof(double)) != 0);
}

#endif

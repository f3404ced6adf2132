/* bo_campaign.h - test functions of optimisers, and a campaign of one process on them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Branin, Hartmann-6 and Ackley with their usual domains; optima from Surjanovic and Bingham's library.
 */
#ifndef AUS_TESTS_BO_CAMPAIGN_H
#define AUS_TESTS_BO_CAMPAIGN_H

#include <math.h>

#include "design/bo.h"

typedef struct bo_problem {
  const char *name;
  int d;
  double lower[6], upper[6], optimum;
  double (*f)(const double *x);
} bo_problem;

static inline double bo_branin(const double *x)
{
  const double pi = 3.14159265358979323846, b = 5.1 / (4 * pi * pi), c = 5 / pi;
  const double t = x[1] - b * x[0] * x[0] + c * x[0] - 6;

  return t * t + 10 * (1 - 1 / (8 * pi)) * cos(x[0]) + 10;
}

static inline double bo_hartmann6(const double *x)
{
  static const double alpha[4] = {1.0, 1.2, 3.0, 3.2};
  static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                 {0.05, 10, 17, 0.1, 8, 14},
                                 {3, 3.5, 1.7, 10, 17, 8},
                                 {17, 8, 0.05, 10, 0.1, 14}};
  static const double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                 {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                 {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                 {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double sum = 0, r;
  int i, j;

  for (i = 0; i < 4; i++) {
    for (r = 0, j = 0; j < 6; j++)
      r += a[i][j] * (x[j] - p[i][j]) * (x[j] - p[i][j]);
    sum -= alpha[i] * exp(-r);
  }
  return sum;
}

static inline double bo_ackley5(const double *x)
{
  double square = 0, wave = 0;
  int i;

  for (i = 0; i < 5; i++) {
    square += x[i] * x[i] / 5;
    wave += cos(2 * 3.14159265358979323846 * x[i]) / 5;
  }
  return -20 * exp(-0.2 * sqrt(square)) - exp(wave) + 20 + 2.71828182845904523536;
}

static const bo_problem bo_problems[3] = {
    {"branin", 2, {-5, 0}, {10, 15}, 0.39788735772973816, bo_branin},
    {"hartmann6", 6, {0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1}, -3.32236801141551, bo_hartmann6},
    {"ackley5", 5, {-5, -5, -5, -5, -5}, {10, 10, 10, 10, 10}, 0.0, bo_ackley5},
};

/* Do what can be done now, in the order in which it is asked for. */
static inline int bo_advance(aus_bo *bo, const bo_problem *p, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf request, reply;
  int64_t i;
  aus_bo_what what;

  aus_buf_init(&request);
  aus_buf_init(&reply);
  while ((what = aus_bo_next(bo, &i)) != AUS_BO_NOTHING) {
    if (what == AUS_BO_EVALUATE) {
      AUS_TRY(aus_bo_commit(bo, i, true, p->f(aus_bo_point_at(bo, i)->value), false, err));
      continue;
    }
    aus_buf_clear(&request);
    aus_buf_clear(&reply);
    AUS_TRY(aus_bo_request(bo, i, &request, err));
    AUS_TRY(aus_bo_propose(request.data, (size_t)request.n, &reply, err));
    AUS_TRY(aus_bo_reply(bo, i, reply.data, (size_t)reply.n, err));
  }
done:
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  return rc;
}

/* A whole campaign; simple regret at its end. */
static inline int bo_regret(const bo_problem *p, const aus_bo_conf *conf, uint64_t seed,
                            double *regret, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_param param[6];
  aus_bo *bo = NULL;

  for (i = 0; i < p->d; i++)
    param[i] =
        (aus_param){.kind = AUS_P_REAL, .lower = p->lower[i], .upper = p->upper[i], .group = -1};
  AUS_TRY(aus_bo_create(&bo, conf, p->d, param, seed, 1, err));
  AUS_TRY(bo_advance(bo, p, err));
  *regret = aus_bo_point_at(bo, aus_bo_best(bo))->y - p->optimum;
done:
  aus_bo_destroy(bo);
  return rc;
}

#endif

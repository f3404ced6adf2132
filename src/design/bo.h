/* bo.h - Bayesian optimisation of one campaign as a state machine: commits in, points out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Minimisation. The owner asks aus_bo_next() what can be done now: evaluate a point, or make a proposal.
 * A proposal is a pure function of a request (bytes), so that any rank can make it; its reply (bytes) is
 * given back with aus_bo_reply(). Results are committed in index order. Proposal k >= n_init sees the
 * commits with index <= V(k) = max(n_init - 1, k - lag) and the points between as pending, whatever has
 * arrived by then: so points do not depend on who finished first. With conf.greedy that rule is off:
 * results are committed as they arrive, and a proposal sees all that are there when aus_bo_next() hands
 * it out. No MPI, no clock, no files.
 * Source: Jones et al. 1998 (EI), Ament et al. 2023 (LogEI), Ginsbourger et al. 2010 (believer, liars),
 * Eriksson et al. 2019 (TuRBO).
 */
#ifndef AUS_DESIGN_BO_H
#define AUS_DESIGN_BO_H

#include "design/space.h"
#include "util/buf.h"

typedef enum aus_bo_acq { AUS_ACQ_LOGEI, AUS_ACQ_UCB, AUS_ACQ_QUCB, AUS_ACQ_TS } aus_bo_acq;
typedef enum aus_bo_pending {
  AUS_PENDING_BELIEVER,
  AUS_PENDING_LIAR_MIN,
  AUS_PENDING_LIAR_MEAN,
  AUS_PENDING_LIAR_MAX,
  AUS_PENDING_PENALISE
} aus_bo_pending;
typedef enum aus_bo_warp { AUS_WARP_NONE, AUS_WARP_LOG, AUS_WARP_RANK } aus_bo_warp;
typedef enum aus_bo_region { AUS_REGION_AUTO, AUS_REGION_GLOBAL, AUS_REGION_TURBO } aus_bo_region;
typedef enum aus_bo_failed {
  AUS_FAILED_WORST,
  AUS_FAILED_EXCLUDE,
  AUS_FAILED_FEASIBILITY
} aus_bo_failed;

typedef struct aus_bo_conf {
  int64_t budget;   /* trials, initial design included */
  int lag;          /* 1: sequential; greedy: points that may be open at once beyond the design */
  bool greedy;      /* see all commits so far, in the order of arrival */
  int n_init;       /* 0: max(5, 2 d) */
  double target;    /* stop at the first committed y <= target; -INFINITY: none */
  int64_t patience; /* stop after that many commits without improvement; 0: none */
  double acq_stop;  /* stop when the largest LogEI falls below; -INFINITY: none */
  aus_bo_acq acq;
  aus_bo_pending pending;
  aus_bo_warp warp;
  aus_bo_region region;
  aus_bo_failed failed;
  int restarts;       /* 3: random starts of a refit beside the last theta and the prior mean */
  int64_t max_points; /* 2000 */
} aus_bo_conf;

/** budget 60, lag 8, n_init 0, no target, LogEI, believer, no warp, AUTO, WORST, 3, 2000. Local. */
aus_bo_conf aus_bo_defaults(void);

typedef enum aus_bo_stop {
  AUS_BO_RUNNING,
  AUS_BO_TARGET,
  AUS_BO_BUDGET,
  AUS_BO_PATIENCE,
  AUS_BO_ACQ,
  AUS_BO_EXHAUSTED /* every point of the space is used */
} aus_bo_stop;
/** "running", "target", "budget", "patience", "acquisition", "exhausted". */
extern const char *const aus_bo_stop_names[6];

typedef enum aus_bo_origin { AUS_BO_DESIGN, AUS_BO_ACQUISITION, AUS_BO_RESTART } aus_bo_origin;

/* One point and how it came about; of a design point n_seen = n_refit = 0 and the reals are NaN. Of a point
 * of a restart's design n_refit = 0 and theta, acq and incumbent are NaN. */
typedef struct aus_bo_point {
  aus_bo_origin origin;
  double *unit, *value;               /* n_unit, n_value; snapped */
  double *theta;                      /* n_x + 2, n_x = dimension of the surrogate */
  int64_t n_seen, n_refit, n_pending; /* commits seen, commits at the last refit, pending points */
  double acq;                         /* value of the acquisition at the point */
  double incumbent;                   /* best value used, in units of y */
  double region_side;                 /* NaN without turbo */
  bool committed, ok;
  int64_t arrival; /* how many were committed before it; greedy: any order, else the index */
  double y;
} aus_bo_point;

typedef struct aus_bo aus_bo;

/** @param [in] params  n_params parameters of the search space, copied (names may be NULL)
 * @return AUS_OK; AUS_ECONFIG for an infeasible space (space.h), budget or lag below 1, target NaN, lag above
 * 5000, max_points beyond 2..20000, restarts beyond 0..1000, categories with more than 10000 values; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_create(aus_bo **out, const aus_bo_conf *conf, int n_params,
                              const aus_param *params, uint64_t seed, uint32_t campaign,
                              aus_err *err);
void aus_bo_destroy(aus_bo *bo);

/** A result known before the first trial (the base sample of a box campaign); seen by every proposal, not a
 * trial, not proposed again. Before the first aus_bo_next().
 * @return AUS_OK; AUS_EINVAL (too late, a second one, not finite); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_base(aus_bo *bo, const double *value, double y, aus_err *err);

typedef enum aus_bo_what {
  AUS_BO_NOTHING,  /* wait for commits or replies, or stopped */
  AUS_BO_EVALUATE, /* point *index is ready to be evaluated */
  AUS_BO_PROPOSE   /* proposal *index can be made: aus_bo_request() */
} aus_bo_what;
/** What can be done now; every index comes up once for each. Call until NOTHING. Local. */
aus_bo_what aus_bo_next(aus_bo *bo, int64_t *index);

/** Everything proposal `index` depends on, as bytes; also again later. Greedy: once it was handed out.
 * @return AUS_OK; AUS_EINVAL (not due); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_request(const aus_bo *bo, int64_t index, aus_buf *out, aus_err *err);
/** Make a proposal: a pure function of the request. @return AUS_OK; AUS_EFORMAT (damaged request); AUS_ENUMERIC;
 * AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_propose(const void *request, size_t n, aus_buf *reply, aus_err *err);
/** Take the reply to the request for `index`, which must be the next point; ignored after a stop.
 * @return AUS_OK; AUS_EFORMAT; AUS_EINVAL (not the next one, not due); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_reply(aus_bo *bo, int64_t index, const void *reply, size_t n, aus_err *err);

/** Commit the result of point `index`, which must be the next one in order; greedy: one that was handed out
 * and is not committed.
 * @param ok       false: failed, y is ignored
 * @param reached  the owner's own target is reached: stop as for conf.target
 * @return AUS_OK; AUS_EINVAL (index out of order, y not finite); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_bo_commit(aus_bo *bo, int64_t index, bool ok, double y, bool reached,
                              aus_err *err);

/** Why it stopped. After a stop nothing is asked for any more; commits are ignored. Local. */
aus_bo_stop aus_bo_stopped(const aus_bo *bo);
int64_t aus_bo_n_committed(const aus_bo *bo);
/** Index of the smallest committed y (first on ties), -1: none. */
int64_t aus_bo_best(const aus_bo *bo);
/** Indices of the committed points in the order of their commits; proposal k saw the first n_seen of them. */
const int64_t *aus_bo_arrivals(const aus_bo *bo);
bool aus_bo_is_greedy(const aus_bo *bo);
const aus_bo_point *aus_bo_point_at(const aus_bo *bo, int64_t index);
const aus_space *aus_bo_space(const aus_bo *bo);
int aus_bo_n_init(const aus_bo *bo);
/** V(k): index of the last commit that proposal k sees; -1: none, k is a point of the initial design. Not
 * for greedy. */
int64_t aus_bo_horizon(const aus_bo *bo, int64_t k);
int aus_bo_n_theta(const aus_bo *bo); /* dimension of the surrogate + 2 */

#endif

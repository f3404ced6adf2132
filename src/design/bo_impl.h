/* bo_impl.h - what the files of the Bayesian optimiser share; nobody else includes it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bo.c keeps the campaign and asks; bo_wire.c turns an ask (request) and a point (reply) into bytes and
 * back; bo_region.c derives the trust region from the commits; bo_data.c makes what the surrogate
 * learns from; bo_model.c fits it; bo_value.c gives values of the acquisition; bo_search.c maximises them;
 * bo_propose.c puts these together.
 */
#ifndef AUS_DESIGN_BO_IMPL_H
#define AUS_DESIGN_BO_IMPL_H

#include "design/bo.h"
#include "learn/gp.h"

/* Together less than a Gaussian process takes. */
enum { AUS_BO_MAX_LAG = 5000, AUS_BO_MAX_POINTS = 20000 };

/* From unit coordinates to inputs of the surrogate: a category has a column per value, with 1/sqrt(2)
 * in its own, so that two of them have distance 1; everything else is its unit coordinate. */
typedef struct aus_bo_map {
  int n_unit, n_x;
  int *at;     /* n_unit: first column */
  int *levels; /* n_unit: values of a category, 0: not one */
} aus_bo_map;

AUS_CHECKED int aus_bo_map_init(aus_bo_map *map, const aus_space *space, aus_err *err);
void aus_bo_map_fini(aus_bo_map *map);
void aus_bo_map_x(const aus_bo_map *map, const double *unit, double *x);
/* The unit coordinates behind x; a category is where its largest column is. */
void aus_bo_map_unit(const aus_bo_map *map, const double *x, double *unit);

/* Everything a proposal depends on. Rows of `value`: the base (if any), then n_seen commits, then
 * n_pending points. */
typedef struct aus_bo_ask {
  aus_bo_conf conf;
  uint64_t seed;
  uint32_t campaign;
  int64_t index, n_init;
  int n_base; /* 0 or 1 */
  int64_t n_seen, n_pending;
  int64_t n_refit; /* commits at the last refit, 0: there was none */
  int n_value;
  aus_space *space;
  aus_bo_map map;
  double *value;
  double *y;     /* n_base + n_seen; NaN: failed */
  double *theta; /* n_x + 2, of the last refit; NaN: there was none */
} aus_bo_ask;

/* Space and map of these parameters; rows and theta without content.
 * @return AUS_OK; as aus_space_create(); AUS_ENOMEM */
AUS_CHECKED int aus_bo_ask_init(aus_bo_ask *ask, int n_params, const aus_param *params,
                                aus_err *err);
AUS_CHECKED int aus_bo_ask_room(aus_bo_ask *ask, aus_err *err);
void aus_bo_ask_fini(aus_bo_ask *ask);
AUS_CHECKED int aus_bo_ask_write(const aus_bo_ask *ask, aus_buf *out, aus_err *err);
/* @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM */
AUS_CHECKED int aus_bo_ask_read(aus_bo_ask *ask, const void *bytes, size_t n, aus_err *err);

/* A point with its arrays, all reals NaN. */
AUS_CHECKED int aus_bo_point_create(aus_bo_point **out, int n_unit, int n_value, int n_theta,
                                    aus_err *err);
void aus_bo_point_destroy(aus_bo_point *p);

/* A reply: where it belongs, and the point, or that there is none left. */
typedef struct aus_bo_answer {
  uint32_t campaign;
  int64_t index;
  bool exhausted;
  aus_bo_point *point; /* without unit */
} aus_bo_answer;

AUS_CHECKED int aus_bo_answer_write(const aus_bo_answer *a, int n_value, int n_theta, aus_buf *out,
                                    aus_err *err);
/* Into a->point, which has room for n_value and n_theta. @return AUS_OK; AUS_EFORMAT */
AUS_CHECKED int aus_bo_answer_read(aus_bo_answer *a, int n_value, int n_theta, const void *bytes,
                                   size_t n, aus_err *err);

/* State of the trust region after the commits that a proposal sees. */
typedef struct aus_bo_trust {
  bool turbo;
  double side;   /* NaN without turbo */
  int64_t start; /* first trial of the region; commits before it are not used */
} aus_bo_trust;

aus_bo_trust aus_bo_trust_of(const aus_bo_ask *ask);
/* The box of the region in unit coordinates: side x weight around the centre, weights from the
 * length-scales; whole axes for categories and without turbo. */
void aus_bo_trust_box(const aus_bo_trust *trust, const aus_bo_map *map, const double *theta,
                      const double *centre, double *lower, double *upper);

/* Row number of a value vector among n rows of m, -1: not there. */
int64_t aus_bo_find_row(const double *rows, int64_t n, int m, const double *value);
/* The base, a commit or a pending point is there. */
bool aus_bo_used(const aus_bo_ask *ask, const double *value);

/* What the surrogate learns from: the base and the commits of the region, in order of their index. */
typedef struct aus_bo_data {
  int64_t n;
  int64_t n_all;       /* before max_points cut it */
  int64_t n_old;       /* of n_all, how many were known at the last refit */
  int64_t *row;        /* n: row of ask->value */
  double *x;           /* n x n_x */
  double *y;           /* n, as committed; of a failed trial the worst */
  double *z;           /* n, warped, mean 0 and variance 1 over the OK ones */
  int64_t best;        /* smallest y of an OK one */
  double shift, scale; /* z = (warp(y) - shift) / scale */
  double low, width;   /* warp log: log1p((y - low) / width) */
  int64_t n_status;    /* failed = feasibility and some failed: all of them, else 0 */
  double *status_x;    /* n_status x n_x */
  double *status;      /* n_status: 1 OK, -1 failed */
} aus_bo_data;

/* n = 0: nothing OK is known in the region. @return AUS_OK; AUS_ENOMEM */
AUS_CHECKED int aus_bo_data_init(aus_bo_data *data, const aus_bo_ask *ask,
                                 const aus_bo_trust *trust, aus_err *err);
void aus_bo_data_fini(aus_bo_data *data);
bool aus_bo_data_ok(const aus_bo_data *data, const aus_bo_ask *ask, int64_t i);
/* Back to units of y; with warp rank the y of the nearest z. */
double aus_bo_data_unscale(const aus_bo_data *data, const aus_bo_ask *ask, double z);

/* Surrogate with the pending points in it, and the acquisition. */
typedef struct aus_bo_model {
  const aus_bo_ask *ask;
  const aus_bo_data *data;
  aus_gp *gp, *status; /* status NULL: nothing failed, or not asked for */
  double *theta;
  int64_t n_refit;
  double best;
  int64_t i_best;
  double aim;   /* what has to be improved: the incumbent, or a believed pending point below it */
  double kappa; /* of the confidence bounds */
  int64_t n_pending; /* in the region */
  double *pending_x; /* n_pending x n_x */
  double *pending_mu, *pending_sd, lipschitz;
  bool multiplied; /* there are factors: values are logarithms */
  double *d_mu, *d_sd;
} aus_bo_model;

/* @return AUS_OK; AUS_ENUMERIC; AUS_EDEP; AUS_ENOMEM */
AUS_CHECKED int aus_bo_model_create(aus_bo_model **out, const aus_bo_ask *ask,
                                    const aus_bo_trust *trust, const aus_bo_data *data,
                                    aus_err *err);
void aus_bo_model_destroy(aus_bo_model *m);
/* The acquisition, to be maximised, at n points. @return AUS_OK; for Thompson AUS_ENUMERIC, AUS_ENOMEM */
AUS_CHECKED int aus_bo_model_values(aus_bo_model *m, int64_t n, const double *x, double *value,
                                    aus_err *err);
/* At one point with its gradient; not for Thompson. */
double aus_bo_model_gradient(aus_bo_model *m, const double *x, double *grad);

/* Points of the cube: the Sobol sequence with a shift of its own per `trial` (purpose 192), uniform
 * draws above 40 dimensions. @return AUS_OK; AUS_ENOMEM; AUS_EDEP */
AUS_CHECKED int aus_bo_spread(const aus_bo_ask *ask, int64_t trial, int64_t n, double *unit,
                              aus_err *err);
/* The unused point with the largest acquisition. @return AUS_OK; as the model; *found false: none */
AUS_CHECKED int aus_bo_search(const aus_bo_ask *ask, const aus_bo_trust *trust,
                              const aus_bo_data *data, aus_bo_model *model, double *value,
                              double *acq, bool *found, aus_err *err);
/* First unused point of a finite space. */
AUS_CHECKED int aus_bo_first_unused(const aus_bo_ask *ask, double *value, bool *found,
                                    aus_err *err);

#endif

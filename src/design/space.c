/* space.c - parameter spaces: snapping, simplex groups, counting.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shares are handled in whole billionths, so that sums are exact: 0.1 + 0.2 + 0.7 is 1 here.
 */
#include <config.h>

#include "design/space.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const double BILLION = 1e9;
enum {
  MAX_UNITS = 10000, /* of a group: the finest common step is 1/10000 */
  MAX_SHARES = 32    /* of a group */
};

/* Above its lower bound, share i of a group takes j step[i] units, j <= most[i]; all shares
 * together take `rest` units. One unit is the greatest common divisor of the steps. */
typedef struct group {
  int first, k;
  bool stepped;
  double free; /* 1 - sum of the lower bounds */
  int64_t unit, rest;
  int64_t *low;  /* k, billionths */
  int64_t *step; /* k, units */
  int64_t *most; /* k */
  int64_t *ways; /* (k + 1) x (rest + 1): in how many ways shares i.. can take r units, saturated */
} group;

struct aus_space {
  int n, n_unit, n_groups;
  aus_param *param;
  int64_t *levels; /* n: grid values of a parameter, 0: continuous; of shares: 0 */
  group *groups;
};

static int64_t add_saturated(int64_t a, int64_t b)
{
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t times_saturated(int64_t a, int64_t b)
{
  int64_t p;

  return __builtin_mul_overflow(a, b, &p) ? INT64_MAX : p;
}

static int64_t gcd(int64_t a, int64_t b)
{
  int64_t r;

  for (; b != 0; a = b, b = r)
    r = a % b;
  return a;
}

/* The double that a person would write for a grid value: 0.3, not 0.30000000000000004. */
static double tidy(double x)
{
  double t = nearbyint(x * BILLION) / BILLION + 0.0; /* -0 becomes 0 */

  return fabs(t - x) <= 1e-14 * fmax(1.0, fabs(x)) ? t : x;
}

static double step_of(const aus_param *p)
{
  return p->kind == AUS_P_STEP ? p->step : p->step > 0.0 ? p->step : 1.0;
}

static int64_t count_levels(const aus_param *p)
{
  switch (p->kind) {
  case AUS_P_STEP:
  case AUS_P_INT:
  case AUS_P_CATEGORY:
    return (int64_t)floor((p->upper - p->lower) / step_of(p) + 1e-9) + 1;
  case AUS_P_FIXED:
    return 1;
  case AUS_P_REAL:
  case AUS_P_LOG:
    return p->lower < p->upper ? 0 : 1;
  case AUS_P_SHARE:
    break;
  }
  return 0;
}

static int check_whole(const aus_param *p, aus_err *err)
{
  if (p->lower != floor(p->lower) || step_of(p) != floor(step_of(p)) || !isfinite(step_of(p)))
    return aus_fail(err, AUS_ECONFIG, AUS_HERE,
                    "parameter %s: lower bound %g and step %g must be whole numbers", p->name,
                    p->lower, step_of(p));
  return AUS_OK;
}

static int check_param(const aus_param *p, aus_err *err)
{
  int rc = AUS_OK;

  if (!isfinite(p->lower))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: lower bound is not finite", p->name);
  if (p->kind == AUS_P_SHARE ? p->group < 0 : p->group != -1)
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: group is %d", p->name, p->group);
  if (p->kind == AUS_P_FIXED) goto done;
  if (!isfinite(p->upper))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: upper bound is not finite", p->name);
  if (p->lower > p->upper)
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: lower bound %g is above the upper bound %g", p->name,
             p->lower, p->upper);
  if (p->kind == AUS_P_LOG && p->lower <= 0.0)
    AUS_FAIL(err, AUS_ECONFIG,
             "parameter %s: a logarithmic range needs a lower bound above 0, not %g", p->name,
             p->lower);
  if (p->kind == AUS_P_STEP && !(p->step > 0.0 && isfinite(p->step)))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: step is %g, need > 0", p->name, p->step);
  if (!isfinite(p->upper - p->lower))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: the range from %g to %g is too wide", p->name,
             p->lower, p->upper);
  if ((p->kind == AUS_P_STEP || p->kind == AUS_P_INT || p->kind == AUS_P_CATEGORY) &&
      (p->upper - p->lower) / step_of(p) > 1e15)
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: more than 1e15 steps", p->name);
  if (p->kind == AUS_P_INT || p->kind == AUS_P_CATEGORY) AUS_TRY(check_whole(p, err));
  if (p->kind == AUS_P_SHARE && !(p->step >= 0.0 && p->step <= 1.0))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: step is %g, need 0 to 1", p->name, p->step);
  if (p->kind == AUS_P_SHARE && (p->lower < 0.0 || p->upper > 1.0))
    AUS_FAIL(err, AUS_ECONFIG, "parameter %s: a share lies in 0 to 1, not %g to %g", p->name,
             p->lower, p->upper);
done:
  return rc;
}

/* From the last share back: each takes every number of steps that it may. */
static int count_ways(group *g, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t r, j, n = g->rest + 1, *to;

  AUS_NEW(g->ways, (g->k + 1) * n, err);
  g->ways[g->k * n] = 1;
  for (i = g->k - 1; i >= 0; i--) {
    to = g->ways + i * n;
    for (r = 0; r < n; r++)
      for (j = 0; j <= g->most[i] && j * g->step[i] <= r; j++)
        to[r] = add_saturated(to[r], to[n + r - j * g->step[i]]);
  }
done:
  return rc;
}

static int make_grid(group *g, const aus_param *p, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t rest = (int64_t)BILLION;

  AUS_NEW(g->low, g->k, err);
  AUS_NEW(g->step, g->k, err);
  AUS_NEW(g->most, g->k, err);
  for (i = 0; i < g->k; i++) {
    g->low[i] = llround(p[i].lower * BILLION);
    g->step[i] = llround(p[i].step * BILLION);
    if (g->step[i] == 0)
      AUS_FAIL(err, AUS_ECONFIG, "share %s: step is %g, need >= %g", p[i].name, p[i].step,
               1.0 / MAX_UNITS);
    rest -= g->low[i];
    g->unit = gcd(g->step[i], g->unit);
  }
  if (g->unit == 0 || rest % g->unit != 0)
    AUS_FAIL(err, AUS_ECONFIG, "no steps of the shares from %s to %s sum to 1", p[0].name,
             p[g->k - 1].name);
  g->rest = rest / g->unit;
  if (g->rest > MAX_UNITS)
    AUS_FAIL(err, AUS_ECONFIG,
             "shares from %s to %s: the common divisor of the steps is %g, need >= %g", p[0].name,
             p[g->k - 1].name, (double)g->unit / BILLION, 1.0 / MAX_UNITS);
  for (i = 0; i < g->k; i++) {
    g->most[i] = (llround(p[i].upper * BILLION) - g->low[i]) / g->step[i];
    g->step[i] /= g->unit;
  }
  AUS_TRY(count_ways(g, err));
  if (g->ways[g->rest] == 0)
    AUS_FAIL(err, AUS_ECONFIG, "no steps of the shares from %s to %s sum to 1", p[0].name,
             p[g->k - 1].name);
done:
  return rc;
}

static int make_group(group *g, const aus_param *p, aus_err *err)
{
  int rc = AUS_OK, i, n_stepped = 0;
  double low = 0.0, high = 0.0;

  for (i = 0; i < g->k; i++) {
    low += p[i].lower;
    high += p[i].upper;
    n_stepped += p[i].step > 0.0;
  }
  if (g->k > MAX_SHARES)
    AUS_FAIL(err, AUS_ECONFIG, "share %s: %d shares in a group, at most %d", p[0].name, g->k,
             MAX_SHARES);
  if (g->k < 2) AUS_FAIL(err, AUS_ECONFIG, "share %s is alone in its group", p[0].name);
  if (low > 1.0 + 1e-9 || high < 1.0 - 1e-9)
    AUS_FAIL(err, AUS_ECONFIG, "shares from %s to %s sum to %g at least and %g at most, never to 1",
             p[0].name, p[g->k - 1].name, low, high);
  if (n_stepped != 0 && n_stepped != g->k)
    AUS_FAIL(err, AUS_ECONFIG, "shares from %s to %s: some have a step, some have none", p[0].name,
             p[g->k - 1].name);
  g->free = fmax(1.0 - low, 0.0);
  g->stepped = n_stepped > 0;
  if (g->stepped) AUS_TRY(make_grid(g, p, err));
done:
  return rc;
}

static int find_groups(aus_space *s, aus_err *err)
{
  int rc = AUS_OK, i, j;
  group *g;

  AUS_NEW(s->groups, s->n, err);
  for (i = 0; i < s->n; i += g->k) {
    g = s->groups + s->n_groups; /* a spare one when there is no group here */
    g->first = i;
    g->k = 1;
    if (s->param[i].kind != AUS_P_SHARE) continue;
    while (i + g->k < s->n && s->param[i + g->k].group == s->param[i].group)
      g->k++;
    for (j = 0; j < i; j++)
      if (s->param[j].group == s->param[i].group)
        AUS_FAIL(err, AUS_ECONFIG, "share %s: the shares of group %d do not stand together",
                 s->param[i].name, s->param[i].group);
    s->n_groups++;
    AUS_TRY(make_group(g, s->param + i, err));
  }
done:
  return rc;
}

static int copy_params(aus_space *s, int n, const aus_param *params, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_NEW(s->param, n, err);
  AUS_NEW(s->levels, n, err);
  for (i = 0; i < n; i++) {
    s->param[i] = params[i];
    s->param[i].name = s->param[i].unit = NULL;
  }
  s->n = n;
  for (i = 0; i < n; i++) {
    AUS_DUP(s->param[i].name, params[i].name ? params[i].name : "?", err);
    AUS_DUP(s->param[i].unit, params[i].unit ? params[i].unit : "", err);
    AUS_TRY(check_param(s->param + i, err));
    s->levels[i] = count_levels(s->param + i);
    s->n_unit += params[i].kind != AUS_P_FIXED;
  }
done:
  return rc;
}

int aus_space_create(aus_space **out, int n, const aus_param *params, aus_err *err)
{
  int rc = AUS_OK;
  aus_space *s = NULL;

  *out = NULL;
  if (n < 1) AUS_FAIL(err, AUS_ECONFIG, "a space without parameters");
  AUS_NEW(s, 1, err);
  AUS_TRY(copy_params(s, n, params, err));
  AUS_TRY(find_groups(s, err));
  s->n_unit -= s->n_groups;
  *out = s;
  s = NULL;
done:
  aus_space_destroy(s);
  return rc;
}

void aus_space_destroy(aus_space *s)
{
  int i;

  if (!s) return;
  for (i = 0; i < s->n; i++) {
    aus_free((char *)(uintptr_t)s->param[i].name); /* ours, const for those who look at it */
    aus_free((char *)(uintptr_t)s->param[i].unit);
  }
  for (i = 0; s->groups && i < s->n_groups; i++) {
    aus_free(s->groups[i].low);
    aus_free(s->groups[i].step);
    aus_free(s->groups[i].most);
    aus_free(s->groups[i].ways);
  }
  aus_free(s->groups);
  aus_free(s->levels);
  aus_free(s->param);
  aus_free(s);
}

int aus_space_n_unit(const aus_space *s)
{
  return s->n_unit;
}

int aus_space_n_value(const aus_space *s)
{
  return s->n;
}

const aus_param *aus_space_param(const aus_space *s, int i)
{
  return s->param + i;
}

/* One parameter, levels > 0: value of level i and the reverse. */
static double level_value(const aus_param *p, int64_t i)
{
  switch (p->kind) {
  case AUS_P_STEP:
    return tidy(p->lower + (double)i * p->step);
  case AUS_P_INT:
  case AUS_P_CATEGORY:
    return p->lower + (double)i * step_of(p);
  case AUS_P_REAL:
  case AUS_P_LOG:
  case AUS_P_FIXED:
  case AUS_P_SHARE:
    break;
  }
  return p->lower;
}

static int64_t value_level(const aus_param *p, int64_t levels, double value)
{
  double i = levels > 1 ? nearbyint((value - p->lower) / step_of(p)) : 0.0;

  return (int64_t)fmin(fmax(i, 0.0), (double)(levels - 1));
}

/* Every level has the same share of the unit interval. */
static double decode_one(const aus_param *p, int64_t levels, double u)
{
  if (levels > 0)
    return level_value(p, (int64_t)fmin(floor(u * (double)levels), (double)(levels - 1)));
  if (p->kind == AUS_P_LOG)
    return fmin(fmax(exp(log(p->lower) + u * (log(p->upper) - log(p->lower))), p->lower), p->upper);
  return fmin(p->lower + u * (p->upper - p->lower), p->upper);
}

static double encode_one(const aus_param *p, int64_t levels, double value)
{
  double u;

  if (levels > 0) return ((double)value_level(p, levels, value) + 0.5) / (double)levels;
  if (p->kind == AUS_P_LOG)
    u = (log(fmax(value, p->lower)) - log(p->lower)) / (log(p->upper) - log(p->lower));
  else
    u = (value - p->lower) / (p->upper - p->lower);
  return fmin(fmax(u, 0.0), 1.0);
}

/* Stick-breaking that maps the uniform cube to the uniform simplex, above the lower bounds. */
static void break_stick(const group *g, const aus_param *p, const double *u, double *value)
{
  double left = g->free, piece;
  int i;

  for (i = 0; i < g->k - 1; i++) {
    piece = left * (1.0 - pow(1.0 - u[i], 1.0 / (g->k - 1 - i)));
    value[i] = p[i].lower + piece;
    left -= piece;
  }
  value[i] = p[i].lower + left;
}

static void join_stick(const group *g, const aus_param *p, const double *value, double *u)
{
  double left = g->free, piece;
  int i;

  for (i = 0; i < g->k - 1; i++) {
    piece = left > 0.0 ? fmin(fmax((value[i] - p[i].lower) / left, 0.0), 1.0) : 0.5;
    u[i] = 1.0 - pow(1.0 - piece, g->k - 1 - i);
    left -= value[i] - p[i].lower;
  }
}

/* What is above an upper bound goes to the others by the room they have: nobody passes the bound
 * again, so that one round is enough. */
static void clip(const group *g, const aus_param *p, double *value)
{
  double excess = 0.0, room = 0.0;
  int i;

  for (i = 0; i < g->k; i++) {
    excess += fmax(value[i] - p[i].upper, 0.0);
    value[i] = fmin(value[i], p[i].upper);
    room += p[i].upper - value[i];
  }
  for (i = 0; i < g->k && excess > 0.0 && room > 0.0; i++)
    value[i] = fmin(value[i] + excess * (p[i].upper - value[i]) / room, p[i].upper);
}

static int64_t ways(const group *g, int i, int64_t rest)
{
  return rest < 0 ? 0 : g->ways[i * (g->rest + 1) + rest];
}

static double above(const group *g, int i, double value)
{
  return (value * BILLION - (double)g->low[i]) / (double)g->unit;
}

static double share_value(const group *g, int i, int64_t j)
{
  return (double)(g->low[i] + j * g->step[i] * g->unit) / BILLION;
}

/* Largest remainder: everyone gets the whole steps below its wish, what is left goes one step at a
 * time to the largest unfulfilled wish. @return what nobody could take (steps may differ) */
static int64_t largest_remainder(const group *g, const double *wish, int64_t *j)
{
  int64_t left = g->rest;
  int i, best;

  for (i = 0; i < g->k; i++) {
    j[i] = (int64_t)fmin(floor(wish[i] / (double)g->step[i] + 1e-6), (double)g->most[i]);
    if (j[i] < 0) j[i] = 0;
    left -= j[i] * g->step[i];
  }
  while (left > 0) {
    for (best = -1, i = 0; i < g->k; i++)
      if (j[i] < g->most[i] && g->step[i] <= left &&
          (best < 0 ||
           wish[i] - (double)(j[i] * g->step[i]) > wish[best] - (double)(j[best] * g->step[best])))
        best = i;
    if (best < 0) break;
    j[best]++;
    left -= g->step[best];
  }
  return left;
}

static bool fits(const group *g, int i, int64_t j, int64_t left)
{
  return j >= 0 && j <= g->most[i] && ways(g, i + 1, left - j * g->step[i]) > 0;
}

/* Share after share the number of steps nearest to its wish from which the others can still make up
 * the sum; what one gets too much or too little is carried to the next. */
static void one_after_another(const group *g, const double *wish, int64_t *j)
{
  int64_t left = g->rest, near, off;
  double carry = 0.0;
  int i;

  for (i = 0; i < g->k; i++) {
    near = llround((wish[i] + carry) / (double)g->step[i]);
    for (off = 0; !fits(g, i, near - off, left) && !fits(g, i, near + off, left);)
      off++;
    j[i] = fits(g, i, near - off, left) ? near - off : near + off;
    carry += wish[i] - (double)(j[i] * g->step[i]);
    left -= j[i] * g->step[i];
  }
}

static void snap(const group *g, double *value)
{
  double wish[MAX_SHARES];
  int64_t j[MAX_SHARES];
  int i;

  for (i = 0; i < g->k; i++)
    wish[i] = above(g, i, value[i]);
  if (largest_remainder(g, wish, j) != 0) one_after_another(g, wish, j);
  for (i = 0; i < g->k; i++)
    value[i] = share_value(g, i, j[i]);
}

static const group *group_at(const aus_space *s, int i)
{
  int k;

  for (k = 0; k < s->n_groups && s->groups[k].first != i; k++)
    continue;
  return k < s->n_groups ? s->groups + k : NULL;
}

void aus_space_decode(const aus_space *s, const double *unit, double *value)
{
  double u[MAX_SHARES];
  const group *g;
  int i, j;

  for (i = 0; i < s->n; i += g ? g->k : 1) {
    g = group_at(s, i);
    if (s->param[i].kind == AUS_P_FIXED) {
      value[i] = s->param[i].lower;
      continue;
    }
    for (j = 0; j < (g ? g->k - 1 : 1); j++)
      u[j] = fmin(fmax(*unit++, 0.0), 1.0);
    if (!g) {
      value[i] = decode_one(s->param + i, s->levels[i], u[0]);
      continue;
    }
    break_stick(g, s->param + i, u, value + i);
    clip(g, s->param + i, value + i);
    if (g->stepped) snap(g, value + i);
  }
}

void aus_space_encode(const aus_space *s, const double *value, double *unit)
{
  const group *g;
  int i;

  for (i = 0; i < s->n; i += g ? g->k : 1) {
    g = group_at(s, i);
    if (g) {
      join_stick(g, s->param + i, value + i, unit);
      unit += g->k - 1;
    } else if (s->param[i].kind != AUS_P_FIXED) {
      *unit++ = encode_one(s->param + i, s->levels[i], value[i]);
    }
  }
}

/* Grid points of parameter i, of a whole group at its first share and 1 at its others. */
static int64_t count_at(const aus_space *s, int i)
{
  const group *g = group_at(s, i);

  if (g) return g->stepped ? ways(g, 0, g->rest) : 0;
  return s->param[i].kind == AUS_P_SHARE ? 1 : s->levels[i];
}

int64_t aus_space_count(const aus_space *s)
{
  int64_t n = 1;
  int i;

  for (i = 0; i < s->n; i++) {
    if (count_at(s, i) == 0) return -1;
    n = times_saturated(n, count_at(s, i));
  }
  return n;
}

/* Composition number `at` of a group, first share slowest. */
static void group_value(const group *g, int64_t at, double *value)
{
  int64_t left = g->rest, j, n;
  int i;

  for (i = 0; i < g->k; i++) {
    for (j = 0; at >= (n = ways(g, i + 1, left - j * g->step[i])); j++)
      at -= n;
    value[i] = share_value(g, i, j);
    left -= j * g->step[i];
  }
}

int aus_space_at(const aus_space *s, int64_t i, double *value, aus_err *err)
{
  int64_t n = aus_space_count(s), here;
  const group *g;
  int k;

  if (n < 0) return aus_fail(err, AUS_EINVAL, AUS_HERE, "a continuous space has no grid points");
  if (i < 0 || i >= n)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "grid point %" PRId64 " of %" PRId64, i, n);
  for (k = s->n - 1; k >= 0; k--) {
    g = group_at(s, k);
    here = count_at(s, k);
    if (g)
      group_value(g, i % here, value + k);
    else if (s->param[k].kind != AUS_P_SHARE)
      value[k] = level_value(s->param + k, i % here);
    i /= here;
  }
  return AUS_OK;
}

static double *copy_point(const aus_space *s, const double *value, double *out)
{
  memcpy(out, value, (size_t)s->n * sizeof *out);
  return out + s->n;
}

/* One parameter a level down, then up. */
static double *step_level(const aus_space *s, int i, const double *value, double *out)
{
  int64_t at = value_level(s->param + i, s->levels[i], value[i]), to;

  for (to = at - 1; to <= at + 1; to += 2) {
    if (to < 0 || to >= s->levels[i]) continue;
    copy_point(s, value, out);
    out[i] = level_value(s->param + i, to);
    out += s->n;
  }
  return out;
}

/* The least that share a can give to share b with both on their grids; out as it was if it
 * cannot. */
static double *move_share(const aus_space *s, const group *g, int a, int b, const double *value,
                          double *out)
{
  int64_t each = g->step[a] / gcd(g->step[a], g->step[b]) * g->step[b];
  int64_t from = llround(above(g, a, value[g->first + a])) - each;
  int64_t to = llround(above(g, b, value[g->first + b])) + each;

  if (from < 0 || to > g->most[b] * g->step[b]) return out;
  copy_point(s, value, out);
  out[g->first + a] = share_value(g, a, from / g->step[a]);
  out[g->first + b] = share_value(g, b, to / g->step[b]);
  return out + s->n;
}

int64_t aus_space_n_neighbours(const aus_space *s)
{
  int64_t n = 2 * (int64_t)s->n;
  int i;

  for (i = 0; i < s->n_groups; i++)
    n += (int64_t)s->groups[i].k * s->groups[i].k;
  return n;
}

int64_t aus_space_neighbours(const aus_space *s, const double *value, double *out)
{
  double *from = out;
  const group *g;
  int i, a, b;

  for (i = 0; i < s->n; i++) {
    g = group_at(s, i);
    if (s->param[i].kind != AUS_P_SHARE && s->levels[i] > 1) out = step_level(s, i, value, out);
    if (!g || !g->stepped) continue;
    for (a = 0; a < g->k; a++)
      for (b = 0; b < g->k; b++)
        if (a != b) out = move_share(s, g, a, b, value, out);
  }
  return (out - from) / s->n;
}

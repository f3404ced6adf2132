/* design.c - points of the unit cube, their snapped values, duplicates replaced.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"

#include "design/design_fill.h"
#include "util/alloc.h"
#include "util/rng.h"

#include <inttypes.h>
#include <string.h>

const char *const aus_design_names[AUS_N_DESIGNS + 1] = {
    "random",      "lhs",     "lhs-centered", "sobol",  "grid",
    "lhs-maximin", "lhs-oa2", "halton",       "morris", "saltelli"};

static const int64_t GRID_MAX = INT64_C(1) << 31;

void aus_design_fini(aus_design *d)
{
  aus_free(d->unit);
  aus_free(d->value);
  *d = (aus_design){0};
}

static void fill_random(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit)
{
  aus_rng r;
  int64_t i;
  int j;

  for (j = 0; j < d; j++) {
    r = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_JITTER);
    for (i = 0; i < n; i++)
      unit[i * d + j] = aus_rng_uniform(&r);
  }
}

static int fill_maximin(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                        aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_design_fill_lhs(false, n, d, seed, campaign, unit, err));
  AUS_TRY(aus_design_maximin(n, d, (int64_t)AUS_DESIGN_PROPOSALS * d, seed, campaign, unit, err));
done:
  return rc;
}

bool aus_design_is_blocked(aus_design_kind kind)
{
  return kind == AUS_DESIGN_MORRIS || kind == AUS_DESIGN_SALTELLI;
}

/* Rows of a block. */
static int64_t block_of(aus_design_kind kind, int d)
{
  if (kind == AUS_DESIGN_MORRIS) return (int64_t)d + 1;
  return kind == AUS_DESIGN_SALTELLI ? (int64_t)d + 2 : 1;
}

int64_t aus_design_rows(aus_design_kind kind, int64_t n, int d)
{
  int64_t rows;

  return __builtin_mul_overflow(n, block_of(kind, d), &rows) ? INT64_MAX : rows;
}

int64_t aus_design_block(aus_design_kind kind, int d, int64_t row)
{
  return row / block_of(kind, d);
}

int aus_design_unit(aus_design_kind kind, int64_t n, int d, uint64_t seed, uint64_t campaign,
                    double *unit, aus_err *err)
{
  if (n < 0 || d < 0)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "a design of %" PRId64 " points in %d dimensions", n,
                    d);
  switch (kind) {
  case AUS_DESIGN_RANDOM:
    fill_random(n, d, seed, campaign, unit);
    return AUS_OK;
  case AUS_DESIGN_LHS:
    return aus_design_fill_lhs(false, n, d, seed, campaign, unit, err);
  case AUS_DESIGN_LHS_CENTERED:
    return aus_design_fill_lhs(true, n, d, seed, campaign, unit, err);
  case AUS_DESIGN_LHS_MAXIMIN:
    return fill_maximin(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_LHS_OA2:
    return aus_design_fill_oa2(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_SOBOL:
    return aus_design_fill_sobol(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_HALTON:
    return aus_design_fill_halton(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_MORRIS:
    return aus_design_fill_morris(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_SALTELLI:
    return aus_design_fill_saltelli(n, d, seed, campaign, unit, err);
  case AUS_DESIGN_GRID:
  case AUS_N_DESIGNS:
    break;
  }
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "a grid needs a space with steps");
}

/* Open-addressing hash set of rows of m doubles, kept as positions in a growing array of rows. */
typedef struct rows {
  int m;
  int64_t n, cap, n_slots;
  double *row;   /* n x m */
  int64_t *slot; /* n_slots, a power of two; -1: empty */
} rows;

static void rows_fini(rows *s)
{
  aus_free(s->row);
  aus_free(s->slot);
  *s = (rows){0};
}

static uint64_t hash(const double *row, int m)
{
  uint64_t h = UINT64_C(0x9E3779B97F4A7C15), u;
  int i;

  for (i = 0; i < m; i++) {
    memcpy(&u, row + i, sizeof u);
    h = (h ^ u) * UINT64_C(0xBF58476D1CE4E5B9);
    h ^= h >> 29;
  }
  return h;
}

/* The slot of a row: its own, or the empty one where it belongs. */
static int64_t *slot_of(const rows *s, const double *row)
{
  int64_t i = (int64_t)(hash(row, s->m) & (uint64_t)(s->n_slots - 1));

  while (s->slot[i] >= 0 &&
         memcmp(s->row + s->slot[i] * s->m, row, (size_t)s->m * sizeof *row) != 0)
    i = (i + 1) & (s->n_slots - 1);
  return s->slot + i;
}

static bool has(const rows *s, const double *row)
{
  return s->n_slots > 0 && *slot_of(s, row) >= 0;
}

static int rehash(rows *s, int64_t n_slots, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *slot, i;

  AUS_NEW(slot, n_slots, err);
  aus_free(s->slot);
  s->slot = slot;
  s->n_slots = n_slots;
  for (i = 0; i < n_slots; i++)
    slot[i] = -1;
  for (i = 0; i < s->n; i++)
    *slot_of(s, s->row + i * s->m) = i;
done:
  return rc;
}

/* Add a row; *fresh tells whether it was new. */
static int add(rows *s, const double *row, bool *fresh, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *slot;

  if (2 * (s->n + 1) > s->n_slots) AUS_TRY(rehash(s, s->n_slots ? 2 * s->n_slots : 64, err));
  AUS_TRY(aus_grow(&s->row, &s->cap, (s->n + 1) * s->m, sizeof *s->row, err));
  slot = slot_of(s, row);
  *fresh = *slot < 0;
  if (!*fresh) goto done;
  memcpy(s->row + s->n * s->m, row, (size_t)s->m * sizeof *row);
  *slot = s->n++;
done:
  return rc;
}

/* Steps of different size in a group may keep a grid point from being reached: then the first
 * unused one of the whole grid. */
static int first_unused(const rows *used, const aus_space *space, double *value, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_space_count(space);

  for (i = 0; i < n; i++) {
    AUS_TRY(aus_space_at(space, i, value, err));
    if (!has(used, value)) goto done;
  }
  AUS_FAIL(err, AUS_EBUG, "every point of the grid is used");
done:
  return rc;
}

/* Breadth-first over single steps: `seen` is the queue, too. */
static int nearest_unused(const rows *used, const aus_space *space, double *value,
                          double *neighbours, aus_err *err)
{
  int rc = AUS_OK;
  rows seen = {.m = used->m};
  int64_t i, k, n;
  bool fresh;

  AUS_TRY(add(&seen, value, &fresh, err));
  for (i = 0; i < seen.n; i++) {
    n = aus_space_neighbours(space, seen.row + i * seen.m, neighbours);
    for (k = 0; k < n; k++) {
      memcpy(value, neighbours + k * seen.m, (size_t)seen.m * sizeof *value);
      if (!has(used, value)) goto done;
      AUS_TRY(add(&seen, value, &fresh, err));
    }
  }
  AUS_TRY(first_unused(used, space, value, err));
done:
  rows_fini(&seen);
  return rc;
}

static int replace_duplicates(aus_design *d, const aus_space *space, aus_err *err)
{
  int rc = AUS_OK;
  rows used = {.m = d->n_value};
  double *neighbours = NULL, *value;
  int64_t i;
  bool fresh;

  AUS_NEW(neighbours, aus_space_n_neighbours(space) * d->n_value, err);
  for (i = 0; i < d->n; i++) {
    value = d->value + i * d->n_value;
    AUS_TRY(add(&used, value, &fresh, err));
    if (fresh) continue;
    AUS_TRY(nearest_unused(&used, space, value, neighbours, err));
    AUS_TRY(add(&used, value, &fresh, err));
    aus_space_encode(space, value, d->unit + i * d->n_unit);
  }
done:
  rows_fini(&used);
  aus_free(neighbours);
  return rc;
}

static int fill_grid(aus_design *d, const aus_space *space, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < d->n; i++) {
    AUS_TRY(aus_space_at(space, i, d->value + i * d->n_value, err));
    aus_space_encode(space, d->value + i * d->n_value, d->unit + i * d->n_unit);
  }
done:
  return rc;
}

static int check_grid(int64_t count, aus_err *err)
{
  if (count < 0)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "a grid needs a step for every parameter");
  if (count > GRID_MAX)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE,
                    "the grid has %s%" PRId64 " points, at most %" PRId64 " are enumerated",
                    count == INT64_MAX ? "more than " : "", count, GRID_MAX);
  return AUS_OK;
}

int aus_design_make(aus_design *d, aus_design_kind kind, int64_t n, const aus_space *space,
                    uint64_t seed, uint64_t campaign, aus_err *err)
{
  int rc = AUS_OK;
  int64_t count = aus_space_count(space), i;
  bool blocked = aus_design_is_blocked(kind);

  *d = (aus_design){.n_unit = aus_space_n_unit(space), .n_value = aus_space_n_value(space)};
  if (n < 0) AUS_FAIL(err, AUS_EINVAL, "a design of %" PRId64 " points", n);
  if (kind == AUS_DESIGN_GRID) AUS_TRY(check_grid(count, err));
  d->whole_grid = kind != AUS_DESIGN_GRID && !blocked && count >= 0 && count < n;
  d->n = d->whole_grid || kind == AUS_DESIGN_GRID ? count : aus_design_rows(kind, n, d->n_unit);
  AUS_NEW(d->unit, d->n * d->n_unit, err);
  AUS_NEW(d->value, d->n * d->n_value, err);
  if (d->whole_grid || kind == AUS_DESIGN_GRID) {
    AUS_TRY(fill_grid(d, space, err));
    goto done;
  }
  AUS_TRY(aus_design_unit(kind, n, d->n_unit, seed, campaign, d->unit, err));
  for (i = 0; i < d->n; i++)
    aus_space_decode(space, d->unit + i * d->n_unit, d->value + i * d->n_value);
  if (count >= 0 && !blocked) AUS_TRY(replace_duplicates(d, space, err));
done:
  if (rc != AUS_OK) aus_design_fini(d);
  return rc;
}

/* trials.c - what rank 0 keeps of committed trials, and how it is published.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/trials.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

static const char *const origin_names[] = {"design", "acquisition", "restart"};

void aus_trials_init(aus_trials *t, const aus_kind *kind, int n_x)
{
  *t = (aus_trials){.kind = kind, .n_x = n_x};
}

void aus_trials_fini(aus_trials *t)
{
  int64_t i;

  for (i = 0; i < t->n; i++) {
    aus_free(t->row[i].x);
    aus_free(t->row[i].y);
  }
  aus_free(t->row);
  *t = (aus_trials){0};
}

int aus_trials_add(aus_trials *t, const aus_task *task, const aus_result *result,
                   aus_bo_origin origin, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_trial_row row = {.id = task->id,
                       .scenario = task->scenario,
                       .origin = (uint8_t)origin,
                       .status = (uint8_t)result->status,
                       .feasible = result->status != AUS_S_INFEASIBLE};

  if (task->n_x != t->n_x)
    AUS_FAIL(err, AUS_EBUG, "trial has %d parameters, %s has %d", task->n_x, t->kind->name, t->n_x);
  AUS_TRY(aus_grow(&t->row, &t->cap, t->n + 1, sizeof *t->row, err));
  AUS_NEW(row.x, t->n_x, err);
  AUS_NEW(row.y, t->kind->n_y, err);
  if (t->n_x > 0) memcpy(row.x, task->x, (size_t)t->n_x * sizeof *row.x);
  for (i = 0; i < t->kind->n_y; i++)
    row.y[i] = result->status == AUS_S_OK && i < result->n_y ? result->y[i] : (double)NAN;
  t->row[t->n++] = row;
  row.x = row.y = NULL;
done:
  aus_free(row.x);
  aus_free(row.y);
  return rc;
}

static int by_id(const void *a, const void *b)
{
  const aus_trial_row *const *x = a, *const *y = b;

  return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* The columns of /trials/<kind>, packed from the rows. */
typedef struct packed {
  const aus_trial_row **row; /* by id */
  uint64_t *id;
  uint32_t *campaign, *index;
  int64_t *scenario;
  uint8_t *origin, *status, *feasible;
  double *x, *y;
} packed;

static void packed_fini(packed *p)
{
  aus_free(p->row);
  aus_free(p->id);
  aus_free(p->campaign);
  aus_free(p->index);
  aus_free(p->scenario);
  aus_free(p->origin);
  aus_free(p->status);
  aus_free(p->feasible);
  aus_free(p->x);
  aus_free(p->y);
}

static int pack(const aus_trials *t, packed *p, aus_err *err)
{
  int rc = AUS_OK, n_y = t->kind->n_y;
  int64_t i;

  AUS_NEW(p->row, t->n, err);
  for (i = 0; i < t->n; i++)
    p->row[i] = &t->row[i];
  if (t->n > 0) qsort(p->row, (size_t)t->n, sizeof(const aus_trial_row *), by_id);
  AUS_NEW(p->id, t->n, err);
  AUS_NEW(p->campaign, t->n, err);
  AUS_NEW(p->index, t->n, err);
  AUS_NEW(p->scenario, t->n, err);
  AUS_NEW(p->origin, t->n, err);
  AUS_NEW(p->status, t->n, err);
  AUS_NEW(p->feasible, t->n, err);
  AUS_NEW(p->x, t->n * t->n_x, err);
  AUS_NEW(p->y, t->n * n_y, err);
  for (i = 0; i < t->n; i++) {
    const aus_trial_row *r = p->row[i];

    p->id[i] = r->id;
    p->campaign[i] = (uint32_t)(r->id >> 32);
    p->index[i] = (uint32_t)r->id;
    p->scenario[i] = r->scenario;
    p->origin[i] = r->origin;
    p->status[i] = r->status;
    p->feasible[i] = r->feasible;
    if (t->n_x > 0) memcpy(p->x + i * t->n_x, r->x, (size_t)t->n_x * sizeof *p->x);
    if (n_y > 0) memcpy(p->y + i * n_y, r->y, (size_t)n_y * sizeof *p->y);
  }
done:
  return rc;
}

int aus_trials_publish(const aus_trials *t, aus_pub *pub, const char *const *x_names,
                       const char *const *unit, aus_err *err)
{
  int rc = AUS_OK;
  packed p = {0};
  char path[80], sub[96];
  const aus_column column[] = {
      AUS_COLUMN("id", AUS_U64, "1", 1, "trial id: campaign << 32 | index"),
      AUS_COLUMN("campaign", AUS_U32, "1", 1, "campaign of the trial"),
      AUS_COLUMN("index", AUS_U32, "1", 1, "index in the campaign"),
      AUS_COLUMN("scenario", AUS_I64, "1", 1, "scenario: keys the simulated world"),
      AUS_COLUMN_ENUM("origin", AUS_U8, "who proposed the point", origin_names, 3),
      AUS_COLUMN_ENUM("status", AUS_U8, "outcome of the trial", aus_status_names, 10),
      AUS_COLUMN("feasible", AUS_U8, "1", 1, "1 if the point satisfies all constraints"),
      AUS_COLUMN_MATRIX("x", AUS_F64, t->n_x, "1", 1, "decoded parameters; units in /space"),
      AUS_COLUMN_MATRIX("y", AUS_F64, t->kind->n_y, "1", 1,
                        "metrics; y[:,0] is the objective; units in y_units"),
  };

  AUS_TRY(pack(t, &p, err));
  snprintf(path, sizeof path, "trials/%s", t->kind->name);
  {
    const void *data[] = {p.id,     p.campaign, p.index, p.scenario, p.origin,
                          p.status, p.feasible, p.x,     p.y};
    size_t i;

    for (i = 0; i < sizeof column / sizeof column[0]; i++)
      AUS_TRY(aus_pub_column(pub, path, &column[i], t->n, data[i], err));
  }
  snprintf(sub, sizeof sub, "%s/x", path);
  AUS_TRY(aus_pub_attr_strs(pub, sub, "names", t->n_x, x_names, err));
  snprintf(sub, sizeof sub, "%s/y", path);
  AUS_TRY(aus_pub_attr_strs(pub, sub, "names", t->kind->n_y, t->kind->y_names, err));
  AUS_TRY(aus_pub_attr_strs(pub, sub, "y_units", t->kind->n_y, unit, err));
done:
  packed_fini(&p);
  return rc;
}

void aus_ranges_fini(aus_ranges *r)
{
  aus_free(r->range);
  *r = (aus_ranges){0};
}

int aus_ranges_add(aus_ranges *r, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_TRY(aus_grow(&r->range, &r->cap, r->n + result->n_ranges, sizeof *r->range, err));
  for (i = 0; i < result->n_ranges; i++)
    r->range[r->n++] = result->ranges[i];
done:
  return rc;
}

int aus_ranges_join(aus_ranges *r, const aus_ranges *more, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&r->range, &r->cap, r->n + more->n, sizeof *r->range, err));
  if (more->n > 0) memcpy(r->range + r->n, more->range, (size_t)more->n * sizeof *r->range);
  r->n += more->n;
done:
  return rc;
}

static int by_place(const void *a, const void *b)
{
  const aus_range *x = a, *y = b;

  if (x->trial != y->trial) return x->trial < y->trial ? -1 : 1;
  if (x->table != y->table) return x->table < y->table ? -1 : 1;
  if (x->shard != y->shard) return x->shard < y->shard ? -1 : 1;
  return (x->first > y->first) - (x->first < y->first);
}

void aus_ranges_sort(aus_ranges *r)
{
  if (r->n > 0) qsort(r->range, (size_t)r->n, sizeof *r->range, by_place);
}

void aus_ranges_encode(const aus_ranges *r, int table, aus_buf *out)
{
  int64_t i, n = 0;

  for (i = 0; i < r->n; i++)
    n += (int)r->range[i].table == table;
  aus_buf_i64(out, n);
  for (i = 0; i < r->n; i++)
    if ((int)r->range[i].table == table) aus_range_encode(&r->range[i], out);
}

int aus_ranges_decode(aus_ranges *r, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd in = aus_rd_of(bytes, n);
  int64_t i, count = aus_rd_i64(&in);

  r->n = 0;
  if (in.bad || count < 0 || (uint64_t)count > n / AUS_RANGE_BYTES)
    AUS_FAIL(err, AUS_EFORMAT, "list of row ranges is damaged");
  AUS_TRY(aus_grow(&r->range, &r->cap, count, sizeof *r->range, err));
  for (i = 0; i < count; i++)
    aus_range_decode(&r->range[i], &in);
  if (in.bad || in.at != n) AUS_FAIL(err, AUS_EFORMAT, "list of row ranges is damaged");
  r->n = count;
done:
  return rc;
}

aus_campaign aus_campaign_of(uint32_t id, int64_t budget, const aus_trials *t)
{
  aus_campaign c = {.id = id,
                    .kind = t->kind->name,
                    .base_trial = -1,
                    .budget = budget,
                    .best_trial = -1,
                    .best_y = NAN};
  int64_t i;

  for (i = 0; i < t->n; i++) {
    const aus_trial_row *r = &t->row[i];

    if (r->id >> 32 != id) continue;
    c.n_committed++;
    if (r->status != AUS_S_OK || !(c.best_trial < 0 || r->y[0] < c.best_y)) continue;
    c.best_y = r->y[0];
    c.best_trial = (int64_t)r->id;
  }
  c.stop_reason = c.n_committed < budget ? AUS_BO_RUNNING : AUS_BO_BUDGET;
  return c;
}

int aus_campaigns_publish(const aus_campaign *c, int64_t n, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, *field = NULL;
  uint32_t *id = NULL;
  uint8_t *reason = NULL;
  double *best = NULL;
  const char **kind = NULL;
  static const aus_column id_col = AUS_COLUMN("id", AUS_U32, "1", 1, "campaign id");
  static const aus_column reason_col =
      AUS_COLUMN_ENUM("stop_reason", AUS_U8, "why the campaign ended", aus_bo_stop_names, 6);
  static const aus_column best_col =
      AUS_COLUMN("best_y", AUS_F64, "1", 1, "smallest objective; NaN when no trial succeeded");
  static const aus_column ints[] = {
      AUS_COLUMN("base_trial", AUS_I64, "1", 1, "trial this campaign starts from; -1: none"),
      AUS_COLUMN("budget", AUS_I64, "1", 1, "trials planned"),
      AUS_COLUMN("lag", AUS_I64, "1", 1, "logical width; 0: all trials known beforehand"),
      AUS_COLUMN("n_committed", AUS_I64, "1", 1, "trials committed"),
      AUS_COLUMN("best_trial", AUS_I64, "1", 1, "trial with the smallest objective; -1: none"),
  };
  int k;

  AUS_NEW(field, 5 * n, err);
  AUS_NEW(id, n, err);
  AUS_NEW(reason, n, err);
  AUS_NEW(best, n, err);
  AUS_NEW(kind, n, err);
  for (i = 0; i < n; i++) {
    id[i] = c[i].id;
    kind[i] = c[i].kind;
    reason[i] = (uint8_t)c[i].stop_reason;
    best[i] = c[i].best_y;
    field[i] = c[i].base_trial;
    field[n + i] = c[i].budget;
    field[2 * n + i] = c[i].lag;
    field[3 * n + i] = c[i].n_committed;
    field[4 * n + i] = c[i].best_trial;
  }
  AUS_TRY(aus_pub_column(pub, "campaigns", &id_col, n, id, err));
  AUS_TRY(aus_pub_column(pub, "campaigns", &reason_col, n, reason, err));
  AUS_TRY(aus_pub_column(pub, "campaigns", &best_col, n, best, err));
  for (k = 0; k < 5; k++)
    AUS_TRY(aus_pub_column(pub, "campaigns", &ints[k], n, field + k * n, err));
  AUS_TRY(aus_pub_strings(pub, "campaigns/kind", n, kind, "task kind of the campaign", err));
done:
  aus_free(field);
  aus_free(id);
  aus_free(reason);
  aus_free(best);
  aus_free(kind);
  return rc;
}

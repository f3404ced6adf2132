/* sensitivity.c - indices of several results of one design: made, published, printed.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/sensitivity.h"

#include <math.h>

#include "util/alloc.h"

/* The indices of a design in their order in tables: which array, its dataset, whether it has the unit
 * of y. */
typedef struct index_of {
  const char *name, *long_name;
  bool has_unit;
  const double *value;
} index_of;

enum { N_SALTELLI = 4, N_MORRIS = 5 };

/* What there is of one result; out has room for N_MORRIS. */
static int list_indices(const aus_sens *s, index_of *out)
{
  const index_of all[] = {
      {"S1", "first-order index: share of the variance explained alone", false, s->s1},
      {"S1_conf", "half width of the 95 % interval of S1", false, s->s1_conf},
      {"ST", "total index: share of the variance left when all others are known", false, s->st},
      {"ST_conf", "half width of the 95 % interval of ST", false, s->st_conf},
      {"mu", "mean elementary effect over the whole range", true, s->mu},
      {"mu_conf", "half width of the 95 % interval of mu", true, s->mu_conf},
      {"mu_star", "mean absolute elementary effect", true, s->mu_star},
      {"mu_star_conf", "half width of the 95 % interval of mu_star", true, s->mu_star_conf},
      {"sigma", "standard deviation of the elementary effects", true, s->sigma},
  };
  int i, n = 0;

  for (i = 0; i < N_SALTELLI + N_MORRIS; i++)
    if (all[i].value) out[n++] = all[i];
  return n;
}

void aus_sensitivity_fini(aus_sensitivity *s)
{
  int i;

  for (i = 0; s->x_name && i < s->d; i++)
    aus_free(s->x_name[i]);
  for (i = 0; s->sens && i < s->n_y; i++)
    aus_sens_fini(&s->sens[i]);
  aus_free(s->x_name);
  aus_free(s->of);
  aus_free(s->sens);
  *s = (aus_sensitivity){0};
}

static int make_one(aus_sensitivity *s, const aus_sensitivity_in *in, int i, aus_err *err)
{
  uint64_t table = (uint64_t)i;

  s->of[i] = in->y[i];
  s->of[i].y = NULL;
  if (in->kind == AUS_DESIGN_SALTELLI)
    return aus_sens_saltelli(&s->sens[i], in->n, in->d, in->y[i].y, in->seed, in->campaign, table,
                             err);
  return aus_sens_morris(&s->sens[i], in->n, in->d, in->unit, in->y[i].y, in->seed, in->campaign,
                         table, err);
}

int aus_sensitivity_make(aus_sensitivity *s, const aus_sensitivity_in *in, aus_err *err)
{
  int rc = AUS_OK, i;

  *s = (aus_sensitivity){.kind = in->kind};
  if (!aus_design_is_blocked(in->kind)) goto done;
  s->d = in->d;
  s->n_y = in->n_y;
  AUS_NEW(s->x_name, in->d, err);
  AUS_NEW(s->of, in->n_y, err);
  AUS_NEW(s->sens, in->n_y, err);
  for (i = 0; i < in->d; i++)
    AUS_DUP(s->x_name[i], in->x_name[i], err);
  for (i = 0; i < in->n_y; i++)
    AUS_TRY(make_one(s, in, i, err));
done:
  if (rc != AUS_OK) aus_sensitivity_fini(s);
  return rc;
}

static int publish_one(const aus_sensitivity *s, int y, const char *path, aus_pub *pub,
                       aus_err *err)
{
  int rc = AUS_OK, i, n;
  index_of list[N_SALTELLI + N_MORRIS];

  n = list_indices(&s->sens[y], list);
  for (i = 0; i < n; i++) {
    aus_column column = AUS_COLUMN(list[i].name, AUS_F64, "1", 1, list[i].long_name);

    if (list[i].has_unit) {
      column.unit = s->of[y].unit;
      column.unit_si = s->of[y].unit_si;
    }
    AUS_TRY(aus_pub_column(pub, path, &column, s->d, list[i].value, err));
  }
  AUS_TRY(aus_pub_attr_strs(pub, path, "names", s->d, (const char *const *)s->x_name, err));
  AUS_TRY(aus_pub_attr_u64(pub, path, "n_used", (uint64_t)s->sens[y].n_used, err));
  AUS_TRY(aus_pub_attr_u64(pub, path, "n_dropped", (uint64_t)s->sens[y].n_dropped, err));
done:
  return rc;
}

int aus_sensitivity_publish(const aus_sensitivity *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_buf path;

  aus_buf_init(&path);
  for (i = 0; i < s->n_y; i++) {
    aus_buf_clear(&path);
    aus_buf_printf(&path, "sensitivity/%s", s->of[i].name);
    AUS_TRY(aus_buf_check(&path, err));
    AUS_TRY(publish_one(s, i, path.data, pub, err));
  }
done:
  aus_buf_fini(&path);
  return rc;
}

void aus_sensitivity_report(const aus_sensitivity *s, int y, aus_buf *out)
{
  index_of list[N_SALTELLI + N_MORRIS];
  int i, k, n;

  if (y < 0 || y >= s->n_y) return;
  n = list_indices(&s->sens[y], list);
  aus_buf_printf(out, "\nsensitivity of %-30s", s->of[y].name);
  for (i = 0; i < n; i++)
    aus_buf_printf(out, " %12s", list[i].name);
  for (k = 0; k < s->d; k++) {
    aus_buf_printf(out, "\n%-45s", s->x_name[k]);
    for (i = 0; i < n; i++)
      if (isnan(list[i].value[k]))
        aus_buf_printf(out, " %12s", "-");
      else
        aus_buf_printf(out, " %12.4f", list[i].value[k]);
  }
  aus_buf_printf(out, "\n%lld used, %lld dropped because of failed trials\n",
                 (long long)s->sens[y].n_used, (long long)s->sens[y].n_dropped);
}

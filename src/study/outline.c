/* outline.c - what a study is going to do.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/outline.h"

#include <math.h>

#include "util/alloc.h"

void aus_outline_fini(aus_outline *o)
{
  aus_free(o->param);
  aus_free(o->levels);
  aus_free(o->unit_name);
  aus_free(o->part);
  aus_design_fini(&o->design);
  *o = (aus_outline){0};
}

int aus_outline_add(aus_outline *o, aus_outline_part part, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&o->part, &o->cap_parts, o->n_parts + 1, sizeof *o->part, err));
  o->part[o->n_parts++] = part;
done:
  return rc;
}

int64_t aus_outline_levels(const aus_param *p)
{
  double step = p->step;

  switch (p->kind) {
  case AUS_P_REAL:
  case AUS_P_LOG:
    return p->lower < p->upper ? 0 : 1;
  case AUS_P_FIXED:
    return 1;
  case AUS_P_INT:
  case AUS_P_CATEGORY:
    if (!(step > 0)) step = 1;
    break;
  case AUS_P_STEP:
  case AUS_P_SHARE:
    if (!(step > 0)) return 0;
    break;
  }
  /* The tolerance is for ranges like 0.3 to 0.7 in steps of 0.1. */
  return (int64_t)fmin(floor((p->upper - p->lower) / step + 1e-9) + 1, 9e18);
}

void aus_outline_csv(const aus_outline *o, aus_buf *out)
{
  const aus_design *d = &o->design;
  int64_t i;
  int k;

  aus_buf_text(out, "point");
  for (k = 0; k < o->n_params; k++)
    aus_buf_printf(out, ",%s", o->param[k].name);
  for (k = 0; k < d->n_unit; k++)
    aus_buf_printf(out, ",unit_%s", o->unit_name[k]);
  aus_buf_text(out, "\n");
  for (i = 0; i < d->n; i++) {
    aus_buf_printf(out, "%lld", (long long)i);
    for (k = 0; k < d->n_value; k++) {
      aus_buf_text(out, ",");
      aus_buf_real(out, d->value[i * d->n_value + k]);
    }
    for (k = 0; k < d->n_unit; k++) {
      aus_buf_text(out, ",");
      aus_buf_real(out, d->unit[i * d->n_unit + k]);
    }
    aus_buf_text(out, "\n");
  }
}

/* types.c - fuzz: type files, infrastructure, space and defects of the serverless area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One document holds them all, each under its own key. Where nothing is reported, every index is in
 * range, orders are orders and numbers are numbers.
 */
#include <config.h>

#include <math.h>

#include "fuzz/fuzz.h"
#include "serverless/mode.h"
#include "serverless/space.h"

static void check_app(const aus_serverless_types *t, const aus_serverless_app_type *a)
{
  int i, k;
  bool *before = calloc((size_t)a->n_tasks + 1, 1);

  fuzz_check(before && a->n_tasks > 0 && a->pred_begin[0] == 0);
  for (i = 0; i < a->n_tasks; i++) {
    int at = a->topo[i];

    fuzz_check(at >= 0 && at < a->n_tasks && !before[at]);
    fuzz_check(a->task[i] >= 0 && a->task[i] < t->n_tasks);
    for (k = a->pred_begin[at]; k < a->pred_begin[at + 1]; k++)
      fuzz_check(a->pred[k] >= 0 && a->pred[k] < a->n_tasks && before[a->pred[k]]);
    before[at] = true;
  }
  free(before);
}

static void check_task(const aus_serverless_types *t, const aus_serverless_task_type *f)
{
  int i, p;

  fuzz_check(f->n_platforms > 0 && isfinite(f->max_exec_s));
  for (i = 0; i < f->n_platforms; i++) {
    p = f->platform[i];
    fuzz_check(p >= 0 && p < t->n_platforms);
    fuzz_check(f->memory_gb[p] >= 0 && f->cold_s[p] >= 0 && f->exec_s[p] >= 0);
    fuzz_check(f->exec_s[p] <= f->max_exec_s && isfinite(f->image_gb[p] + f->energy_kwh[p]));
  }
}

static void check_node(const aus_serverless_types *t, const aus_serverless_node *node)
{
  int i;

  fuzz_check(node->n_platforms > 0 && node->n_storages > 0 && isfinite(node->memory_gb));
  for (i = 0; i < node->n_platforms; i++)
    fuzz_check(node->platform[i] >= 0 && node->platform[i] < t->n_platforms);
  for (i = 0; i < node->n_storages; i++)
    fuzz_check(node->storage[i] >= 0 && node->storage[i] < t->n_storages);
}

static void check_axis(const aus_serverless_axis *axis)
{
  double *value = NULL;
  int64_t n = 0;
  aus_err err = {0};
  int compat;

  for (compat = 0; compat < 2; compat++) {
    if (fuzz_took(aus_serverless_axis_values(axis, compat, &value, &n, &err), &err, AUS_EINVAL))
      fuzz_check(n > 0 && value[0] == axis->min && isfinite(value[n - 1]));
    aus_free(value);
    aus_err_clear(&err);
  }
}

static void check_space(const aus_serverless_types *t, const aus_serverless_space *s)
{
  int i;

  fuzz_check(s->n_x == 2 + s->n_devices + s->n_apps);
  check_axis(&s->cluster_size);
  check_axis(&s->bandwidth);
  for (i = 0; i < s->n_devices; i++) {
    check_axis(&s->device_axis[i]);
    check_node(t, &s->specs[i]);
    fuzz_check(s->device_sorted[i] >= 0 && s->device_sorted[i] < s->n_devices);
    fuzz_check(i == 0 ||
               strcmp(s->device[s->device_sorted[i - 1]], s->device[s->device_sorted[i]]) < 0);
  }
  for (i = 0; i < s->n_apps; i++) {
    check_axis(&s->app_axis[i]);
    fuzz_check(s->app[i] >= 0 && s->app[i] < t->n_apps);
    fuzz_check(s->app_sorted[i] >= 0 && s->app_sorted[i] < s->n_apps);
  }
}

/* The cluster in the middle of a space that is not too large. */
static void check_cluster(const aus_serverless_space *s)
{
  aus_serverless_infra infra = {0};
  aus_err err = {0};
  double *x = calloc((size_t)s->n_x, sizeof *x);
  int i, compat, rc;

  fuzz_check(x);
  x[0] = s->bandwidth.min;
  x[1] = s->cluster_size.min;
  for (i = 0; i < s->n_devices; i++)
    x[2 + i] = s->device_axis[s->device_sorted[i]].min;
  for (i = 0; i < s->n_apps; i++)
    x[2 + s->n_devices + i] = s->app_axis[s->app_sorted[i]].min;
  for (compat = 0; compat < 2 && x[1] < 64; compat++) {
    rc = aus_serverless_space_infra(s, x, compat, &infra, &err);
    if (fuzz_took(rc, &err, AUS_ECONFIG)) fuzz_check(infra.n_nodes > 0);
    aus_serverless_infra_fini(&infra);
    aus_err_clear(&err);
  }
  free(x);
}

typedef struct documents {
  aus_cfg *cfg;
  aus_cfg_node *root;
  aus_serverless_types types;
  aus_serverless_infra infra;
  aus_serverless_space space;
} documents;

static bool clean(const documents *d)
{
  return aus_cfg_n_problems(d->cfg) == 0;
}

static void read_types(documents *d)
{
  static const char *const key[] = {"platforms", "storages", "qos", "apps", "tasks"};
  aus_cfg_node *doc[5];
  aus_err err = {0};
  int i;

  for (i = 0; i < 5; i++)
    if (!(doc[i] = aus_cfg_get(d->root, key[i]))) return;
  if (!fuzz_must(aus_serverless_types_read(&d->types, d->cfg, doc[0], doc[1], doc[2], doc[3],
                                           doc[4], &err),
                 &err) ||
      !clean(d))
    return;
  for (i = 0; i < d->types.n_apps; i++)
    check_app(&d->types, &d->types.app[i]);
  for (i = 0; i < d->types.n_tasks; i++)
    check_task(&d->types, &d->types.task[i]);
}

static void read_rest(documents *d)
{
  aus_cfg_node *infra = aus_cfg_get(d->root, "infra"), *space = aus_cfg_get(d->root, "space");
  aus_err err = {0};
  int i;

  if (infra &&
      fuzz_must(aus_serverless_infra_read(&d->infra, &d->types, d->cfg, infra, &err), &err))
    for (i = 0; clean(d) && i < d->infra.n_nodes; i++)
      check_node(&d->types, &d->infra.node[i]);
  aus_err_clear(&err);
  if (space &&
      fuzz_must(aus_serverless_space_read(&d->space, &d->types, d->cfg, space, &err), &err) &&
      clean(d)) {
    check_space(&d->types, &d->space);
    check_cluster(&d->space);
  }
}

static void read_mode(documents *d)
{
  static const aus_opt table[] = {AUS_SERVERLESS_MODE_OPTS, {0}};
  const aus_opt *tables = table;
  aus_opts *opts = NULL;
  aus_err err = {0};
  const uint64_t known = AUS_SERVERLESS_COMPAT | AUS_SERVERLESS_STUDY_SWITCHES;
  uint64_t defects = 0;

  if (fuzz_must(aus_opts_read(&opts, d->cfg, d->root, &tables, 1, &err), &err)) {
    aus_serverless_mode_read(opts, d->cfg, known, &defects);
    fuzz_check((defects & ~known) == 0);
  }
  aus_opts_destroy(opts);
}

FUZZ_TARGET(types)
{
  documents d = {0};
  aus_err err = {0};

  if (fuzz_must(aus_cfg_create(&d.cfg, &err), &err) &&
      fuzz_took(aus_cfg_parse(d.cfg, "file", (const char *)data, n, &d.root, &err), &err,
                AUS_ECONFIG)) {
    read_mode(&d);
    read_types(&d);
    if (clean(&d) && d.types.n_tasks > 0) read_rest(&d);
    aus_cfg_unused(d.cfg, d.root);
  }
  aus_serverless_space_fini(&d.space);
  aus_serverless_infra_fini(&d.infra);
  aus_serverless_types_fini(&d.types);
  aus_cfg_destroy(d.cfg);
}

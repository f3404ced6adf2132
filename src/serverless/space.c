/* space.c - the space file, and the cluster that a sample of it stands for.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/space.h"

#include "util/alloc.h"
#include "util/buf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MAX_NODES = 1e6, MAX_LEVELS = 65535;

void aus_serverless_space_fini(aus_serverless_space *space)
{
  int i;

  for (i = 0; space->device && i < space->n_devices; i++)
    aus_free(space->device[i]);
  for (i = 0; space->specs && i < space->n_devices; i++)
    aus_serverless_node_fini(&space->specs[i]);
  for (i = 0; space->app_name && i < space->n_apps; i++)
    aus_free(space->app_name[i]);
  for (i = 0; space->x_name && i < space->n_x; i++)
    aus_free(space->x_name[i]);
  aus_free(space->device);
  aus_free(space->device_axis);
  aus_free(space->specs);
  aus_free(space->app);
  aus_free(space->app_name);
  aus_free(space->app_axis);
  aus_free(space->device_sorted);
  aus_free(space->app_sorted);
  aus_free(space->x_name);
  *space = (aus_serverless_space){0};
}

/* min, max and step of one axis; after a problem the values are not to be used. */
static aus_serverless_axis read_axis(aus_cfg *cfg, aus_cfg_node *map, double lo, double hi)
{
  int before = aus_cfg_n_problems(cfg);
  aus_serverless_axis a = {.average = NAN};

  if (!map) return a;
  a.min = aus_cfg_need_real(cfg, map, "min", lo, hi);
  a.max = aus_cfg_need_real(cfg, map, "max", lo, hi);
  a.step = aus_cfg_need_real(cfg, map, "step", 0.0, 1e15);
  if (aus_cfg_n_problems(cfg) != before) return a;
  if (a.min > a.max) aus_cfg_problem(cfg, map, "min %g is above max %g", a.min, a.max);
  if (a.step == 0.0)
    aus_cfg_problem(cfg, aus_cfg_get(map, "step"), "step is 0, need > 0");
  else if ((a.max - a.min) / a.step >= MAX_LEVELS)
    aus_cfg_problem(cfg, map, "more than %g values from %g to %g", MAX_LEVELS, a.min, a.max);
  return a;
}

static int read_devices(aus_serverless_space *s, const aus_serverless_types *types, aus_cfg *cfg,
                        aus_cfg_node *pci, aus_err *err)
{
  int rc = AUS_OK, i, n = (int)aus_cfg_count(pci);
  aus_cfg_node *map, *specs;

  if (pci && n == 0) aus_cfg_problem(cfg, pci, "no devices");
  s->n_devices = n;
  AUS_NEW(s->device, n, err);
  AUS_NEW(s->device_axis, n, err);
  AUS_NEW(s->specs, n, err);
  for (i = 0; i < n; i++) {
    map = aus_cfg_at(pci, i);
    AUS_DUP(s->device[i], aus_cfg_key(pci, i), err);
    s->device_axis[i] = read_axis(cfg, map, 0.0, 1.0);
    specs = aus_cfg_need_map(cfg, map, "specs");
    if (specs) AUS_TRY(aus_serverless_node_read(&s->specs[i], types, cfg, specs, err));
  }
done:
  return rc;
}

static int read_apps(aus_serverless_space *s, const aus_serverless_types *types, aus_cfg *cfg,
                     aus_cfg_node *wsc, aus_err *err)
{
  int rc = AUS_OK, i, n = (int)aus_cfg_count(wsc);
  aus_cfg_node *map;

  if (wsc && n == 0) aus_cfg_problem(cfg, wsc, "no applications");
  s->n_apps = n;
  AUS_NEW(s->app, n, err);
  AUS_NEW(s->app_name, n, err);
  AUS_NEW(s->app_axis, n, err);
  for (i = 0; i < n; i++) {
    map = aus_cfg_at(wsc, i);
    AUS_DUP(s->app_name[i], aus_cfg_key(wsc, i), err);
    s->app[i] = aus_serverless_find_app(types, s->app_name[i]);
    if (s->app[i] < 0) aus_cfg_problem(cfg, map, "unknown application \"%s\"", s->app_name[i]);
    s->app_axis[i] = read_axis(cfg, map, 0.0, 1e6);
    s->app_axis[i].average = aus_cfg_need_real(cfg, map, "average", 0.0, 1e9);
  }
done:
  return rc;
}

/* Positions 0..n-1 in the order of their names; there are few. */
static int sort_names(int **sorted, int n, char *const *name, aus_err *err)
{
  int rc = AUS_OK, i, j;

  AUS_NEW(*sorted, n, err);
  for (i = 0; i < n; i++) {
    for (j = i; j > 0 && strcmp(name[(*sorted)[j - 1]], name[i]) > 0; j--)
      (*sorted)[j] = (*sorted)[j - 1];
    (*sorted)[j] = i;
  }
done:
  return rc;
}

static int add_name(aus_serverless_space *s, const char *prefix, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_text(&b, prefix);
  aus_buf_text(&b, name);
  AUS_TRY(aus_buf_check(&b, err));
  s->x_name[s->n_x++] = aus_buf_take(&b);
done:
  aus_buf_fini(&b);
  return rc;
}

static int make_mapping(aus_serverless_space *s, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_TRY(sort_names(&s->device_sorted, s->n_devices, s->device, err));
  AUS_TRY(sort_names(&s->app_sorted, s->n_apps, s->app_name, err));
  AUS_NEW(s->x_name, 2 + s->n_devices + s->n_apps, err);
  AUS_TRY(add_name(s, "network_bandwidth", "", err));
  AUS_TRY(add_name(s, "cluster_size", "", err));
  for (i = 0; i < s->n_devices; i++)
    AUS_TRY(add_name(s, "device_prop_", s->device[s->device_sorted[i]], err));
  for (i = 0; i < s->n_apps; i++)
    AUS_TRY(add_name(s, "workload_", s->app_name[s->app_sorted[i]], err));
done:
  return rc;
}

/* Every device with a positive share gets a node at least. */
static void check_smallest(const aus_serverless_space *s, aus_cfg *cfg, const aus_cfg_node *csc)
{
  int i, needed = 0;

  for (i = 0; i < s->n_devices; i++)
    needed += s->device_axis[i].min > 0.0;
  if (csc && trunc(s->cluster_size.min) < needed)
    aus_cfg_problem(cfg, csc,
                    "the smallest cluster has %g nodes, but %d devices cannot have a share of 0",
                    trunc(s->cluster_size.min), needed);
}

int aus_serverless_space_read(aus_serverless_space *space, const aus_serverless_types *types,
                              aus_cfg *cfg, aus_cfg_node *root, aus_err *err)
{
  int rc = AUS_OK, before = aus_cfg_n_problems(cfg);
  aus_cfg_node *csc, *nwc;

  *space = (aus_serverless_space){0};
  AUS_TRY(read_devices(space, types, cfg, aus_cfg_need_map(cfg, root, "pci"), err));
  AUS_TRY(read_apps(space, types, cfg, aus_cfg_need_map(cfg, root, "wsc"), err));
  csc = aus_cfg_need_map(cfg, root, "csc");
  nwc = aus_cfg_need_map(cfg, root, "nwc");
  space->cluster_size = read_axis(cfg, csc, 1.0, MAX_NODES);
  space->bandwidth = read_axis(cfg, nwc, 1e-9, 1e12);
  /* Nothing reads these averages; the reference system's files have them. */
  space->cluster_size.average =
      aus_cfg_real(cfg, aus_cfg_get(csc, "average"), "average", 0.0, 1e12, NAN);
  space->bandwidth.average =
      aus_cfg_real(cfg, aus_cfg_get(nwc, "average"), "average", 0.0, 1e12, NAN);
  AUS_TRY(make_mapping(space, err));
  if (aus_cfg_n_problems(cfg) == before) check_smallest(space, cfg, csc);
done:
  if (rc != AUS_OK) aus_serverless_space_fini(space);
  return rc;
}

static int check_sample(const aus_serverless_space *s, const double *x, aus_err *err)
{
  int i;

  for (i = 0; i < s->n_x; i++)
    if (!isfinite(x[i]) || x[i] < 0.0)
      return aus_fail(err, AUS_ECONFIG, AUS_HERE, "sample: %s is %g, need a number >= 0",
                      s->x_name[i], x[i]);
  if (x[1] < 1.0)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "sample: a cluster of %g nodes", x[1]);
  if (x[1] > MAX_NODES)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "sample: a cluster of %g nodes, at most %g", x[1],
                    MAX_NODES);
  for (i = 0; i < s->n_devices; i++)
    if (x[2 + i] > 1.0 + 1e-6)
      return aus_fail(err, AUS_ECONFIG, AUS_HERE, "sample: %s is %g, need <= 1", s->x_name[2 + i],
                      x[2 + i]);
  return AUS_OK;
}

/* Devices (file positions) by share, ascending, equal shares in file order. */
static void sort_shares(const aus_serverless_space *s, const double *share, int *order)
{
  int i, j;

  for (i = 0; i < s->n_devices; i++) {
    for (j = i; j > 0 && share[order[j - 1]] > share[i]; j--)
      order[j] = order[j - 1];
    order[j] = i;
  }
}

/* The nodes above the cluster's size are taken one each from the devices with the smallest share
 * on, round after round; the last node of a device stays. */
static int take_back(const int *order, int n, int64_t over, int *counts, aus_err *err)
{
  int64_t removable = 0;
  int i;

  for (i = 0; i < n; i++)
    removable += counts[i] > 1 ? counts[i] - 1 : 0;
  if (removable < over)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE,
                    "sample: the cluster has fewer nodes than devices with a share above 0");
  for (i = 0; over > 0; i = (i + 1) % n) {
    if (counts[order[i]] <= 1) continue;
    counts[order[i]]--;
    over--;
  }
  return AUS_OK;
}

int aus_serverless_device_counts(const aus_serverless_space *space, const double *x,
                                 bool ceil_compat, int *counts, aus_err *err)
{
  int rc = AUS_OK, i, *order = NULL;
  double *share = NULL, within = ceil_compat ? 0.0 : 1e-9, nodes;
  int64_t over;

  AUS_TRY(check_sample(space, x, err));
  AUS_NEW(share, space->n_devices, err);
  AUS_NEW(order, space->n_devices, err);
  over = -(int64_t)x[1];
  for (i = 0; i < space->n_devices; i++)
    share[space->device_sorted[i]] = x[2 + i];
  for (i = 0; i < space->n_devices; i++) {
    nodes = trunc(x[1]) * share[i];
    counts[i] = (int)ceil(nodes - within * nodes);
    over += counts[i];
  }
  sort_shares(space, share, order);
  if (over > 0) AUS_TRY(take_back(order, space->n_devices, over, counts, err));
done:
  aus_free(share);
  aus_free(order);
  return rc;
}

static int copy_ints(int **to, const int *from, int n, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(*to, n, err);
  if (n > 0) memcpy(*to, from, (size_t)n * sizeof **to);
done:
  return rc;
}

static int copy_node(aus_serverless_node *to, const aus_serverless_node *specs, const char *type,
                     aus_err *err)
{
  int rc = AUS_OK;

  AUS_DUP(to->type, type, err);
  to->memory_gb = specs->memory_gb;
  AUS_TRY(copy_ints(&to->platform, specs->platform, specs->n_platforms, err));
  to->n_platforms = specs->n_platforms;
  AUS_TRY(copy_ints(&to->storage, specs->storage, specs->n_storages, err));
  to->n_storages = specs->n_storages;
done:
  return rc;
}

int aus_serverless_space_infra(const aus_serverless_space *space, const double *x, bool ceil_compat,
                               aus_serverless_infra *infra, aus_err *err)
{
  int rc = AUS_OK, i, j, n = 0, *counts = NULL;

  aus_serverless_infra_fini(infra);
  AUS_NEW(counts, space->n_devices, err);
  AUS_TRY(aus_serverless_device_counts(space, x, ceil_compat, counts, err));
  for (i = 0; i < space->n_devices; i++)
    n += counts[i];
  infra->bandwidth_mibps = x[0];
  AUS_NEW(infra->node, n, err);
  infra->n_nodes = n;
  for (n = 0, i = 0; i < space->n_devices; i++)
    for (j = 0; j < counts[i]; j++)
      AUS_TRY(copy_node(&infra->node[n++], &space->specs[i], space->device[i], err));
done:
  aus_free(counts);
  if (rc != AUS_OK) aus_serverless_infra_fini(infra);
  return rc;
}

/* model_read.c - the type files and an infrastructure from parsed documents.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading goes on after a problem, so that one run lists them all; values that could not be read are
 * then 0 and the caller stops at aus_cfg_check().
 */
#include <config.h>

#include "serverless/model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/alloc.h"

/* ---- helpers ---- */

/* A number above 0. */
static double positive(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  int before = aus_cfg_n_problems(cfg);
  double x = aus_cfg_need_real(cfg, map, key, 0, INFINITY);
  aus_cfg_node *node = aus_cfg_get(map, key);

  if (x == 0 && node && aus_cfg_n_problems(cfg) == before)
    aus_cfg_problem(cfg, node, "%s is 0, need > 0", key);
  return x;
}

static double not_negative(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  return aus_cfg_need_real(cfg, map, key, 0, INFINITY);
}

/* A member whose name is a key of another document, which lives as long as the cfg. */
static aus_cfg_node *member(aus_cfg_node *map, const char *name)
{
  return aus_cfg_kind_of(map) == AUS_CFG_MAP ? aus_cfg_get(map, name) : NULL;
}

static int index_of_key(const aus_cfg_node *map, const char *name)
{
  int64_t i;

  if (aus_cfg_kind_of(map) != AUS_CFG_MAP) return -1;
  for (i = 0; i < aus_cfg_count(map); i++)
    if (strcmp(aus_cfg_key(map, i), name) == 0) return (int)i;
  return -1;
}

/* Number of entries of a map that must not be empty; what it lists is `what`. */
static int count_entries(aus_cfg *cfg, aus_cfg_node *map, const char *what)
{
  if (aus_cfg_kind_of(map) != AUS_CFG_MAP) {
    aus_cfg_problem(cfg, map, "need a map of %s", what);
    return 0;
  }
  if (aus_cfg_count(map) == 0) aus_cfg_problem(cfg, map, "no %s", what);
  return (int)aus_cfg_count(map);
}

/* The key of an entry and the name inside it, which must be the same. */
static int read_name(aus_cfg *cfg, aus_cfg_node *map, int i, const char *member_name, char **out,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *entry = aus_cfg_at(map, i);
  const char *key = aus_cfg_key(map, i), *name = aus_cfg_need_string(cfg, entry, member_name);

  if (aus_cfg_get(entry, member_name) && strcmp(key, name) != 0)
    aus_cfg_problem(cfg, aus_cfg_get(entry, member_name), "%s is \"%s\", need its key \"%s\"",
                    member_name, name, key);
  AUS_DUP(*out, key, err);
done:
  return rc;
}

/* Names in a list as indices into the keys of `map`. */
static int read_names(aus_cfg *cfg, aus_cfg_node *list, const aus_cfg_node *map, const char *what,
                      int **out, int *n, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;

  *n = 0;
  AUS_NEW(*out, aus_cfg_count(list), err);
  if (list && aus_cfg_count(list) == 0) aus_cfg_problem(cfg, list, "no %s", what);
  for (i = 0; i < aus_cfg_count(list); i++) {
    aus_cfg_node *item = aus_cfg_at(list, i);
    const char *name = aus_cfg_string(cfg, item, NULL, NULL);

    if (!name) continue;
    k = index_of_key(map, name);
    if (k < 0)
      aus_cfg_problem(cfg, item, "unknown %s \"%s\"", what, name);
    else
      (*out)[(*n)++] = k;
  }
done:
  return rc;
}

/* ---- platforms, storages, QoS ---- */

static int read_platform(aus_serverless_platform_type *p, aus_cfg *cfg, aus_cfg_node *map, int i,
                         aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *entry = aus_cfg_at(map, i);

  AUS_TRY(read_name(cfg, map, i, "shortName", &p->name, err));
  AUS_DUP(p->long_name, aus_cfg_need_string(cfg, entry, "name"), err);
  AUS_DUP(p->hardware, aus_cfg_need_string(cfg, entry, "hardware"), err);
  p->price_eur = not_negative(cfg, entry, "price");
  p->idle_kwh_per_h = not_negative(cfg, entry, "idleEnergy");
done:
  return rc;
}

static int read_storage(aus_serverless_storage_type *s, aus_cfg *cfg, aus_cfg_node *map, int i,
                        aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *entry = aus_cfg_at(map, i), *rate, *latency;

  AUS_DUP(s->key, aus_cfg_key(map, i), err);
  AUS_DUP(s->name, aus_cfg_need_string(cfg, entry, "name"), err);
  AUS_DUP(s->hardware, aus_cfg_need_string(cfg, entry, "hardware"), err);
  s->remote = aus_cfg_bool(cfg, aus_cfg_need(cfg, entry, "remote"), NULL, false);
  s->price_eur = not_negative(cfg, entry, "price");
  s->capacity_gb = positive(cfg, entry, "capacity");
  rate = aus_cfg_need_map(cfg, entry, "throughput");
  s->read_mibps = positive(cfg, rate, "read");
  s->write_mibps = positive(cfg, rate, "write");
  latency = aus_cfg_need_map(cfg, entry, "latency");
  s->read_latency_s = not_negative(cfg, latency, "read");
  s->write_latency_s = not_negative(cfg, latency, "write");
  /* part of the format, without a use in the model */
  aus_cfg_use(aus_cfg_get(entry, "iops"));
  aus_cfg_use(aus_cfg_get(entry, "idleEnergy"));
done:
  return rc;
}

static int read_simple(aus_serverless_types *types, aus_cfg *cfg, aus_cfg_node *platforms,
                       aus_cfg_node *storages, aus_cfg_node *qos, aus_err *err)
{
  int rc = AUS_OK, i;

  types->n_platforms = count_entries(cfg, platforms, "platform types");
  AUS_NEW(types->platform, types->n_platforms, err);
  for (i = 0; i < types->n_platforms; i++)
    AUS_TRY(read_platform(&types->platform[i], cfg, platforms, i, err));
  types->n_storages = count_entries(cfg, storages, "storage types");
  AUS_NEW(types->storage, types->n_storages, err);
  for (i = 0; i < types->n_storages; i++)
    AUS_TRY(read_storage(&types->storage[i], cfg, storages, i, err));
  types->n_qos = count_entries(cfg, qos, "QoS types");
  AUS_NEW(types->qos, types->n_qos, err);
  for (i = 0; i < types->n_qos; i++) {
    AUS_TRY(read_name(cfg, qos, i, "name", &types->qos[i].name, err));
    types->qos[i].max_duration_deviation =
        positive(cfg, aus_cfg_at(qos, i), "maxDurationDeviation");
  }
done:
  return rc;
}

/* ---- applications ---- */

static int read_predecessors(aus_serverless_app_type *a, aus_cfg *cfg, aus_cfg_node *dag,
                             aus_err *err)
{
  int rc = AUS_OK, i, k, n = 0, m;
  int *list = NULL;

  AUS_NEW(a->pred_begin, a->n_tasks + 1, err);
  for (i = 0; i < a->n_tasks; i++)
    n += (int)aus_cfg_count(aus_cfg_at(dag, i));
  AUS_NEW(a->pred, n, err);
  for (i = 0, n = 0; i < a->n_tasks; i++) {
    aus_cfg_node *item = aus_cfg_at(dag, i);

    if (aus_cfg_kind_of(item) != AUS_CFG_LIST) {
      aus_cfg_problem(cfg, item, "need a list of predecessors");
    } else if (aus_cfg_count(item) > 0) {
      AUS_TRY(read_names(cfg, item, dag, "predecessor", &list, &m, err));
      for (k = 0; k < m; k++)
        a->pred[n++] = list[k];
      aus_free(list);
      list = NULL;
    }
    a->pred_begin[i + 1] = n;
  }
done:
  aus_free(list);
  return rc;
}

/* Level by level: a level's tasks are completed in order, each releases its successors (key order)
 * as soon as all their predecessors are completed; the released ones are the next level. */
static int sort_topologically(aus_serverless_app_type *a, int *n_sorted, aus_err *err)
{
  int rc = AUS_OK, n = 0, i, k, done_n;
  int *missing = NULL;

  AUS_NEW(missing, a->n_tasks, err);
  AUS_NEW(a->topo, a->n_tasks, err);
  for (i = 0; i < a->n_tasks; i++) {
    missing[i] = a->pred_begin[i + 1] - a->pred_begin[i];
    if (missing[i] == 0) a->topo[n++] = i;
  }
  /* The list is its own queue: completing its entries in order appends level after level. */
  for (done_n = 0; done_n < n; done_n++)
    for (i = 0; i < a->n_tasks; i++)
      for (k = a->pred_begin[i]; k < a->pred_begin[i + 1]; k++)
        if (a->pred[k] == a->topo[done_n] && --missing[i] == 0) a->topo[n++] = i;
  *n_sorted = n;
done:
  aus_free(missing);
  return rc;
}

static int read_app(aus_serverless_app_type *a, aus_cfg *cfg, aus_cfg_node *apps, int i,
                    const aus_cfg_node *tasks, aus_err *err)
{
  int rc = AUS_OK, k, before, n_sorted = 0;
  aus_cfg_node *dag;

  AUS_TRY(read_name(cfg, apps, i, "name", &a->name, err));
  before = aus_cfg_n_problems(cfg);
  dag = aus_cfg_need_map(cfg, aus_cfg_at(apps, i), "dag");
  a->n_tasks = (int)aus_cfg_count(dag);
  if (dag && a->n_tasks == 0) aus_cfg_problem(cfg, dag, "application \"%s\" has no tasks", a->name);
  AUS_NEW(a->task, a->n_tasks, err);
  for (k = 0; k < a->n_tasks; k++) {
    a->task[k] = index_of_key(tasks, aus_cfg_key(dag, k));
    if (a->task[k] >= 0) continue;
    aus_cfg_problem(cfg, aus_cfg_at(dag, k), "unknown task type \"%s\"", aus_cfg_key(dag, k));
  }
  AUS_TRY(read_predecessors(a, cfg, dag, err));
  AUS_TRY(sort_topologically(a, &n_sorted, err));
  if (n_sorted < a->n_tasks && aus_cfg_n_problems(cfg) == before)
    aus_cfg_problem(cfg, dag, "the tasks of application \"%s\" wait for each other in a circle",
                    a->name);
done:
  return rc;
}

/* ---- task types ---- */

/* One of the five vectors: a number for each of the function's platforms. */
static int read_vector(const aus_serverless_task_type *t, aus_cfg *cfg, aus_cfg_node *entry,
                       const char *key, const aus_cfg_node *platforms, double **out, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg_node *map = aus_cfg_need_map(cfg, entry, key);

  AUS_NEW(*out, aus_cfg_count(platforms), err);
  for (i = 0; i < aus_cfg_count(platforms); i++)
    (*out)[i] = NAN;
  for (i = 0; i < t->n_platforms; i++)
    (*out)[t->platform[i]] = not_negative(cfg, map, aus_cfg_key(platforms, t->platform[i]));
  aus_cfg_use(map); /* entries of other platforms are allowed */
done:
  return rc;
}

static bool app_uses(const aus_serverless_app_type *a, int task)
{
  int i;

  for (i = 0; i < a->n_tasks; i++)
    if (a->task[i] == task) return true;
  return false;
}

static int read_state_size(aus_serverless_types *types, int i, aus_cfg *cfg, aus_cfg_node *entry,
                           const aus_cfg_node *apps, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_serverless_task_type *t = &types->task[i];
  aus_cfg_node *map = aus_cfg_need_map(cfg, entry, "stateSize"), *size;

  AUS_NEW(t->input_bytes, types->n_apps, err);
  AUS_NEW(t->output_bytes, types->n_apps, err);
  for (k = 0; k < types->n_apps; k++) {
    size = member(map, aus_cfg_key(apps, k));
    t->input_bytes[k] = t->output_bytes[k] = NAN;
    if (size) {
      t->input_bytes[k] = not_negative(cfg, size, "input");
      t->output_bytes[k] = not_negative(cfg, size, "output");
    } else if (map && app_uses(&types->app[k], i)) {
      aus_cfg_problem(cfg, map,
                      "task type \"%s\" has no stateSize for application \"%s\", which uses it",
                      t->name, types->app[k].name);
    }
  }
  aus_cfg_use(map); /* sizes for applications of other files are allowed */
done:
  return rc;
}

static void check_twice(const aus_serverless_task_type *t, aus_cfg *cfg, aus_cfg_node *list)
{
  int i, k;

  for (i = 0; i < t->n_platforms; i++)
    for (k = 0; k < i; k++)
      if (t->platform[k] == t->platform[i])
        aus_cfg_problem(cfg, list, "a platform type is listed twice in task type \"%s\"", t->name);
}

static int read_task(aus_serverless_types *types, int i, aus_cfg *cfg, aus_cfg_node *tasks,
                     const aus_cfg_node *platforms, const aus_cfg_node *apps, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_serverless_task_type *t = &types->task[i];
  aus_cfg_node *entry = aus_cfg_at(tasks, i), *list;

  AUS_TRY(read_name(cfg, tasks, i, "name", &t->name, err));
  list = aus_cfg_need_list(cfg, entry, "platforms");
  AUS_TRY(read_names(cfg, list, platforms, "platform type", &t->platform, &t->n_platforms, err));
  check_twice(t, cfg, list);
  AUS_TRY(read_vector(t, cfg, entry, "memoryRequirements", platforms, &t->memory_gb, err));
  AUS_TRY(read_vector(t, cfg, entry, "coldStartDuration", platforms, &t->cold_s, err));
  AUS_TRY(read_vector(t, cfg, entry, "executionTime", platforms, &t->exec_s, err));
  AUS_TRY(read_vector(t, cfg, entry, "energy", platforms, &t->energy_kwh, err));
  AUS_TRY(read_vector(t, cfg, entry, "imageSize", platforms, &t->image_gb, err));
  for (k = 0; k < t->n_platforms; k++)
    t->max_exec_s = fmax(t->max_exec_s, t->exec_s[t->platform[k]]);
  AUS_TRY(read_state_size(types, i, cfg, entry, apps, err));
done:
  return rc;
}

int aus_serverless_types_read(aus_serverless_types *types, aus_cfg *cfg, aus_cfg_node *platforms,
                              aus_cfg_node *storages, aus_cfg_node *qos, aus_cfg_node *apps,
                              aus_cfg_node *tasks, aus_err *err)
{
  int rc = AUS_OK, i;

  *types = (aus_serverless_types){0};
  AUS_TRY(read_simple(types, cfg, platforms, storages, qos, err));
  types->n_apps = count_entries(cfg, apps, "application types");
  AUS_NEW(types->app, types->n_apps, err);
  for (i = 0; i < types->n_apps; i++)
    AUS_TRY(read_app(&types->app[i], cfg, apps, i, tasks, err));
  types->n_tasks = count_entries(cfg, tasks, "task types");
  AUS_NEW(types->task, types->n_tasks, err);
  for (i = 0; i < types->n_tasks; i++)
    AUS_TRY(read_task(types, i, cfg, tasks, platforms, apps, err));
done:
  if (rc != AUS_OK) aus_serverless_types_fini(types);
  return rc;
}

/* ---- infrastructure ---- */

static int find_storage(const aus_serverless_types *types, const char *key)
{
  int i;

  for (i = 0; i < types->n_storages; i++)
    if (strcmp(types->storage[i].key, key) == 0) return i;
  return -1;
}

/* Names in a list as indices by `find`. */
static int read_parts(const aus_serverless_types *types, aus_cfg *cfg, aus_cfg_node *list,
                      int (*find)(const aus_serverless_types *, const char *), const char *what,
                      int **out, int *n, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;

  AUS_NEW(*out, aus_cfg_count(list), err);
  if (list && aus_cfg_count(list) == 0) aus_cfg_problem(cfg, list, "a node needs a %s", what);
  for (i = 0; i < aus_cfg_count(list); i++) {
    aus_cfg_node *item = aus_cfg_at(list, i);
    const char *name = aus_cfg_string(cfg, item, NULL, NULL);

    if (!name) continue;
    k = find(types, name);
    if (k < 0)
      aus_cfg_problem(cfg, item, "unknown %s type \"%s\"", what, name);
    else
      (*out)[(*n)++] = k;
  }
done:
  return rc;
}

/* Without one of a kind the original waits for ever. */
static void check_storages(const aus_serverless_node *node, const aus_serverless_types *types,
                           aus_cfg *cfg, const aus_cfg_node *list)
{
  bool remote = false, local = false;
  int i;

  for (i = 0; i < node->n_storages; i++)
    if (types->storage[node->storage[i]].remote)
      remote = true;
    else
      local = true;
  if (!remote) aus_cfg_problem(cfg, list, "a node needs a remote storage");
  if (!local) aus_cfg_problem(cfg, list, "a node needs a storage that is not remote");
}

int aus_serverless_node_read(aus_serverless_node *node, const aus_serverless_types *types,
                             aus_cfg *cfg, aus_cfg_node *map, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *list;

  *node = (aus_serverless_node){0};
  AUS_DUP(node->type, aus_cfg_string(cfg, aus_cfg_get(map, "type"), NULL, "node"), err);
  node->memory_gb = not_negative(cfg, map, "memory");
  list = aus_cfg_need_list(cfg, map, "platforms");
  AUS_TRY(read_parts(types, cfg, list, aus_serverless_find_platform, "platform", &node->platform,
                     &node->n_platforms, err));
  list = aus_cfg_need_list(cfg, map, "storage");
  AUS_TRY(read_parts(types, cfg, list, find_storage, "storage", &node->storage, &node->n_storages,
                     err));
  if (list && node->n_storages == aus_cfg_count(list) && node->n_storages > 0)
    check_storages(node, types, cfg, list);
done:
  if (rc != AUS_OK) aus_serverless_node_fini(node);
  return rc;
}

int aus_serverless_infra_read(aus_serverless_infra *infra, const aus_serverless_types *types,
                              aus_cfg *cfg, aus_cfg_node *root, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg_node *nodes;

  *infra = (aus_serverless_infra){0};
  infra->bandwidth_mibps = positive(cfg, aus_cfg_need_map(cfg, root, "network"), "bandwidth");
  nodes = aus_cfg_need_list(cfg, root, "nodes");
  if (nodes && aus_cfg_count(nodes) == 0) aus_cfg_problem(cfg, nodes, "no nodes");
  AUS_NEW(infra->node, aus_cfg_count(nodes), err);
  infra->n_nodes = (int)aus_cfg_count(nodes);
  for (i = 0; i < infra->n_nodes; i++)
    AUS_TRY(aus_serverless_node_read(&infra->node[i], types, cfg, aus_cfg_at(nodes, i), err));
done:
  if (rc != AUS_OK) aus_serverless_infra_fini(infra);
  return rc;
}

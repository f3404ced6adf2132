/* model.c - types, infrastructure and trace in memory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/model.h"

#include <string.h>

#include "util/alloc.h"

static void platform_fini(aus_serverless_platform_type *p)
{
  aus_free(p->name);
  aus_free(p->long_name);
  aus_free(p->hardware);
}

static void storage_fini(aus_serverless_storage_type *s)
{
  aus_free(s->key);
  aus_free(s->name);
  aus_free(s->hardware);
}

static void app_fini(aus_serverless_app_type *a)
{
  aus_free(a->name);
  aus_free(a->task);
  aus_free(a->pred_begin);
  aus_free(a->pred);
  aus_free(a->topo);
}

static void task_fini(aus_serverless_task_type *t)
{
  aus_free(t->name);
  aus_free(t->platform);
  aus_free(t->memory_gb);
  aus_free(t->cold_s);
  aus_free(t->exec_s);
  aus_free(t->energy_kwh);
  aus_free(t->image_gb);
  aus_free(t->input_bytes);
  aus_free(t->output_bytes);
}

void aus_serverless_types_fini(aus_serverless_types *types)
{
  int i;

  for (i = 0; types->platform && i < types->n_platforms; i++)
    platform_fini(&types->platform[i]);
  for (i = 0; types->storage && i < types->n_storages; i++)
    storage_fini(&types->storage[i]);
  for (i = 0; types->qos && i < types->n_qos; i++)
    aus_free(types->qos[i].name);
  for (i = 0; types->app && i < types->n_apps; i++)
    app_fini(&types->app[i]);
  for (i = 0; types->task && i < types->n_tasks; i++)
    task_fini(&types->task[i]);
  aus_free(types->platform);
  aus_free(types->storage);
  aus_free(types->qos);
  aus_free(types->app);
  aus_free(types->task);
  *types = (aus_serverless_types){0};
}

void aus_serverless_node_fini(aus_serverless_node *node)
{
  aus_free(node->type);
  aus_free(node->platform);
  aus_free(node->storage);
  *node = (aus_serverless_node){0};
}

void aus_serverless_infra_fini(aus_serverless_infra *infra)
{
  int i;

  for (i = 0; infra->node && i < infra->n_nodes; i++)
    aus_serverless_node_fini(&infra->node[i]);
  aus_free(infra->node);
  *infra = (aus_serverless_infra){0};
}

void aus_serverless_trace_fini(aus_serverless_trace *trace)
{
  aus_free(trace->t_s);
  aus_free(trace->app);
  aus_free(trace->qos);
  *trace = (aus_serverless_trace){0};
}

int aus_serverless_trace_add(aus_serverless_trace *trace, double t_s, int app, int qos,
                             aus_err *err)
{
  int rc = AUS_OK;
  int64_t need = trace->n + 1, cap = trace->cap;

  /* The three arrays share a capacity, which is raised only when all of them have it. */
  AUS_TRY(aus_grow(&trace->t_s, &cap, need, sizeof *trace->t_s, err));
  cap = trace->cap;
  AUS_TRY(aus_grow(&trace->app, &cap, need, sizeof *trace->app, err));
  cap = trace->cap;
  AUS_TRY(aus_grow(&trace->qos, &cap, need, sizeof *trace->qos, err));
  trace->cap = cap;
  trace->t_s[trace->n] = t_s;
  trace->app[trace->n] = app;
  trace->qos[trace->n] = qos;
  trace->n++;
done:
  return rc;
}

int aus_serverless_find_app(const aus_serverless_types *types, const char *name)
{
  int i;

  for (i = 0; i < types->n_apps; i++)
    if (strcmp(types->app[i].name, name) == 0) return i;
  return -1;
}

int aus_serverless_find_task(const aus_serverless_types *types, const char *name)
{
  int i;

  for (i = 0; i < types->n_tasks; i++)
    if (strcmp(types->task[i].name, name) == 0) return i;
  return -1;
}

int aus_serverless_find_platform(const aus_serverless_types *types, const char *name)
{
  int i;

  for (i = 0; i < types->n_platforms; i++)
    if (strcmp(types->platform[i].name, name) == 0) return i;
  return -1;
}

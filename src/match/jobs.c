/* match/jobs.c - what builds need of a cluster.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* Per node name: its features, -1: clusters are not described by it. */
typedef struct keys {
  int32_t *version, *compiler;
} keys;

typedef struct need {
  int32_t feature, text;
} need;

typedef struct maker {
  aus_match_jobs j;
  const aus_match_specs *specs;
  const aus_match_space *space;
  keys keys;
  need *need;    /* of one job, by feature */
  int32_t *seen; /* feature -> place in need + 1 */
  int64_t n_needs;
  int64_t n, cap_feature, cap_value;
} maker;

static int feature_of(const aus_match_space *space, const char *node, const char *suffix,
                      int32_t *feature, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(node) + strlen(suffix);
  char *key = NULL;

  AUS_NEW(key, n + 1, err);
  snprintf(key, n + 1, "%s%s", node, suffix);
  *feature = aus_match_names_find(&space->names, key, n);
done:
  aus_free(key);
  return rc;
}

static int make_keys(maker *m, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_names *names = &m->specs->node_names;
  int64_t i;

  AUS_NEW(m->keys.version, names->n, err);
  AUS_NEW(m->keys.compiler, names->n, err);
  for (i = 0; i < names->n; i++) {
    AUS_TRY(feature_of(m->space, names->text[i], "-version", &m->keys.version[i], err));
    AUS_TRY(feature_of(m->space, names->text[i], "-compiler_version", &m->keys.compiler[i], err));
  }
done:
  return rc;
}

/* Where a name occurs twice the last one counts. */
static void add_need(maker *m, int32_t feature, int32_t text)
{
  if (feature < 0) return;
  if (m->seen[feature] == 0) m->seen[feature] = (int32_t)++m->n_needs;
  m->need[m->seen[feature] - 1] = (need){.feature = feature, .text = text};
}

static int by_feature(const void *a, const void *b)
{
  return ((const need *)a)->feature - ((const need *)b)->feature;
}

static int add_job(maker *m, int64_t spec, int32_t table, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_jobs *j = &m->j;
  int64_t i, want;

  m->n_needs = 0;
  for (i = m->specs->node_at[spec]; i < m->specs->node_at[spec + 1]; i++) {
    const aus_match_node *node = &m->specs->node[i];

    add_need(m, m->keys.version[node->name], node->version);
    add_need(m, m->keys.compiler[node->name], node->compiler);
  }
  qsort(m->need, (size_t)m->n_needs, sizeof *m->need, by_feature);
  want = m->n + m->n_needs;
  AUS_TRY(aus_grow(&j->feature, &m->cap_feature, want, sizeof *j->feature, err));
  AUS_TRY(aus_grow(&j->value, &m->cap_value, want, sizeof *j->value, err));
  for (i = 0; i < m->n_needs; i++, m->n++) {
    const need *x = &m->need[i];
    const char *text = m->specs->texts.text[x->text];

    m->seen[x->feature] = 0;
    j->feature[m->n] = x->feature;
    j->value[m->n] =
        aus_match_names_find(&m->space->feature[x->feature].values, text, strlen(text));
  }
  j->spec[j->n] = spec;
  j->table[j->n++] = table;
  j->first[j->n] = m->n;
done:
  return rc;
}

/* Package -> its table, -1: without. */
static int tables_of(int32_t **out, const aus_match_specs *specs, const aus_match_tables *tables,
                     aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(*out, specs->packages.n, err);
  for (i = 0; i < specs->packages.n; i++) {
    const aus_match_table *t =
        tables ? aus_match_tables_find(tables, specs->packages.text[i]) : NULL;

    (*out)[i] = t ? (int32_t)(t - tables->table) : tables ? -1 : (int32_t)i;
  }
done:
  return rc;
}

int aus_match_jobs_make(aus_match_jobs *out, const aus_match_specs *specs,
                        const aus_match_tables *tables, const aus_match_space *space, aus_err *err)
{
  int rc = AUS_OK;
  maker m = {.specs = specs, .space = space};
  int32_t *table = NULL;
  int64_t i;

  *out = (aus_match_jobs){0};
  AUS_TRY(tables_of(&table, specs, tables, err));
  AUS_TRY(make_keys(&m, err));
  AUS_NEW(m.need, space->n, err);
  AUS_NEW(m.seen, space->n, err);
  AUS_NEW(m.j.spec, specs->n, err);
  AUS_NEW(m.j.table, specs->n, err);
  AUS_NEW(m.j.first, specs->n + 1, err);
  for (i = 0; i < specs->n; i++)
    if (specs->spec[i].label >= 0 && table[specs->spec[i].package] >= 0)
      AUS_TRY(add_job(&m, i, table[specs->spec[i].package], err));
  *out = m.j;
  m.j = (aus_match_jobs){0};
done:
  aus_free(table);
  aus_free(m.keys.version);
  aus_free(m.keys.compiler);
  aus_free(m.need);
  aus_free(m.seen);
  aus_match_jobs_fini(&m.j);
  return rc;
}

void aus_match_jobs_fini(aus_match_jobs *jobs)
{
  aus_free(jobs->spec);
  aus_free(jobs->table);
  aus_free(jobs->first);
  aus_free(jobs->feature);
  aus_free(jobs->value);
  *jobs = (aus_match_jobs){0};
}

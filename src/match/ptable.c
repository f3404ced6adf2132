/* match/ptable.c - P(success) of jobs on clusters, from the models of their packages.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/ptable.h"

#include <string.h>

#include "util/alloc.h"

void aus_match_nbs_free(aus_match_nb *nb, int64_t n)
{
  int64_t i;

  for (i = 0; nb && i < n; i++)
    aus_match_nb_fini(&nb[i]);
  aus_free(nb);
}

static int fit(aus_match_nb *nb, const aus_match_table *t, double alpha, aus_err *err)
{
  int rc = AUS_OK, j;
  int32_t *code = NULL, *n_values = NULL;
  int64_t i;

  AUS_NEW(code, t->n_rows * t->n_cols, err);
  AUS_NEW(n_values, t->n_cols, err);
  for (i = 0; i < t->n_rows * t->n_cols; i++)
    code[i] = t->code[i];
  for (j = 0; j < t->n_cols; j++)
    n_values[j] = t->col[j].n_cats;
  AUS_TRY(aus_match_nb_fit(nb, t->n_rows, t->n_cols, t->n_cols, code, n_values, t->y, NULL, alpha,
                           err));
done:
  aus_free(code);
  aus_free(n_values);
  return rc;
}

int aus_match_nbs_fit(aus_match_nb **nb, const aus_match_tables *tables, double alpha, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(*nb, tables->n, err);
  for (i = 0; i < tables->n; i++)
    AUS_TRY(fit(&(*nb)[i], &tables->table[i], alpha, err));
done:
  if (rc != AUS_OK) {
    aus_match_nbs_free(*nb, tables->n);
    *nb = NULL;
  }
  return rc;
}

/* What a question takes from where. */
enum { FROM_CLUSTER = -3 }; /* besides categories, AUS_MATCH_UNSEEN and AUS_MATCH_UNTOLD */

/* A package's columns in the clusters' words. */
typedef struct lens {
  const aus_match_table *t;
  int32_t *feature; /* per column; -1: clusters are not described by it */
  int32_t **cat;    /* per column: value code -> category or AUS_MATCH_UNSEEN */
} lens;

static void lens_fini(lens *l)
{
  int j;

  for (j = 0; l->cat && j < l->t->n_cols; j++)
    aus_free(l->cat[j]);
  aus_free(l->cat);
  aus_free(l->feature);
  *l = (lens){0};
}

/* A column's category of a text. */
static int32_t category(const aus_match_column *col, const char *text)
{
  int cat = aus_match_column_find(col, text);

  return cat >= 0 ? cat : AUS_MATCH_UNSEEN;
}

static int lens_init(lens *l, const aus_match_table *t, const aus_match_space *space, aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t v;

  *l = (lens){.t = t};
  AUS_NEW(l->feature, t->n_cols, err);
  AUS_NEW(l->cat, t->n_cols, err);
  for (j = 0; j < t->n_cols; j++) {
    const aus_match_column *col = &t->col[j];
    const aus_match_names *values;

    l->feature[j] = aus_match_names_find(&space->names, col->feature, strlen(col->feature));
    if (l->feature[j] < 0) continue;
    values = &space->feature[l->feature[j]].values;
    AUS_NEW(l->cat[j], values->n, err);
    for (v = 0; v < values->n; v++)
      l->cat[j][v] = category(col, values->text[v]);
  }
done:
  if (rc != AUS_OK) lens_fini(l);
  return rc;
}

/* A row: `from` says for every column FROM_CLUSTER, or the code itself. */
static void answer(const lens *l, const aus_match_nb *nb, const aus_match_space *space,
                   const aus_match_clusters *clusters, const int32_t *from, aus_match_unseen unseen,
                   int32_t *code, double *p)
{
  int64_t c;
  int j;

  for (c = 0; c < clusters->n; c++) {
    const int32_t *value = clusters->value + c * space->n;

    for (j = 0; j < l->t->n_cols; j++)
      code[j] = from[j] == FROM_CLUSTER ? l->cat[j][value[l->feature[j]]] : from[j];
    p[c] = aus_match_nb_predict(nb, code, unseen);
  }
}

static void ask_clusters(const lens *l, int32_t *from)
{
  int j;

  for (j = 0; j < l->t->n_cols; j++)
    from[j] = l->feature[j] >= 0 ? FROM_CLUSTER : AUS_MATCH_UNTOLD;
}

static int most_columns(const aus_match_tables *tables)
{
  int64_t i;
  int n = 0;

  for (i = 0; i < tables->n; i++)
    if (tables->table[i].n_cols > n) n = tables->table[i].n_cols;
  return n;
}

int aus_match_p_packages(aus_match_p *out, const aus_match_tables *tables, const aus_match_nb *nb,
                         const aus_match_space *space, const aus_match_clusters *clusters,
                         aus_match_unseen unseen, aus_err *err)
{
  int rc = AUS_OK, n = most_columns(tables);
  aus_match_p p = {.n_rows = tables->n, .n_clusters = clusters->n};
  int32_t *from = NULL, *code = NULL;
  lens l = {0};
  int64_t i;

  *out = (aus_match_p){0};
  AUS_NEW(from, n, err);
  AUS_NEW(code, n, err);
  AUS_NEW(p.p, p.n_rows * p.n_clusters, err);
  for (i = 0; i < tables->n; i++) {
    AUS_TRY(lens_init(&l, &tables->table[i], space, err));
    ask_clusters(&l, from);
    answer(&l, &nb[i], space, clusters, from, unseen, code, p.p + i * p.n_clusters);
    lens_fini(&l);
  }
  *out = p;
  p = (aus_match_p){0};
done:
  aus_free(from);
  aus_free(code);
  aus_match_p_fini(&p);
  return rc;
}

void aus_match_p_fini(aus_match_p *p)
{
  aus_free(p->p);
  aus_free(p->row);
  *p = (aus_match_p){0};
}

typedef struct asker {
  const aus_match_specs *specs;
  const aus_match_tables *tables;
  const aus_match_nb *nb;
  const aus_match_space *space;
  const aus_match_clusters *clusters;
  const aus_match_jobs *jobs;
  const aus_match_p_conf *conf;
  aus_match_p out;
  int64_t cap;
  int32_t *from, *code;
  lens *lens;                /* per table, made when first needed */
  aus_match_names *question; /* per table: the bytes of `from` as text -> number */
  int64_t **row;             /* per table: number of the question -> row */
  int64_t *cap_row;
} asker;

/* The requirement of a job on a feature, -1: none. */
static int64_t need_of(const aus_match_jobs *jobs, int64_t j, int32_t feature)
{
  int64_t i;

  for (i = jobs->first[j]; i < jobs->first[j + 1]; i++)
    if (jobs->feature[i] == feature) return i;
  return -1;
}

static bool is_own(const char *feature, const char *package)
{
  size_t n = strlen(package);

  return strncmp(feature, package, n) == 0 && strcmp(feature + n, "-version") == 0;
}

/* The version of the package itself in job j, which brings it whether or not clusters are described by it; NULL:
 * none. */
static const char *own_version(const asker *a, int64_t j, const char *package)
{
  const aus_match_specs *s = a->specs;
  const int32_t name = aus_match_names_find(&s->node_names, package, strlen(package));
  int64_t spec = a->jobs->spec[j], i;

  for (i = s->node_at[spec + 1] - 1; i >= s->node_at[spec]; i--)
    if (s->node[i].name == name) return s->texts.text[s->node[i].version];
  return NULL;
}

/* What a column takes from where for a job that has its feature or not. @param [in] own  the job's own version of the
 * package, NULL: none */
static int32_t ask_column(const lens *l, const aus_match_p_conf *conf, int k, bool has,
                          const char *own)
{
  if (conf->own_job && own && is_own(l->t->col[k].feature, l->t->package))
    return category(&l->t->col[k], own);
  if (l->feature[k] < 0 || (conf->evidence_job && !has)) return AUS_MATCH_UNTOLD;
  return FROM_CLUSTER;
}

static void ask_job(const asker *a, const lens *l, int64_t j)
{
  const char *own = a->conf->own_job ? own_version(a, j, l->t->package) : NULL;
  int k;

  for (k = 0; k < l->t->n_cols; k++) {
    int64_t need = l->feature[k] >= 0 ? need_of(a->jobs, j, l->feature[k]) : -1;

    a->from[k] = ask_column(l, a->conf, k, need >= 0, own);
  }
}

int aus_match_p_told(const aus_match_table *t, const aus_match_nb *nb, const aus_match_space *space,
                     const aus_match_clusters *clusters, const bool *has, const char *const *text,
                     const aus_match_p_conf *conf, double *p, aus_err *err)
{
  int rc = AUS_OK, k;
  int32_t *from = NULL, *code = NULL;
  lens l = {0};

  AUS_NEW(from, t->n_cols, err);
  AUS_NEW(code, t->n_cols, err);
  AUS_TRY(lens_init(&l, t, space, err));
  for (k = 0; k < t->n_cols; k++)
    from[k] = ask_column(&l, conf, k, has[k], text[k]);
  answer(&l, nb, space, clusters, from, conf->unseen, code, p);
done:
  aus_free(from);
  aus_free(code);
  if (l.t) lens_fini(&l);
  return rc;
}

/* The number of the question in a->from among those of table t. */
static int number_of(asker *a, int32_t t, int32_t *id, aus_err *err)
{
  int rc = AUS_OK, k, n = a->lens[t].t->n_cols, at = 0;
  size_t size = (size_t)n * 12 + 1;
  char *text = NULL;

  AUS_NEW(text, size, err);
  for (k = 0; k < n; k++) {
    int32_t x = a->from[k];

    for (x += 4; x > 0; x /= 64) /* -3.. becomes 1.. */
      text[at++] = (char)('0' + x % 64);
    text[at++] = ' ';
  }
  AUS_TRY(aus_match_names_add(&a->question[t], text, (size_t)at, id, err));
done:
  aus_free(text);
  return rc;
}

static int ask(asker *a, int64_t j, aus_err *err)
{
  int rc = AUS_OK;
  int32_t t = a->jobs->table[j], id;
  int64_t before = a->question[t].n, n_clusters = a->clusters->n;
  lens *l = &a->lens[t];

  if (!l->t) AUS_TRY(lens_init(l, &a->tables->table[t], a->space, err));
  ask_job(a, l, j);
  AUS_TRY(number_of(a, t, &id, err));
  if (id == before) {
    AUS_TRY(aus_grow(&a->row[t], &a->cap_row[t], id + 1, sizeof **a->row, err));
    AUS_TRY(aus_grow(&a->out.p, &a->cap, (a->out.n_rows + 1) * n_clusters, sizeof *a->out.p, err));
    answer(l, &a->nb[t], a->space, a->clusters, a->from, a->conf->unseen, a->code,
           a->out.p + a->out.n_rows * n_clusters);
    a->row[t][id] = a->out.n_rows++;
  }
  a->out.row[j] = a->row[t][id];
done:
  return rc;
}

static void asker_fini(asker *a)
{
  int64_t t;

  for (t = 0; t < a->tables->n; t++) {
    if (a->lens && a->lens[t].t) lens_fini(&a->lens[t]);
    if (a->question) aus_match_names_fini(&a->question[t]);
    if (a->row) aus_free(a->row[t]);
  }
  aus_free(a->lens);
  aus_free(a->question);
  aus_free(a->row);
  aus_free(a->cap_row);
  aus_free(a->from);
  aus_free(a->code);
  aus_match_p_fini(&a->out);
}

int aus_match_p_jobs(aus_match_p *out, const aus_match_specs *specs, const aus_match_tables *tables,
                     const aus_match_nb *nb, const aus_match_space *space,
                     const aus_match_clusters *clusters, const aus_match_jobs *jobs,
                     const aus_match_p_conf *conf, aus_err *err)
{
  int rc = AUS_OK, n = most_columns(tables);
  asker a = {specs, tables, nb, space, clusters, jobs, conf, .out = {.n_clusters = clusters->n}};
  int64_t j;

  *out = (aus_match_p){0};
  AUS_NEW(a.from, n, err);
  AUS_NEW(a.code, n, err);
  AUS_NEW(a.lens, tables->n, err);
  AUS_NEW(a.question, tables->n, err);
  AUS_NEW(a.row, tables->n, err);
  AUS_NEW(a.cap_row, tables->n, err);
  AUS_NEW(a.out.row, jobs->n, err);
  for (j = 0; j < jobs->n; j++)
    AUS_TRY(ask(&a, j, err));
  *out = a.out;
  a.out = (aus_match_p){0};
done:
  asker_fini(&a);
  return rc;
}

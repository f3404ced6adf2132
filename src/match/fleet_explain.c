/* match/fleet_explain.c - why a job has no match, or how it comes to its matches.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <string.h>

#include "match/fleet_impl.h"
#include "match/version.h"
#include "util/alloc.h"

enum { MAX_REMOVED = 2 };

/* Requirements that a cluster does not meet even alone. */
typedef struct lack {
  int n; /* MAX_REMOVED + 1: as many or more */
  int require[MAX_REMOVED];
} lack;

typedef struct asking {
  const aus_match_fleet *f;
  const aus_match_job *job;
  int64_t *set;
  bool *without; /* per requirement, false between questions */
  lack *lack;    /* per cluster */
  aus_match_why *why;
} asking;

static int count(const asking *a, int64_t *n, aus_err *err)
{
  return aus_match_fleet_satisfy(a->f, a->job, a->without, a->set, n, NULL, err);
}

/* A cluster that fails a requirement by itself can only match without it: is there one that lacks none but i, j? */
static bool is_promising(const asking *a, int i, int j)
{
  int64_t c;
  int k;

  for (c = 0; c < a->f->names.n; c++) {
    const lack *l = &a->lack[c];

    for (k = 0; k < l->n && l->n <= MAX_REMOVED; k++)
      if (l->require[k] != i && l->require[k] != j) break;
    if (k == l->n) return true;
  }
  return false;
}

/* Matches without i and j. */
static int count_without(const asking *a, int i, int j, int64_t *n, aus_err *err)
{
  int rc = AUS_OK;

  *n = 0;
  if (!is_promising(a, i, j)) return AUS_OK;
  a->without[i] = a->without[j] = true;
  rc = count(a, n, err);
  a->without[i] = a->without[j] = false;
  return rc;
}

/* The smallest set of at most two requirements without which something matches; of equals the first. */
static int remove_some(const asking *a, aus_err *err)
{
  int rc = AUS_OK, i, j, size;
  int64_t n;

  for (size = 1; size <= MAX_REMOVED; size++)
    for (i = 0; i < a->job->n_requires; i++)
      for (j = size == 1 ? i : i + 1; j < (size == 1 ? i + 1 : a->job->n_requires); j++) {
        AUS_TRY(count_without(a, i, j, &n, err));
        if (n == 0) continue;
        a->why->n_removed = size;
        a->why->removed[0] = i;
        a->why->removed[1] = j;
        a->why->without = n;
        goto done;
      }
done:
  return rc;
}

/* Better than what was found: more matches, then the newer version (of equals the first by bytes). */
static bool is_better(const aus_match_why *w, int i, int64_t n, const char *text)
{
  int order;

  if (n != w->with_it || w->replaced != i) return n > w->with_it;
  order = aus_match_version_compare(text, w->instead);
  return order > 0 || (order == 0 && strcmp(text, w->instead) < 0);
}

/* Values that a field has somewhere, as marks: "absent" is none. @return AUS_OK; AUS_ENOMEM */
static int values_of(const aus_match_fleet *f, const char *field, bool **out, aus_err *err)
{
  int rc = AUS_OK;
  int32_t id = aus_match_names_find(&f->texts, field, strlen(field));
  int64_t c, k;

  AUS_NEW(*out, f->texts.n, err);
  for (c = 0; c < f->names.n && id >= 0; c++) {
    const aus_match_member *m = &f->member[c];

    for (k = aus_match_fleet_field_at(m, id); k < m->n_fields && m->field[k].field == id; k++)
      (*out)[m->field[k].text] = !aus_match_absent(f->texts.text[m->field[k].text]);
  }
done:
  return rc;
}

/* Every other value of one requirement's field. */
static int try_values(const asking *a, aus_match_job *job, int i, aus_err *err)
{
  int rc = AUS_OK, n_wanted = job->require[i].n_texts;
  aus_match_require *r = &job->require[i];
  char **wanted = r->text, *text;
  bool *used = NULL;
  int64_t n;
  int32_t t;

  AUS_TRY(values_of(a->f, r->field, &used, err));
  r->text = &text;
  r->n_texts = 1;
  for (t = 0; t < a->f->texts.n; t++) {
    if (!used[t]) continue;
    text = a->f->texts.text[t];
    AUS_TRY(count(a, &n, err));
    if (!is_better(a->why, i, n, text)) continue;
    aus_free(a->why->instead);
    AUS_DUP(a->why->instead, text, err);
    a->why->replaced = i;
    a->why->with_it = n;
  }
done:
  r->text = wanted;
  r->n_texts = n_wanted;
  aus_free(used);
  return rc;
}

static int replace_one(const asking *a, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_match_job job = *a->job; /* its requirements are changed and put back */
  asking with = *a;

  with.job = &job;
  for (i = 0; i < job.n_requires; i++)
    if (job.require[i].op == AUS_MATCH_EQUALS && !job.require[i].prefer && is_promising(a, i, i))
      AUS_TRY(try_values(&with, &job, i, err));
done:
  return rc;
}

/* All requirements, or none. */
static void leave_out(const asking *a, bool all)
{
  int i;

  for (i = 0; i < a->job->n_requires; i++)
    a->without[i] = all;
}

/* Clusters with requirement i alone: all others lack it. */
static int count_alone(const asking *a, int i, aus_err *err)
{
  int rc = AUS_OK;
  int64_t c, k = 0;

  leave_out(a, true);
  a->without[i] = false;
  AUS_TRY(count(a, &a->why->alone[i], err));
  for (c = 0; c < a->f->names.n; c++) {
    lack *l = &a->lack[c];

    if (k < a->why->alone[i] && a->set[k] == c)
      k++;
    else if (l->n < MAX_REMOVED)
      l->require[l->n++] = i;
    else
      l->n = MAX_REMOVED + 1;
  }
done:
  return rc;
}

/* Clusters with no requirement, with each alone, with more and more of them. */
static int count_all(const asking *a, int64_t *left, aus_err *err)
{
  int rc = AUS_OK, i, n = a->job->n_requires;

  leave_out(a, true);
  AUS_TRY(count(a, left, err));
  a->why->resources = *left;
  for (i = 0; i < n; i++)
    AUS_TRY(count_alone(a, i, err));
  leave_out(a, true);
  for (i = 0; i < n; i++) {
    a->without[i] = false;
    if (*left > 0) AUS_TRY(count(a, left, err));
    a->why->left[i] = *left;
  }
done:
  leave_out(a, false);
  return rc;
}

int aus_match_explain(const aus_match_fleet *f, const aus_match_job *job, aus_match_why *out,
                      aus_err *err)
{
  int rc = AUS_OK;
  asking a = {.f = f, .job = job, .why = out};
  int64_t n = 0;

  *out = (aus_match_why){.replaced = -1};
  AUS_NEW(a.set, f->names.n + 1, err);
  AUS_NEW(a.without, job->n_requires + 1, err);
  AUS_NEW(a.lack, f->names.n + 1, err);
  AUS_NEW(out->alone, job->n_requires + 1, err);
  AUS_NEW(out->left, job->n_requires + 1, err);
  AUS_TRY(count_all(&a, &n, err));
  if (n == 0 && out->resources > 0) {
    AUS_TRY(remove_some(&a, err));
    AUS_TRY(replace_one(&a, err));
  }
done:
  aus_free(a.set);
  aus_free(a.without);
  aus_free(a.lack);
  if (rc != AUS_OK) aus_match_why_fini(out);
  return rc;
}

void aus_match_why_fini(aus_match_why *why)
{
  aus_free(why->alone);
  aus_free(why->left);
  aus_free(why->instead);
  *why = (aus_match_why){.replaced = -1};
}

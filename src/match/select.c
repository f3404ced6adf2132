/* match/select.c - one of the matching clusters, by stated rules.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/select.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* ---- states ---- */

enum { FIRST_KEYS = 8 };

int aus_match_state_make(aus_match_state *out, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  *out = (aus_match_state){.n = n, .cap = FIRST_KEYS};
  AUS_NEW(out->value, n * out->cap, err);
done:
  if (rc != AUS_OK) *out = (aus_match_state){0};
  return rc;
}

void aus_match_state_fini(aus_match_state *s)
{
  aus_match_names_fini(&s->keys);
  aus_match_names_fini(&s->texts);
  aus_free(s->value);
  *s = (aus_match_state){0};
}

int aus_match_state_grow(aus_match_state *s, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_value *fresh;

  if (n <= s->n) return AUS_OK;
  AUS_NEW(fresh, n * s->cap, err);
  memcpy(fresh, s->value, (size_t)(s->n * s->cap) * sizeof *fresh);
  aus_free(s->value);
  s->value = fresh;
  s->n = n;
done:
  return rc;
}

void aus_match_state_clear(aus_match_state *s, int64_t row)
{
  memset(s->value + row * s->cap, 0, (size_t)s->cap * sizeof *s->value);
}

static int more_keys(aus_match_state *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_value *fresh;
  int64_t i;

  AUS_NEW(fresh, s->n * 2 * s->cap, err);
  for (i = 0; i < s->n; i++)
    memcpy(fresh + i * 2 * s->cap, s->value + i * s->cap, (size_t)s->cap * sizeof *fresh);
  aus_free(s->value);
  s->value = fresh;
  s->cap *= 2;
done:
  return rc;
}

int aus_match_state_set(aus_match_state *s, int64_t row, const char *key, double x,
                        const char *text, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_value v = {.kind = AUS_MATCH_NUMBER, .x = x};
  int32_t k, id;

  if (text) {
    AUS_TRY(aus_match_names_add(&s->texts, text, strlen(text), &id, err));
    v = (aus_match_value){.kind = AUS_MATCH_TEXT, .text = s->texts.text[id]};
  }
  if (s->keys.n == s->cap) AUS_TRY(more_keys(s, err));
  AUS_TRY(aus_match_names_add(&s->keys, key, strlen(key), &k, err));
  s->value[row * s->cap + k] = v;
done:
  return rc;
}

aus_match_value aus_match_state_get(const aus_match_state *s, int64_t row, const char *key)
{
  int32_t k = aus_match_names_find(&s->keys, key, strlen(key));

  return k >= 0 ? s->value[row * s->cap + k] : (aus_match_value){.kind = AUS_MATCH_NONE};
}

int aus_match_state_read(aus_match_state *s, int64_t row, aus_json_value *object, const char *what,
                         aus_err *err)
{
  int rc = AUS_OK;
  const char *key = NULL;

  if (!aus_json_is_object(object)) AUS_FAIL(err, AUS_EFORMAT, "%s is no object", what);
  while ((key = aus_json_key_after(object, key))) {
    aus_json_value *v = aus_json_get(object, key);
    const char *text = aus_json_text(v);

    if (!text && !aus_json_is_number(v))
      AUS_FAIL(err, AUS_EFORMAT, "%s: \"%s\" is neither a number nor a text", what, key);
    AUS_TRY(aus_match_state_set(s, row, key, aus_json_number(v), text, err));
  }
done:
  return rc;
}

bool aus_match_consume(aus_match_state *state, int64_t cluster, const char *key, double amount)
{
  int32_t k = aus_match_names_find(&state->keys, key, strlen(key));
  aus_match_value *v = k >= 0 ? &state->value[cluster * state->cap + k] : NULL;

  if (!v || v->kind != AUS_MATCH_NUMBER || v->x < amount) return false;
  v->x -= amount;
  return true;
}

/* ---- policies ---- */

typedef enum step_kind { FILTER, CALC, ASCENDING, DESCENDING, SELECT, N_STEPS } step_kind;
enum { FIRST, LAST, RANDOM, N_PLACES };

static const char *const STEP[N_STEPS] = {"filter", "calc", "sort_ascending", "sort_descending",
                                          "select"};
static const char *const PLACE[N_PLACES] = {"first", "last", "random"};

typedef struct step {
  step_kind kind;
  aus_match_expr *expr;
  char *name; /* of a calc or a sort */
  int place;  /* of a select */
} step;

typedef struct priority {
  double number;
  step *step;
  int64_t n;
} priority;

struct aus_match_policy {
  priority *priority; /* ascending */
  int64_t n;
};

void aus_match_policy_destroy(aus_match_policy *p)
{
  int64_t i, k;

  if (!p) return;
  for (i = 0; i < p->n; i++) {
    for (k = 0; k < p->priority[i].n; k++) {
      aus_match_expr_destroy(p->priority[i].step[k].expr);
      aus_free(p->priority[i].step[k].name);
    }
    aus_free(p->priority[i].step);
  }
  aus_free(p->priority);
  aus_free(p);
}

/* "name=expression" */
static int read_calc(step *s, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  const char *equal = strchr(text, '=');
  size_t n = equal ? (size_t)(equal - text) : 0;

  while (n > 0 && text[n - 1] == ' ')
    n--;
  if (n == 0 || equal[1] == '=')
    AUS_FAIL(err, AUS_ECONFIG, "calc \"%s\", expected name=expression", text);
  AUS_NEW(s->name, n + 1, err);
  memcpy(s->name, text, n);
  AUS_TRY(aus_match_expr_parse(&s->expr, equal + 1, err));
done:
  return rc;
}

static int read_step(step *s, aus_json_value *object, aus_err *err)
{
  int rc = AUS_OK, k;
  const char *text = NULL;

  for (k = 0; k < N_STEPS && !text; k++) {
    text = aus_json_text(aus_json_get(object, STEP[k]));
    s->kind = (step_kind)k;
  }
  if (!text || aus_json_count(object) != 1)
    AUS_FAIL(err, AUS_ECONFIG,
             "expected one of filter, calc, sort_ascending, sort_descending, select with a text");
  if (s->kind == FILTER) AUS_TRY(aus_match_expr_parse(&s->expr, text, err));
  if (s->kind == CALC) AUS_TRY(read_calc(s, text, err));
  if (s->kind == ASCENDING || s->kind == DESCENDING) AUS_DUP(s->name, text, err);
  if (s->kind != SELECT) goto done;
  for (s->place = 0; s->place < N_PLACES; s->place++)
    if (strcmp(PLACE[s->place], text) == 0) goto done;
  AUS_FAIL(err, AUS_ECONFIG, "select is \"%s\", expected first, last or random", text);
done:
  return rc;
}

static int read_priority(priority *p, aus_json_value *object, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *steps = aus_json_get(object, "steps"), *number = aus_json_get(object, "priority");

  if (!number || !aus_json_is_number(number)) AUS_FAIL(err, AUS_ECONFIG, "no number \"priority\"");
  p->number = aus_json_number(number);
  if (!steps || aus_json_count(steps) == 0) AUS_FAIL(err, AUS_ECONFIG, "no list \"steps\"");
  AUS_NEW(p->step, aus_json_count(steps), err);
  while (p->n < aus_json_count(steps)) {
    p->n++;
    rc = read_step(&p->step[p->n - 1], aus_json_at(steps, p->n - 1), err);
    if (rc != AUS_OK) aus_err_prepend(err, "step %" PRId64 ": ", p->n);
    if (rc != AUS_OK) goto done;
  }
done:
  return rc;
}

static int by_number(const void *a, const void *b)
{
  double x = ((const priority *)a)->number, y = ((const priority *)b)->number;

  return (x > y) - (x < y);
}

int aus_match_policy_read(aus_match_policy **out, aus_json_value *list, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_policy *p = NULL;
  int64_t n = aus_json_count(list), i;

  *out = NULL;
  if (!aus_json_is_array(list) || n == 0)
    AUS_FAIL(err, AUS_ECONFIG, "constraint: expected a list of priorities");
  AUS_NEW(p, 1, err);
  AUS_NEW(p->priority, n, err);
  for (i = 0; i < n; i++) {
    p->n = i + 1;
    rc = read_priority(&p->priority[i], aus_json_at(list, i), err);
    if (rc != AUS_OK) aus_err_prepend(err, "constraint[%" PRId64 "]: ", i);
    if (rc != AUS_OK) goto done;
  }
  qsort(p->priority, (size_t)n, sizeof *p->priority, by_number);
  for (i = 1; i < n; i++)
    if (p->priority[i].number == p->priority[i - 1].number)
      AUS_FAIL(err, AUS_ECONFIG, "constraint: priority %g twice", p->priority[i].number);
  *out = p;
  p = NULL;
done:
  aus_match_policy_destroy(p);
  return rc;
}

/* ---- deciding ---- */

/* Values that a decision calculates: of its own clusters only. */
typedef struct extra {
  aus_match_names names, texts;
  aus_match_value *value; /* names.n x n_clusters */
  int64_t cap;
} extra;

typedef struct decision {
  const aus_match_state *state, *job;
  const double *p;
  aus_rng *rng;
  int64_t n_matched;
  int64_t *in; /* clusters that are left, in their order */
  int64_t n;
  extra extra;
  aus_match_choice *out;
} decision;

/* Where the values of a name may be found, looked up once for all clusters; columns are -1 when it is not there. */
typedef struct source {
  int32_t extra, state, job;
  bool n_matched, p_success;
} source;

static source find_source(const decision *d, const char *name)
{
  size_t n = strlen(name);

  return (source){.extra = aus_match_names_find(&d->extra.names, name, n),
                  .state = aus_match_names_find(&d->state->keys, name, n),
                  .job = d->job ? aus_match_names_find(&d->job->keys, name, n) : -1,
                  .n_matched = strcmp(name, "n_matched") == 0,
                  .p_success = d->p && strcmp(name, "p_success") == 0};
}

/* What a name means for a cluster: calculated, built in, its state, the job's word. */
static aus_match_value value_at(const decision *d, const source *s, int64_t c)
{
  aus_match_value v = {.kind = AUS_MATCH_NONE};

  if (s->extra >= 0) v = d->extra.value[s->extra * d->state->n + c];
  if (v.kind == AUS_MATCH_NONE && s->n_matched)
    return (aus_match_value){.kind = AUS_MATCH_NUMBER, .x = (double)d->n_matched};
  if (v.kind == AUS_MATCH_NONE && s->p_success && !isnan(d->p[c]))
    return (aus_match_value){.kind = AUS_MATCH_NUMBER, .x = d->p[c]};
  if (v.kind == AUS_MATCH_NONE && s->state >= 0) v = d->state->value[c * d->state->cap + s->state];
  if (v.kind == AUS_MATCH_NONE && s->job >= 0) v = d->job->value[s->job];
  return v;
}

static void forget(extra *e)
{
  aus_match_names_fini(&e->names);
  aus_match_names_fini(&e->texts);
  aus_free(e->value);
  *e = (extra){0};
}

/* Column of a calculated name; a new one has no values. */
static int calculated(decision *d, const char *name, int32_t *column, aus_err *err)
{
  int rc = AUS_OK;
  int64_t before = d->extra.names.n, n = d->state->n, i;

  AUS_TRY(aus_match_names_add(&d->extra.names, name, strlen(name), column, err));
  if (*column < before) goto done;
  AUS_TRY(
      aus_grow(&d->extra.value, &d->extra.cap, d->extra.names.n * n, sizeof *d->extra.value, err));
  for (i = 0; i < d->n; i++)
    d->extra.value[*column * n + d->in[i]] = (aus_match_value){.kind = AUS_MATCH_NONE};
done:
  return rc;
}

static int keep_value(decision *d, int32_t column, int64_t c, aus_match_value v, aus_err *err)
{
  int rc = AUS_OK;
  int32_t id;

  if (v.kind == AUS_MATCH_TEXT) {
    AUS_TRY(aus_match_names_add(&d->extra.texts, v.text, strlen(v.text), &id, err));
    v.text = d->extra.texts.text[id];
  }
  d->extra.value[column * d->state->n + c] = v;
done:
  return rc;
}

static int run_expr(decision *d, const step *s, aus_err *err)
{
  int rc = AUS_OK, n_names = aus_match_expr_n_names(s->expr), k;
  int64_t i, kept = 0;
  int32_t column = -1;
  source *from = NULL;
  aus_match_value *value = NULL, v;

  AUS_NEW(from, n_names, err);
  AUS_NEW(value, n_names, err);
  if (s->kind == CALC) AUS_TRY(calculated(d, s->name, &column, err));
  for (k = 0; k < n_names; k++)
    from[k] = find_source(d, aus_match_expr_name(s->expr, k));
  for (i = 0; i < d->n; i++) {
    int64_t c = d->in[i];
    const char *why;

    for (k = 0; k < n_names; k++)
      value[k] = value_at(d, &from[k], c);
    why = aus_match_expr_eval(s->expr, value, &v);
    if (!why && s->kind == FILTER && v.kind == AUS_MATCH_TEXT)
      why = "a text where a number is needed";
    if (why) {
      d->out->n_dropped++;
      d->out->why = why;
    } else if (s->kind == CALC) {
      AUS_TRY(keep_value(d, column, c, v, err));
      d->in[kept++] = c;
    } else if (v.x != 0.0) {
      d->in[kept++] = c;
    }
  }
  d->n = kept;
done:
  aus_free(from);
  aus_free(value);
  return rc;
}

/* A cluster among those to be sorted. */
typedef struct ranked {
  aus_match_value v;
  int64_t c, at; /* its number, its place before */
  int sign;      /* -1: descending */
} ranked;

/* Before (negative) or behind; what is missing is last either way, numbers are before texts, equals stay. */
static int compare(const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  int order;

  if (x->v.kind == AUS_MATCH_NONE || y->v.kind == AUS_MATCH_NONE)
    order = x->sign * ((x->v.kind == AUS_MATCH_NONE) - (y->v.kind == AUS_MATCH_NONE));
  else if (x->v.kind != y->v.kind)
    order = x->v.kind < y->v.kind ? -1 : 1;
  else if (x->v.kind == AUS_MATCH_TEXT)
    order = strcmp(x->v.text, y->v.text);
  else
    order = (x->v.x > y->v.x) - (x->v.x < y->v.x);
  return order != 0 ? x->sign * order : (x->at > y->at) - (x->at < y->at);
}

static int sort(decision *d, const step *s, aus_err *err)
{
  int rc = AUS_OK;
  source from = find_source(d, s->name);
  ranked *list = NULL;
  int64_t i;

  AUS_NEW(list, d->n, err);
  for (i = 0; i < d->n; i++)
    list[i] = (ranked){.v = value_at(d, &from, d->in[i]),
                       .c = d->in[i],
                       .at = i,
                       .sign = s->kind == ASCENDING ? 1 : -1};
  if (d->n > 1) qsort(list, (size_t)d->n, sizeof *list, compare);
  for (i = 0; i < d->n; i++)
    d->in[i] = list[i].c;
done:
  aus_free(list);
  return rc;
}

static int64_t pick(decision *d, int place)
{
  if (place == FIRST) return d->in[0];
  if (place == LAST) return d->in[d->n - 1];
  return d->in[aus_rng_below(d->rng, (uint64_t)d->n)];
}

static bool has_state(const aus_match_state *s, int64_t c)
{
  int64_t k;

  for (k = 0; k < s->keys.n; k++)
    if (s->value[c * s->cap + k].kind != AUS_MATCH_NONE) return true;
  return false;
}

static int try_priority(decision *d, const priority *p, const int64_t *set, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k;

  forget(&d->extra);
  for (i = d->n = 0; i < n; i++)
    if (has_state(d->state, set[i])) d->in[d->n++] = set[i];
  for (k = 0; k < p->n && d->n > 0 && d->out->cluster < 0; k++) {
    const step *s = &p->step[k];

    if (s->kind == FILTER || s->kind == CALC) AUS_TRY(run_expr(d, s, err));
    if (s->kind == ASCENDING || s->kind == DESCENDING) AUS_TRY(sort(d, s, err));
    if (s->kind == SELECT) d->out->cluster = pick(d, s->place);
  }
done:
  return rc;
}

int aus_match_policy_select(const aus_match_policy *policy, const int64_t *set, int64_t n,
                            const aus_match_state *state, const aus_match_state *job,
                            const double *p, aus_rng *rng, aus_match_choice *out, aus_err *err)
{
  int rc = AUS_OK;
  decision d = {.state = state, .job = job, .p = p, .rng = rng, .n_matched = n, .out = out};
  int64_t i;

  *out = (aus_match_choice){.cluster = -1};
  AUS_NEW(d.in, n, err);
  for (i = 0; i < policy->n && out->cluster < 0; i++)
    AUS_TRY(try_priority(&d, &policy->priority[i], set, n, err));
done:
  forget(&d.extra);
  aus_free(d.in);
  return rc;
}

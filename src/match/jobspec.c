/* match/jobspec.c - one job, from JSON.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/jobspec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "match/hosts.h"
#include "match/version.h"
#include "util/alloc.h"

enum { MAX_DEPTH = 20 };
static const double MAX_COUNT = 1e9;

typedef struct reader {
  aus_match_job j;
  int64_t cap_requests, cap_requires;
} reader;

/* ---- requirements ---- */

static void require_fini(aus_match_require *r)
{
  int i;

  for (i = 0; i < r->n_texts; i++)
    aus_free(r->text[i]);
  for (i = 0; i < r->n_parts; i++)
    require_fini(&r->part[i]);
  aus_free(r->text);
  aus_free(r->part);
  aus_free(r->name);
  aus_free(r->field);
  aus_free(r->low);
  aus_free(r->high);
}

static int read_require(aus_match_require *r, aus_json_value *v, int depth, aus_err *err);

/* Keys of an object, all known. */
static int check_keys(aus_json_value *v, const char *const *known, aus_err *err)
{
  const char *key = NULL;
  int k;

  while ((key = aus_json_key_after(v, key))) {
    for (k = 0; known[k] && strcmp(known[k], key) != 0; k++)
      ;
    if (!known[k]) return aus_fail(err, AUS_EFORMAT, AUS_HERE, "unknown key \"%s\"", key);
  }
  return AUS_OK;
}

static int copy_text(char **out, aus_json_value *v, const char *key, const char *absent,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *x = aus_json_get(v, key);
  const char *text = x ? aus_json_text(x) : absent;

  if (x && !text) AUS_FAIL(err, AUS_EFORMAT, "\"%s\" is no text", key);
  if (text) AUS_DUP(*out, text, err);
done:
  return rc;
}

/* End of a range: a text, or a number where these are compared. */
static int copy_end(const aus_match_require *r, char **out, aus_json_value *v, const char *key,
                    aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  if (!r->number || !aus_json_is_number(aus_json_get(v, key)))
    return copy_text(out, v, key, NULL, err);
  aus_buf_init(&b);
  aus_buf_real(&b, aus_json_number(aus_json_get(v, key)));
  AUS_TRY(aus_buf_check(&b, err));
  AUS_DUP(*out, b.data, err);
done:
  aus_buf_fini(&b);
  return rc;
}

/* A text, or a list of them. */
static int read_texts(aus_match_require *r, aus_json_value *v, const char *key, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_json_is_array(v) ? aus_json_count(v) : 1;

  if (n == 0) AUS_FAIL(err, AUS_EFORMAT, "\"%s\" is empty", key);
  AUS_NEW(r->text, n, err);
  for (i = 0; i < n; i++) {
    const char *text = aus_json_text(aus_json_is_array(v) ? aus_json_at(v, i) : v);

    if (!text) AUS_FAIL(err, AUS_EFORMAT, "\"%s\" is no text", key);
    AUS_DUP(r->text[i], text, err);
    r->n_texts++;
  }
done:
  return rc;
}

static int read_any(aus_match_require *r, aus_json_value *v, int depth, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_json_count(v);

  if (!aus_json_is_array(v) || n == 0) AUS_FAIL(err, AUS_EFORMAT, "\"any\" is no list");
  AUS_NEW(r->part, n, err);
  for (i = 0; i < n; i++) {
    r->n_parts++;
    AUS_TRY(read_require(&r->part[i], aus_json_at(v, i), depth + 1, err));
  }
done:
  return rc;
}

static bool is_number(const char *text)
{
  char *end;

  return isfinite(strtod(text, &end)) && end != text && !*end;
}

static int check_range(const aus_match_require *r, aus_err *err)
{
  int rc = AUS_OK;
  bool back;

  if (r->number && ((r->low && !is_number(r->low)) || (r->high && !is_number(r->high))))
    AUS_FAIL(err, AUS_EFORMAT, "an end of the range is no number");
  if (!r->low || !r->high) return AUS_OK;
  back = r->number ? strtod(r->low, NULL) > strtod(r->high, NULL)
                   : aus_match_version_compare(r->low, r->high) > 0;
  if (back) AUS_FAIL(err, AUS_EFORMAT, "range %s..%s is the wrong way round", r->low, r->high);
done:
  return rc;
}

/* The one operator of a requirement. */
static int read_operator(aus_match_require *r, aus_json_value *v, int depth, aus_err *err)
{
  static const char *const key[] = {"match", "in", "not", "exists", "any", "min", "max"};
  static const aus_match_operator op[] = {AUS_MATCH_EQUALS, AUS_MATCH_EQUALS, AUS_MATCH_DIFFERS,
                                          AUS_MATCH_EXISTS, AUS_MATCH_ANY,    AUS_MATCH_WITHIN,
                                          AUS_MATCH_WITHIN};
  int rc = AUS_OK, k, found = -1;

  for (k = 0; k < 7; k++) {
    if (!aus_json_get(v, key[k])) continue;
    if (found >= 0 && !(found == 5 && k == 6))
      AUS_FAIL(err, AUS_EFORMAT, "\"%s\" beside \"%s\"", key[k], key[found]);
    found = k;
  }
  if (found < 0) AUS_FAIL(err, AUS_EFORMAT, "none of match, min, max, in, not, exists, any");
  r->op = op[found];
  if (found < 3) AUS_TRY(read_texts(r, aus_json_get(v, key[found]), key[found], err));
  if (r->op == AUS_MATCH_ANY) AUS_TRY(read_any(r, aus_json_get(v, "any"), depth, err));
  if (r->op == AUS_MATCH_EXISTS && !aus_json_is_true(aus_json_get(v, "exists")))
    AUS_FAIL(err, AUS_EFORMAT, "\"exists\" is not true");
  if (r->op == AUS_MATCH_WITHIN) {
    AUS_TRY(copy_end(r, &r->low, v, "min", err));
    AUS_TRY(copy_end(r, &r->high, v, "max", err));
    AUS_TRY(check_range(r, err));
  }
done:
  return rc;
}

static int read_require(aus_match_require *r, aus_json_value *v, int depth, aus_err *err)
{
  static const char *const known[] = {"name", "field",  "as",  "prefer", "weight", "match", "in",
                                      "not",  "exists", "any", "min",    "max",    NULL};
  int rc = AUS_OK;
  const char *as = aus_json_text(aus_json_get(v, "as"));

  r->request = -1;
  r->weight = 1.0;
  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "\"any\" too deep");
  if (!aus_json_is_object(v)) AUS_FAIL(err, AUS_EFORMAT, "a requirement is no object");
  AUS_TRY(check_keys(v, known, err));
  if (as && strcmp(as, "number") != 0)
    AUS_FAIL(err, AUS_EFORMAT, "\"as\" is \"%s\", expected \"number\"", as);
  r->number = as != NULL;
  AUS_TRY(copy_text(&r->name, v, "name", "", err));
  AUS_TRY(copy_text(&r->field, v, "field", NULL, err));
  AUS_TRY(read_operator(r, v, depth, err));
  if (r->op != AUS_MATCH_ANY && !r->field) AUS_FAIL(err, AUS_EFORMAT, "no \"field\"");
  r->prefer = aus_json_get(v, "prefer") && aus_json_is_true(aus_json_get(v, "prefer"));
  if (aus_json_get(v, "weight")) r->weight = aus_json_number(aus_json_get(v, "weight"));
  if (!isfinite(r->weight)) AUS_FAIL(err, AUS_EFORMAT, "\"weight\" is no number");
done:
  return rc;
}

/* ---- requests ---- */

/* Of a range {"min": .., "max": ..} or a set "4,9,16" of counts the smallest. */
static int least_of(aus_json_value *x, const char *key, double *out, aus_err *err)
{
  int rc = AUS_OK;
  double most = aus_json_number(aus_json_get(x, "max"));
  int64_t least;

  *out = aus_json_number(aus_json_is_object(x) ? aus_json_get(x, "min") : x);
  if (aus_json_text(x)) {
    AUS_TRY(aus_match_ids_check(aus_json_text(x), &least, err));
    *out = (double)least;
  }
  if (aus_json_get(x, "max") && !(*out <= most))
    AUS_FAIL(err, AUS_EFORMAT, "\"%s\": range %g..%g is the wrong way round", key, *out, most);
done:
  return rc;
}

/* *out is multiplied. */
static int read_count(aus_json_value *v, const char *key, int64_t *out, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *x = aus_json_get(v, key);
  double n;

  if (!x) return AUS_OK;
  AUS_TRY(least_of(x, key, &n, err));
  if (!(n >= 1) || n > MAX_COUNT || n != floor(n))
    AUS_FAIL(err, AUS_EFORMAT, "\"%s\" is not a whole number from 1 to %g", key, MAX_COUNT);
  if (n * (double)*out > MAX_COUNT)
    AUS_FAIL(err, AUS_EFORMAT, "\"replicas\" x \"count\" is more than %g", MAX_COUNT);
  *out *= (int64_t)n;
done:
  return rc;
}

static int read_requires(reader *r, aus_json_value *list, int request, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (list && !aus_json_is_array(list)) AUS_FAIL(err, AUS_EFORMAT, "\"requires\" is no list");
  for (i = 0; i < aus_json_count(list); i++) {
    aus_match_require *x;

    if (r->j.n_requires == AUS_MATCH_MAX_REQUIRES)
      AUS_FAIL(err, AUS_EFORMAT, "requires[%" PRId64 "]: more than %d requirements", i,
               AUS_MATCH_MAX_REQUIRES);
    AUS_TRY(
        aus_grow(&r->j.require, &r->cap_requires, r->j.n_requires + 1, sizeof *r->j.require, err));
    x = &r->j.require[r->j.n_requires++];
    *x = (aus_match_require){0};
    rc = read_require(x, aus_json_at(list, i), 0, err);
    x->request = request;
    if (rc != AUS_OK) aus_err_prepend(err, "requires[%" PRId64 "]: ", i);
    if (rc != AUS_OK) goto done;
  }
done:
  return rc;
}

static int read_request(reader *r, aus_json_value *v, int parent, int depth, aus_err *err)
{
  int rc = AUS_OK, at = r->j.n_requests;
  aus_json_value *with = aus_json_get(v, "with");
  const char *type = aus_json_text(aus_json_get(v, "type"));
  aus_match_request *x;
  int64_t i;

  if (!type) AUS_FAIL(err, AUS_EFORMAT, "a resource has no \"type\"");
  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "resources too deep");
  if (at == AUS_MATCH_MAX_REQUESTS)
    AUS_FAIL(err, AUS_EFORMAT, "more than %d resources", AUS_MATCH_MAX_REQUESTS);
  AUS_TRY(aus_grow(&r->j.request, &r->cap_requests, at + 1, sizeof *r->j.request, err));
  x = &r->j.request[r->j.n_requests++];
  *x = (aus_match_request){.parent = parent, .count = 1};
  AUS_DUP(x->type, type, err);
  AUS_TRY(copy_text(&x->label, v, "label", NULL, err));
  AUS_TRY(read_count(v, "replicas", &x->count, err));
  AUS_TRY(read_count(v, "count", &x->count, err));
  AUS_TRY(read_requires(r, aus_json_get(v, "requires"), at, err));
  if (with && !aus_json_is_array(with)) AUS_FAIL(err, AUS_EFORMAT, "\"with\" is no list");
  if (strcmp(type, "slot") == 0 && aus_json_count(with) == 0)
    AUS_FAIL(err, AUS_EFORMAT, "a slot of nothing");
  for (i = 0; i < aus_json_count(with); i++)
    AUS_TRY(read_request(r, aus_json_at(with, i), at, depth + 1, err));
done:
  return rc;
}

static int read_resources(reader *r, aus_json_value *v, aus_err *err)
{
  int rc = AUS_OK;
  const char *key = NULL;
  int64_t i;

  if (!v || aus_json_count(v) == 0) AUS_FAIL(err, AUS_EFORMAT, "no \"resources\"");
  for (i = 0; aus_json_is_array(v) && i < aus_json_count(v); i++) {
    rc = read_request(r, aus_json_at(v, i), -1, 0, err);
    if (rc != AUS_OK) aus_err_prepend(err, "resources[%" PRId64 "]: ", i);
    if (rc != AUS_OK) goto done;
  }
  if (aus_json_is_object(v))
    while ((key = aus_json_key_after(v, key))) {
      rc = read_request(r, aus_json_get(v, key), -1, 0, err);
      if (rc != AUS_OK) aus_err_prepend(err, "resources.%s: ", key);
      if (rc != AUS_OK) goto done;
    }
done:
  return rc;
}

/* ---- Flux constraints ---- */

static void constraint_fini(aus_match_constraint *c)
{
  int i;

  for (i = 0; i < c->n_parts; i++)
    constraint_fini(&c->part[i]);
  aus_free(c->part);
  aus_free(c->text);
}

static int read_constraint(aus_match_constraint *c, aus_json_value *v, int depth, aus_err *err);

/* A property, a list of hosts, a set of ranks. */
static int check_leaf(const aus_match_constraint *c, aus_err *err)
{
  const char *property = c->text + (c->text[0] == '^');
  int64_t least;

  if (c->rule == AUS_MATCH_RULE_HOST) return aus_match_hosts_check(c->text, err);
  if (c->rule == AUS_MATCH_RULE_RANK) return aus_match_ids_check(c->text, &least, err);
  if (*property && !strchr(property, '^')) return AUS_OK;
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "\"%s\" is no property", c->text);
}

static int read_parts(aus_match_constraint *c, aus_json_value *list, aus_match_rule leaf, int depth,
                      aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_json_count(list);
  bool leaves = leaf != AUS_MATCH_RULE_AND;

  AUS_NEW(c->part, n, err);
  for (i = 0; i < n; i++) {
    aus_match_constraint *part = &c->part[c->n_parts++];

    if (!leaves) {
      AUS_TRY(read_constraint(part, aus_json_at(list, i), depth + 1, err));
      continue;
    }
    part->rule = leaf;
    if (!aus_json_text(aus_json_at(list, i)))
      AUS_FAIL(err, AUS_EFORMAT, "a property, host or rank is no text");
    AUS_DUP(part->text, aus_json_text(aus_json_at(list, i)), err);
    AUS_TRY(check_leaf(part, err));
  }
done:
  return rc;
}

/* Lists of properties mean all of them, lists of hosts or ranks any (of none: none). */
static int read_constraint(aus_match_constraint *c, aus_json_value *v, int depth, aus_err *err)
{
  enum { N_KEYS = 6, FIRST_ANY = 4 };
  static const char *const key[] = {"and", "or", "not", "properties", "hostlist", "ranks"};
  static const aus_match_rule rule[] = {AUS_MATCH_RULE_AND, AUS_MATCH_RULE_OR, AUS_MATCH_RULE_NOT,
                                        AUS_MATCH_RULE_AND, AUS_MATCH_RULE_OR, AUS_MATCH_RULE_OR};
  static const aus_match_rule leaf[] = {AUS_MATCH_RULE_AND,  AUS_MATCH_RULE_AND,
                                        AUS_MATCH_RULE_AND,  AUS_MATCH_RULE_PROPERTY,
                                        AUS_MATCH_RULE_HOST, AUS_MATCH_RULE_RANK};
  int rc = AUS_OK, k = 0;
  const char *name = aus_json_key_after(v, NULL);
  aus_json_value *list;

  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "too deep");
  if (!name || aus_json_count(v) != 1) AUS_FAIL(err, AUS_EFORMAT, "expected one operator");
  while (k < N_KEYS && strcmp(key[k], name) != 0)
    k++;
  if (k == N_KEYS) AUS_FAIL(err, AUS_EFORMAT, "no operator \"%s\"", name);
  list = aus_json_get(v, name);
  if (!aus_json_is_array(list)) AUS_FAIL(err, AUS_EFORMAT, "\"%s\" is no list", name);
  c->rule = k >= FIRST_ANY && aus_json_count(list) == 0 ? AUS_MATCH_RULE_NOT : rule[k];
  AUS_TRY(read_parts(c, list, leaf[k], depth, err));
done:
  return rc;
}

/* ---- the whole ---- */

static int read_attributes(reader *r, aus_json_value *v, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *system = aus_json_get(v, "system"), *x;

  r->j.duration_s = (double)NAN;
  if (v && !aus_json_is_object(v)) AUS_FAIL(err, AUS_EFORMAT, "\"attributes\" is no object");
  AUS_TRY(aus_match_state_make(&r->j.parameter, 1, err));
  if ((x = aus_json_get(v, "parameter")))
    AUS_TRY(aus_match_state_read(&r->j.parameter, 0, x, "attributes.parameter", err));
  if ((x = aus_json_get(system, "duration"))) r->j.duration_s = aus_json_number(x);
  if (x && !(r->j.duration_s >= 0 && isfinite(r->j.duration_s)))
    AUS_FAIL(err, AUS_EFORMAT, "attributes.system.duration is no number from 0 on");
  if ((x = aus_json_get(system, "constraints"))) {
    AUS_NEW(r->j.nodes, 1, err);
    rc = read_constraint(r->j.nodes, x, 0, err);
    if (rc != AUS_OK) aus_err_prepend(err, "constraints: ");
  }
done:
  return rc;
}

static bool has_slot(const aus_match_job *j, const char *label)
{
  int i;

  for (i = 0; i < j->n_requests; i++)
    if (j->request[i].label && strcmp(j->request[i].label, label) == 0) return true;
  return false;
}

/* What tasks run on has to be there; Flux's slots are known by their labels. */
static int check_tasks(const reader *r, aus_json_value *root, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_json_value *tasks = aus_json_get(root, "tasks"), *resources = aus_json_get(root, "resources");
  int64_t i;

  for (k = 0; aus_json_is_array(resources) && k < r->j.n_requests; k++)
    if (strcmp(r->j.request[k].type, "slot") == 0 && !r->j.request[k].label)
      AUS_FAIL(err, AUS_EFORMAT, "a slot has no \"label\"");
  for (i = 0; i < aus_json_count(tasks); i++) {
    const char *slot = aus_json_text(aus_json_get(aus_json_at(tasks, i), "slot"));
    const char *named = aus_json_text(aus_json_get(aus_json_at(tasks, i), "resources"));

    if (slot && !has_slot(&r->j, slot))
      AUS_FAIL(err, AUS_EFORMAT, "tasks[%" PRId64 "]: no slot \"%s\"", i, slot);
    if (named && !aus_json_get(resources, named))
      AUS_FAIL(err, AUS_EFORMAT, "tasks[%" PRId64 "]: no resources \"%s\"", i, named);
  }
done:
  return rc;
}

/* Nodes of all replicas: counts multiply on the way down. */
static int count_nodes(aus_match_job *j, aus_err *err)
{
  int rc = AUS_OK, i, k;
  double n = 0.0;

  for (i = 0; i < j->n_requests; i++) {
    double x = 1.0;

    if (strcmp(j->request[i].type, "node") != 0) continue;
    for (k = i; k >= 0; k = j->request[k].parent)
      x *= (double)j->request[k].count;
    n += x;
  }
  if (n > MAX_COUNT) AUS_FAIL(err, AUS_EFORMAT, "more than %g nodes", MAX_COUNT);
  j->n_nodes = n > 0.0 ? (int64_t)n : 1;
done:
  return rc;
}

/* Flux has the name among the attributes. */
static int read_name(reader *r, aus_json_value *root, aus_err *err)
{
  aus_json_value *system = aus_json_get(aus_json_get(root, "attributes"), "system");

  if (aus_json_get(root, "name")) return copy_text(&r->j.name, root, "name", "", err);
  return copy_text(&r->j.name, aus_json_get(system, "job"), "name", "", err);
}

int aus_match_job_make(aus_match_job *out, aus_json_value *root, aus_err *err)
{
  int rc = AUS_OK;
  reader r = {.j = {.duration_s = 0}};

  *out = (aus_match_job){0};
  if (!aus_json_is_object(root)) AUS_FAIL(err, AUS_EFORMAT, "the job is no object");
  if (aus_json_number(aus_json_get(root, "version")) != 1.0)
    AUS_FAIL(err, AUS_EFORMAT, "\"version\" is not 1");
  AUS_TRY(read_name(&r, root, err));
  AUS_TRY(copy_text(&r.j.package, root, "package", "", err));
  AUS_TRY(read_resources(&r, aus_json_get(root, "resources"), err));
  AUS_TRY(check_tasks(&r, root, err));
  AUS_TRY(read_attributes(&r, aus_json_get(root, "attributes"), err));
  AUS_TRY(count_nodes(&r.j, err));
  *out = r.j;
  r.j = (aus_match_job){0};
done:
  aus_match_job_fini(&r.j);
  return rc;
}

int aus_match_job_read(aus_match_job *out, const char *name, const char *bytes, size_t n,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;

  *out = (aus_match_job){0};
  AUS_TRY(aus_json_parse(&doc, name, bytes, n, err));
  rc = aus_match_job_make(out, aus_json_root(doc), err);
  if (rc == AUS_EFORMAT) aus_err_prepend(err, "%s: ", name);
done:
  aus_json_destroy(doc);
  return rc;
}

void aus_match_job_fini(aus_match_job *job)
{
  int i;

  for (i = 0; i < job->n_requests; i++) {
    aus_free(job->request[i].type);
    aus_free(job->request[i].label);
  }
  for (i = 0; i < job->n_requires; i++)
    require_fini(&job->require[i]);
  if (job->nodes) constraint_fini(job->nodes);
  aus_free(job->nodes);
  aus_free(job->request);
  aus_free(job->require);
  aus_free(job->name);
  aus_free(job->package);
  aus_match_state_fini(&job->parameter);
  *job = (aus_match_job){0};
}

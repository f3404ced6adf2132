/* match/fleet_probe.c - what a job requires of vertices, and where in a cluster that holds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names become numbers once per job, and every text is judged once per requirement, so that a cluster costs a
 * search among its fields and a look into a table.
 */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "match/fleet_impl.h"
#include "match/hosts.h"
#include "match/version.h"
#include "util/alloc.h"

enum { IS_SLOT = -1, NO_TYPE = -2 };
/* what is known of a text */
enum { JUDGED = 1, THERE = 2, MEETS = 4 };

/* ---- texts ---- */

static bool within(const aus_match_require *r, const char *text)
{
  char *end;
  double x;

  if (aus_match_absent(text)) return false;
  if (!r->number)
    return (!r->low || aus_match_version_compare(r->low, text) <= 0) &&
           (!r->high || aus_match_version_compare(text, r->high) <= 0);
  x = strtod(text, &end);
  if (end == text || *end || isnan(x)) return false;
  return (!r->low || strtod(r->low, NULL) <= x) && (!r->high || x <= strtod(r->high, NULL));
}

static bool is_one_of(const aus_match_require *r, const char *text)
{
  int i;

  for (i = 0; i < r->n_texts; i++)
    if (strcmp(r->text[i], text) == 0) return true;
  return false;
}

static uint8_t judge(const aus_match_plan *plan, const aus_match_probe *p, int32_t id)
{
  const char *text = plan->f->texts.text[id];
  const aus_match_require *r = p->require;

  if (p->verdict[id] == 0) {
    bool meets = r->op == AUS_MATCH_WITHIN ? within(r, text) : is_one_of(r, text);
    bool there = !aus_match_absent(text) || r->op == AUS_MATCH_DIFFERS;

    p->verdict[id] = (uint8_t)(JUDGED | (there ? THERE : 0) | (meets ? MEETS : 0));
  }
  return p->verdict[id];
}

/* ---- one vertex ---- */

/* A field of the vertex, or of every node where it is one; a field in no subsystem is of any name. */
static bool is_about(const aus_match_plan *plan, const aus_match_member *c,
                     const aus_match_known *k, int64_t v, const aus_match_probe *p)
{
  if (k->vertex != v && (k->vertex != AUS_MATCH_EVERY_NODE || c->vertex[v].type != plan->f->node))
    return false;
  return !*p->require->name || k->subsystem == p->name || !*plan->f->texts.text[k->subsystem];
}

static bool holds(const aus_match_plan *plan, const aus_match_member *c, int64_t v,
                  const aus_match_probe *p)
{
  const aus_match_require *r = p->require;
  uint8_t all = 0;
  int64_t i;

  if (r->op == AUS_MATCH_ANY) {
    for (i = 0; i < r->n_parts; i++)
      if (holds(plan, c, v, &plan->probe[p->part + i])) return true;
    return false;
  }
  if (p->field < 0) return false;
  for (i = aus_match_fleet_field_at(c, p->field); i < c->n_fields && c->field[i].field == p->field;
       i++)
    if (is_about(plan, c, &c->field[i], v, p)) all |= judge(plan, p, c->field[i].text);
  if (r->op == AUS_MATCH_EXISTS) return all & THERE;
  if (r->op == AUS_MATCH_DIFFERS) return (all & THERE) && !(all & MEETS);
  return all & MEETS;
}

/* A requirement is about the vertices of its request; that of a slot about those of the slot's children. */
static bool concerns(const aus_match_plan *plan, const aus_match_require *r, int request)
{
  const aus_match_job *j = plan->job;

  while (r->request != request) {
    request = j->request[request].parent;
    if (request < 0 || plan->type[request] != IS_SLOT) return false;
  }
  return true;
}

static bool is_hard(const aus_match_plan *plan, int i)
{
  return !(plan->without && plan->without[i]) && !plan->job->require[i].prefer;
}

static bool meets_all(const aus_match_plan *plan, const aus_match_member *c, int64_t v, int request)
{
  int i;

  for (i = 0; i < plan->job->n_requires; i++)
    if (is_hard(plan, i) && concerns(plan, &plan->job->require[i], request) &&
        !holds(plan, c, v, &plan->probe[i]))
      return false;
  return true;
}

/* ---- Flux constraints ---- */

static bool has_property(const aus_match_plan *plan, const aus_match_member *c, int64_t v,
                         const char *property)
{
  const aus_match_names *texts = &plan->f->texts;
  int32_t field = aus_match_names_find(texts, "properties", strlen("properties"));
  int64_t i;

  if (property[0] == '^') return !has_property(plan, c, v, property + 1);
  for (i = aus_match_fleet_field_at(c, field); i < c->n_fields && c->field[i].field == field; i++)
    if ((c->field[i].vertex == v || c->field[i].vertex == AUS_MATCH_EVERY_NODE) &&
        strcmp(texts->text[c->field[i].text], property) == 0)
      return true;
  return false;
}

static bool allowed(const aus_match_plan *plan, const aus_match_member *c, int64_t v,
                    const aus_match_constraint *rule)
{
  const aus_match_vertex *x = &c->vertex[v];
  bool is_or = rule->rule == AUS_MATCH_RULE_OR, all = true;
  int i;

  if (rule->rule == AUS_MATCH_RULE_PROPERTY) return has_property(plan, c, v, rule->text);
  if (rule->rule == AUS_MATCH_RULE_HOST)
    return aus_match_hosts_have(rule->text, plan->f->hosts.text[x->name]);
  if (rule->rule == AUS_MATCH_RULE_RANK)
    return x->rank >= 0 && aus_match_ids_have(rule->text, x->rank);
  for (i = 0; i < rule->n_parts && all; i++)
    if (allowed(plan, c, v, &rule->part[i]) == is_or) all = false;
  /* nothing is left of "and" or of "or" when all parts hold, or none; of an empty one neither */
  if (rule->rule == AUS_MATCH_RULE_NOT) return !all;
  return is_or ? !all || rule->n_parts == 0 : all;
}

/* Is the vertex, with every node above it, one that the job may use? */
static bool is_open(const aus_match_plan *plan, const aus_match_member *c, int64_t v)
{
  const aus_match_constraint *rule = plan->job->nodes;

  for (; rule && v >= 0; v = c->vertex[v].parent)
    if (c->vertex[v].type == plan->f->node && !allowed(plan, c, v, rule)) return false;
  return true;
}

/* ---- one cluster ---- */

static int64_t first_of(const aus_match_member *c, int32_t type)
{
  int64_t v = 0;

  while (v < c->n && c->vertex[v].type != type)
    v++;
  return v < c->n ? v : -1;
}

/* No field tells the vertices of a type apart: the first of each speaks for all. */
static aus_match_look look_at_first(const aus_match_plan *plan, const aus_match_member *c)
{
  int64_t v;
  int i;

  for (i = 0; i < plan->job->n_requests; i++) {
    if (plan->type[i] == IS_SLOT) continue;
    v = first_of(c, plan->type[i]);
    if (v < 0 || !meets_all(plan, c, v, i)) return AUS_MATCH_NOWHERE;
  }
  return AUS_MATCH_EVERYWHERE;
}

aus_match_look aus_match_plan_look(const aus_match_plan *plan, const aus_match_member *c,
                                   bool *suits)
{
  bool all = true, any;
  int64_t v;
  int i;

  if (c->n_own == 0 && !plan->job->nodes) return look_at_first(plan, c);
  for (i = 0; i < plan->job->n_requests; i++) {
    any = plan->type[i] == IS_SLOT;
    for (v = 0; v < c->n; v++) {
      bool *here = &suits[i * c->n + v];

      *here = c->vertex[v].type == plan->type[i] && is_open(plan, c, v) && meets_all(plan, c, v, i);
      any = any || *here;
      all = all && (*here || c->vertex[v].type != plan->type[i]);
    }
    if (!any) return AUS_MATCH_NOWHERE;
  }
  return all ? AUS_MATCH_EVERYWHERE : AUS_MATCH_SOMEWHERE;
}

static bool holds_anywhere(const aus_match_plan *plan, const aus_match_member *c, int i)
{
  int64_t v;
  int k;

  for (k = 0; k < plan->job->n_requests; k++) {
    if (!concerns(plan, &plan->job->require[i], k)) continue;
    for (v = 0; v < c->n; v++)
      if (c->vertex[v].type == plan->type[k] && holds(plan, c, v, &plan->probe[i])) return true;
  }
  return false;
}

double aus_match_plan_weight(const aus_match_plan *plan, const aus_match_member *c)
{
  double sum = 0.0;
  int i;

  for (i = 0; i < plan->job->n_requires; i++)
    if (plan->job->require[i].prefer && holds_anywhere(plan, c, i))
      sum += plan->job->require[i].weight;
  return sum;
}

/* ---- making ---- */

static int64_t count_probes(const aus_match_require *r, int n)
{
  int64_t sum = n;
  int i;

  for (i = 0; i < n; i++)
    sum += count_probes(r[i].part, r[i].n_parts);
  return sum;
}

/* n requirements side by side, their parts behind all that are there. */
static void add_probes(aus_match_plan *plan, const aus_match_require *r, int n)
{
  const aus_match_names *texts = &plan->f->texts;
  int64_t at = plan->n_probes;
  int i;

  plan->n_probes += n;
  for (i = 0; i < n; i++) {
    aus_match_probe *p = &plan->probe[at + i];

    p->require = &r[i];
    p->verdict = plan->verdict + (at + i) * texts->n;
    p->name = aus_match_names_find(texts, r[i].name, strlen(r[i].name));
    p->field = r[i].field ? aus_match_names_find(texts, r[i].field, strlen(r[i].field)) : -1;
    p->part = plan->n_probes;
    add_probes(plan, r[i].part, r[i].n_parts);
  }
}

int aus_match_plan_make(aus_match_plan *plan, const aus_match_fleet *f, const aus_match_job *job,
                        const bool *without, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t n = count_probes(job->require, job->n_requires);

  *plan = (aus_match_plan){.f = f, .job = job, .without = without};
  AUS_NEW(plan->probe, n, err);
  AUS_NEW(plan->verdict, n * f->texts.n, err);
  AUS_NEW(plan->type, job->n_requests, err);
  add_probes(plan, job->require, job->n_requires);
  for (i = 0; i < job->n_requests; i++) {
    const char *type = job->request[i].type;
    int32_t id = aus_match_names_find(&f->types, type, strlen(type));

    plan->type[i] = strcmp(type, "slot") == 0 ? IS_SLOT : id < 0 ? NO_TYPE : id;
  }
done:
  if (rc != AUS_OK) aus_match_plan_fini(plan);
  return rc;
}

void aus_match_plan_fini(aus_match_plan *plan)
{
  aus_free(plan->probe);
  aus_free(plan->verdict);
  aus_free(plan->type);
  *plan = (aus_match_plan){0};
}

/* match/match_cmd_submit.c - auspex match submit: jobs are placed, one after the other.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "match/match_cmd.h"
#include "match/match_cmd_answer.h"
#include "match/match_cmd_models.h"
#include "match/match_cmd_session.h"
#include "match/match_study_json.h"
#include "util/alloc.h"

/* clang-format off */
static const aus_opt submit_opts[] = {
  AUS_MATCH_ASK_OPTS,
  {"models", AUS_T_PATH, "", "", "", "result of match train: P(success) by its models; without it by naive Bayes of the builds"},
  {"select", AUS_T_ENUM, "first", "first,last,random,best-p,constraint", "", "which of the matching clusters (of those with the largest weight of preferences) a job goes to"},
  {"constraint", AUS_T_PATH, "", "", "", "JSON: the priorities of select = constraint"},
  {"consume", AUS_T_STR, "", "", "", "value of the state that a job lowers by its number of nodes; matches that have less are no choice"},
  {0},
};
/* clang-format on */

enum { SELECT_FIRST, SELECT_LAST, SELECT_RANDOM, SELECT_BEST_P, SELECT_CONSTRAINT };

/* What placing needs beside the clusters. */
typedef struct desk {
  aus_match_hall *hall;
  aus_match_p p;            /* per package, when there are models */
  aus_match_names packages; /* of its rows */
  aus_match_policy *policy;
  double *p_row; /* per cluster */
  int64_t cap_row;
  aus_match_p_conf conf;
  aus_match_session session;
  int64_t n_placed; /* jobs so far: each has a stream of its own */
} desk;

static void desk_fini(desk *d)
{
  aus_match_session_fini(&d->session);
  aus_match_p_fini(&d->p);
  aus_match_names_fini(&d->packages);
  aus_match_policy_destroy(d->policy);
  aus_free(d->p_row);
}

/* Steps of an operand that is a session; *steps = NULL: it is a job. */
static int read_steps(aus_match_hall *h, const char *path, aus_json **doc, aus_json_value **steps,
                      aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_match_json(&h->verb.env, path, doc, err));
  *steps = aus_json_get(aus_json_root(*doc), "session");
done:
  return rc;
}

/* A session may bring all clusters. */
static int begin_empty(aus_match_hall *h, bool *empty, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_json *doc = NULL;
  aus_json_value *steps;

  *empty = false;
  if (*aus_opt_str(h->verb.opts, "clusters") || *aus_opt_str(h->verb.opts, "data")) goto done;
  for (i = 0; i < aus_args_n_operands(h->verb.call->args) && !*empty; i++) {
    AUS_TRY(read_steps(h, aus_args_operand(h->verb.call->args, i), &doc, &steps, err));
    *empty = steps != NULL;
    aus_json_destroy(doc);
    doc = NULL;
  }
done:
  aus_json_destroy(doc);
  return rc;
}

/* ---- submit ---- */

/* P of every package on every cluster of a table, by the models of a file or those of the builds. */
static int make_p(desk *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_hall *h = d->hall;
  aus_match_data *x = &h->data;
  const char *models = aus_opt_str(h->verb.opts, "models");
  bool builds = *aus_opt_str(h->verb.opts, "specs") || *aus_opt_str(h->verb.opts, "data");
  int64_t i;
  int32_t id;

  d->conf = (aus_match_p_conf){.unseen = aus_match_unseen_of(h->verb.opts),
                               .evidence_job = aus_opt_enum(h->verb.opts, "evidence") == 1,
                               .own_job = aus_opt_enum(h->verb.opts, "own_version") == 1};
  if (*models && (d->conf.evidence_job || d->conf.own_job))
    AUS_FAIL(err, AUS_ECONFIG,
             "models look at clusters only: evidence = job and own_version = job are of naive "
             "Bayes");
  if (*models && x->clusters.n == 0)
    AUS_FAIL(err, AUS_ECONFIG, "models are asked about clusters of a table: give clusters=FILE");
  if (x->clusters.n == 0 || (!builds && !*models)) goto done;
  if (*models) {
    AUS_TRY(aus_match_models_p(models, &x->space, &x->clusters, &d->p, &d->packages, err));
    goto done;
  }
  AUS_TRY(aus_match_data_builds(x, err));
  AUS_TRY(
      aus_match_p_packages(&d->p, &x->tables, x->nb, &x->space, &x->clusters, d->conf.unseen, err));
  for (i = 0; i < x->tables.n; i++)
    AUS_TRY(aus_match_names_add(&d->packages, x->tables.table[i].package,
                                strlen(x->tables.table[i].package), &id, err));
done:
  return rc;
}

static int prepare(desk *d, aus_err *err)
{
  int rc = AUS_OK, select = aus_opt_enum(d->hall->verb.opts, "select");
  const char *rules = aus_opt_str(d->hall->verb.opts, "constraint");

  AUS_TRY(make_p(d, err));
  if (select == SELECT_BEST_P && !d->p.p)
    AUS_FAIL(err, AUS_ECONFIG, "select = best-p needs specs or models, and clusters as a table");
  if (select == SELECT_CONSTRAINT && !*rules)
    AUS_FAIL(err, AUS_ECONFIG, "select = constraint needs the file of key constraint");
  if (select == SELECT_CONSTRAINT)
    AUS_TRY(aus_match_json_rules(&d->hall->verb.env, rules, &d->policy, err));
done:
  return rc;
}

/* Does the job ask for a feature, and in which version? @param [out] text  NULL: in none, or one of several */
static bool asks_for(const aus_match_job *job, const char *feature, const char **text)
{
  bool has = false;
  int i;

  *text = NULL;
  for (i = 0; i < job->n_requires; i++) {
    const aus_match_require *r = &job->require[i];

    if (r->prefer || !r->field || strcmp(r->field, feature) != 0) continue;
    has = true;
    if (r->op == AUS_MATCH_EQUALS && r->n_texts == 1) *text = r->text[0];
  }
  return has;
}

/* P of one package's clusters, with what the job says of itself. */
static int p_told(desk *d, const aus_match_job *job, int32_t row, aus_err *err)
{
  int rc = AUS_OK, k;
  const aus_match_data *x = &d->hall->data;
  const aus_match_table *t = &x->tables.table[row];
  const char **text = NULL;
  bool *has = NULL;

  AUS_NEW(text, t->n_cols, err);
  AUS_NEW(has, t->n_cols, err);
  for (k = 0; k < t->n_cols; k++)
    has[k] = asks_for(job, t->col[k].feature, &text[k]);
  AUS_TRY(aus_match_p_told(t, &x->nb[row], &x->space, &x->clusters, has, text, &d->conf, d->p_row,
                           err));
done:
  aus_free(text);
  aus_free(has);
  return rc;
}

/* Per cluster for the job's package, NaN for those of a session; *out = NULL: the package is unknown. */
static int p_of(desk *d, const aus_match_job *job, const double **out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t c, n = aus_match_fleet_count(d->hall->fleet), m = d->p.n_clusters;
  int32_t row =
      job->package ? aus_match_names_find(&d->packages, job->package, strlen(job->package)) : -1;

  *out = NULL;
  if (!d->p.p || row < 0) goto done;
  AUS_TRY(aus_grow(&d->p_row, &d->cap_row, n + 1, sizeof *d->p_row, err));
  for (c = 0; c < n; c++)
    d->p_row[c] = c < m ? d->p.p[row * m + c] : (double)NAN;
  if (d->conf.evidence_job || d->conf.own_job) AUS_TRY(p_told(d, job, row, err));
  *out = d->p_row;
done:
  return rc;
}

/* Of the matches those that have enough of what the job will take. */
static void with_room(aus_match_hall *h, const aus_match_job *job, const char *key)
{
  int64_t i, n = 0;

  for (i = 0; i < h->n; i++) {
    aus_match_value v = aus_match_state_get(aus_match_fleet_state(h->fleet), h->set[i], key);

    if (v.kind != AUS_MATCH_NUMBER || v.x < (double)job->n_nodes) continue;
    h->weight[n] = h->weight[i];
    h->set[n++] = h->set[i];
  }
  h->n = n;
}

/* Of the matches those that meet the most preferences. */
static void prefer(aus_match_hall *h)
{
  double most = -INFINITY;
  int64_t i, n = 0;

  for (i = 0; i < h->n; i++)
    if (h->weight[i] > most) most = h->weight[i];
  for (i = 0; i < h->n; i++)
    if (h->weight[i] == most) h->set[n++] = h->set[i];
  h->n = n;
}

static int choose(desk *d, const aus_match_job *job, const double *p, aus_match_choice *out,
                  aus_err *err)
{
  aus_match_hall *h = d->hall;
  int rc = AUS_OK, select = aus_opt_enum(h->verb.opts, "select");
  aus_rng rng = aus_rng_open((uint64_t)aus_opt_int(h->verb.opts, "seed"), 0,
                             (uint64_t)d->n_placed++, AUS_RNG_SELECTION);
  const char *consume = aus_opt_str(h->verb.opts, "consume");
  int64_t i;

  *out = (aus_match_choice){.cluster = -1};
  if (h->n > 0 && *consume) {
    with_room(h, job, consume);
    if (h->n == 0) out->why = "no match has enough left of what key consume names";
  }
  prefer(h);
  if (h->n == 0) goto done;
  if (select == SELECT_FIRST || select == SELECT_BEST_P) out->cluster = h->set[0];
  if (select == SELECT_LAST) out->cluster = h->set[h->n - 1];
  if (select == SELECT_RANDOM) out->cluster = h->set[aus_rng_below(&rng, (uint64_t)h->n)];
  for (i = 1; select == SELECT_BEST_P && p && i < h->n; i++)
    if (isnan(p[out->cluster]) || p[h->set[i]] > p[out->cluster]) out->cluster = h->set[i];
  if (select == SELECT_CONSTRAINT)
    AUS_TRY(aus_match_policy_select(d->policy, h->set, h->n, aus_match_fleet_state(h->fleet),
                                    &job->parameter, p, &rng, out, err));
  if (out->cluster < 0 && !out->why) out->why = "the rules take none of the matches";
  if (out->cluster >= 0 && *consume)
    (void)aus_match_consume(aus_match_fleet_state(h->fleet), out->cluster, consume,
                            (double)job->n_nodes);
done:
  return rc;
}

/* Place a job and tell of it. */
static int place(void *self, const aus_match_job *job, int64_t *cluster, aus_err *err)
{
  int rc = AUS_OK;
  desk *d = self;
  aus_match_hall *h = d->hall;
  const double *p;
  aus_match_choice choice;
  aus_match_why why = {.replaced = -1};
  int64_t matches;

  AUS_TRY(aus_match_hall_ask(h, job, err));
  matches = h->n;
  AUS_TRY(p_of(d, job, &p, err));
  aus_match_put_counts(h, job);
  AUS_TRY(choose(d, job, p, &choice, err));
  aus_match_put_text(h, "status", choice.cluster >= 0 ? "matched" : "unmatched");
  if (choice.cluster >= 0)
    aus_match_put_text(h, "cluster", aus_match_fleet_name(h->fleet, choice.cluster));
  if (choice.cluster >= 0 && p && !isnan(p[choice.cluster])) {
    aus_json_key(&h->json, "p_success");
    aus_json_real(&h->json, p[choice.cluster]);
  }
  aus_json_key(&h->json, "dropped");
  aus_json_int(&h->json, choice.n_dropped);
  if (choice.why) aus_match_put_text(h, "why", choice.why);
  if (matches == 0) {
    AUS_TRY(aus_match_explain(h->fleet, job, &why, err));
    aus_match_put_why(h, job, &why);
  }
  *cluster = choice.cluster;
done:
  aus_match_why_fini(&why);
  return rc;
}

static int place_one(desk *d, int number, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_job job = {0};
  int64_t cluster;

  AUS_TRY(aus_match_hall_job(d->hall, number, &job, err));
  aus_json_object(&d->hall->json);
  AUS_TRY(place(d, &job, &cluster, err));
  aus_json_end(&d->hall->json, '}');
done:
  aus_match_job_fini(&job);
  return rc;
}

/* A job, or a session of which the queues stay for the next one. */
static int take_operand(desk *d, int number, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_args_operand(d->hall->verb.call->args, number);
  aus_json *doc = NULL;
  aus_json_value *steps;

  AUS_TRY(read_steps(d->hall, path, &doc, &steps, err));
  if (steps)
    AUS_TRY(aus_match_session_run(&d->session, path, steps, err));
  else
    AUS_TRY(place_one(d, number, err));
done:
  aus_json_destroy(doc);
  return rc;
}

static int submit(aus_match_hall *h, aus_err *err)
{
  int rc = AUS_OK, i;
  bool later;
  desk d = {.hall = h};

  AUS_TRY(begin_empty(h, &later, err));
  AUS_TRY(aus_match_hall_register(h, later, err));
  AUS_TRY(prepare(&d, err));
  d.session = (aus_match_session){
      .fleet = h->fleet, .files = h->verb.files, .json = &h->json, .place = place, .self = &d};
  aus_json_array(&h->json);
  for (i = 0; i < aus_args_n_operands(h->verb.call->args); i++)
    AUS_TRY(take_operand(&d, i, err));
  aus_json_end(&h->json, ']');
done:
  desk_fini(&d);
  return rc;
}

/* ---- the command ---- */

static int submit_here(const aus_call *call, aus_err *err)
{
  return aus_match_hall_run(call, submit_opts, submit, err);
}

static int submit_run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, submit_here, err);
}

static const aus_cli *const clis[] = {aus_common_cli};
static const aus_opt *const opts[] = {submit_opts};

const aus_command aus_match_cmd_submit = {
    .name = "match submit",
    .operands = "JOB...",
    .summary = "place jobs, one after the other",
    .text = AUS_MATCH_CLUSTERS_TEXT
    "Prints JSON, one\nobject per job; an unmatched job comes with its reasons. A JOB may be a "
    "session, too: {\"session\": [STEP...]},\nwith one object per step and key clusters left "
    "out where the session registers all of them. Steps:\n"
    "{\"register\": NAME, \"graph\": JGF}, {\"describe\": NAME, \"subsystem\": NAME, "
    "\"graph\": JGF},\n{\"state\": {NAME: {...}}}, {\"delete\": NAME} (its waiting jobs are "
    "unplaced then) or with \"subsystem\",\n{\"submit\": JOB or FILE}, {\"receive\": NAME, "
    "\"max\": N} (the jobs that wait for a cluster, as often as it asks),\n{\"accept\": NAME, "
    "\"jobs\": [N...]} (they wait no more).",
    .cli = clis,
    .n_cli = 1,
    .opts = opts,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 100000,
    .run = submit_run,
};

/* match/match_cmd_hall.c - registered clusters of a command, and what is asked of them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_cmd_hall.h"

#include <inttypes.h>
#include <string.h>

#include "match/match_study_json.h"
#include "util/alloc.h"

int aus_match_hall_open(aus_match_hall *h, const aus_call *call, const aus_opt *table, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_verb_read(&h->verb, call, "match", "", table, err));
  h->data = (aus_match_data){.env = &h->verb.env, .opts = h->verb.opts, .own_tables = true};
  aus_json_begin(&h->json, call->out, 2);
done:
  return rc;
}

void aus_match_hall_fini(aus_match_hall *h, int rc)
{
  aus_match_fleet_destroy(h->fleet);
  aus_match_data_fini(&h->data);
  aus_free(h->set);
  aus_free(h->weight);
  aus_verb_fini(&h->verb, rc);
}

/* ---- clusters ---- */

static int register_one(aus_match_hall *h, const char *name, aus_json_value *v, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *subsystems = aus_json_get(v, "subsystems"), *state = aus_json_get(v, "state");
  const char *key = NULL;
  aus_match_reply reply; /* a document has no key twice */

  AUS_TRY(aus_match_fleet_register(h->fleet, name, aus_json_get(v, "graph"), &reply, err));
  while ((key = aus_json_key_after(subsystems, key)))
    AUS_TRY(aus_match_fleet_describe(h->fleet, name, key,
                                     aus_json_get(aus_json_get(subsystems, key), "graph"), err));
  if (state)
    AUS_TRY(aus_match_state_read(aus_match_fleet_state(h->fleet),
                                 aus_match_fleet_find(h->fleet, name), state, name, err));
done:
  return rc;
}

/* {"clusters": {"NAME": {"graph": ..., "subsystems": {"NAME": {"graph": ...}}, "state": {...}}}} */
static int register_json(aus_match_hall *h, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;
  aus_json_value *all;
  const char *name = NULL;

  AUS_TRY(aus_match_json(&h->verb.env, path, &doc, err));
  all = aus_json_get(aus_json_root(doc), "clusters");
  if (!aus_json_is_object(all) || aus_json_count(all) == 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: no \"clusters\"", path);
  AUS_TRY(aus_match_fleet_create(&h->fleet, aus_json_count(all), err));
  while ((name = aus_json_key_after(all, name))) {
    rc = register_one(h, name, aus_json_get(all, name), err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s: ", path);
    if (rc != AUS_OK) goto done;
  }
done:
  aus_json_destroy(doc);
  return rc;
}

/* Rows of a table: the usual shape, every feature on every node, in the subsystem of its name. */
static int register_rows(aus_match_hall *h, aus_err *err)
{
  int rc = AUS_OK, f;
  aus_match_data *d = &h->data;
  aus_match_subsystems sub = {0};
  aus_match_reply reply; /* a table has no cluster twice */
  int64_t c;

  AUS_TRY(aus_match_data_clusters(d, NULL, err));
  AUS_TRY(aus_match_subsystems_make(&sub, &d->space,
                                    (aus_match_grouping)aus_opt_enum(d->opts, "grouping"), err));
  AUS_TRY(aus_match_fleet_create(&h->fleet, d->clusters.n, err));
  for (c = 0; c < d->clusters.n; c++) {
    AUS_TRY(aus_match_fleet_register_usual(h->fleet, d->clusters.name[c], &reply, err));
    for (f = 0; f < d->space.n; f++)
      AUS_TRY(aus_match_fleet_field(
          h->fleet, c, sub.name[sub.of[f]], d->space.feature[f].name,
          d->space.feature[f].values.text[d->clusters.value[c * d->space.n + f]], err));
  }
done:
  aus_match_subsystems_fini(&sub);
  return rc;
}

static int64_t cluster_of(const void *fleet, const char *name)
{
  return aus_match_fleet_find(fleet, name);
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);

  return n >= m && strcmp(text + n - m, end) == 0;
}

int aus_match_hall_register(aus_match_hall *h, bool later, aus_err *err)
{
  int rc = AUS_OK;
  const char *clusters = aus_opt_str(h->verb.opts, "clusters"),
             *state = aus_opt_str(h->verb.opts, "state");

  if (later)
    AUS_TRY(aus_match_fleet_create(&h->fleet, 0, err));
  else if (ends_with(clusters, ".json"))
    AUS_TRY(register_json(h, clusters, err));
  else
    AUS_TRY(register_rows(h, err));
  if (*state)
    AUS_TRY(aus_match_json_states(&h->verb.env, state, cluster_of, h->fleet,
                                  aus_match_fleet_state(h->fleet), err));
done:
  return rc;
}

/* ---- jobs ---- */

int aus_match_hall_job(aus_match_hall *h, int i, aus_match_job *job, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_args_operand(h->verb.call->args, i), *bytes;
  size_t n;

  *job = (aus_match_job){0};
  AUS_TRY(aus_files_get(h->verb.files, path, &bytes, &n, err));
  AUS_TRY(aus_match_job_read(job, path, bytes, n, err));
done:
  return rc;
}

/* The sets have room for all clusters there are now. */
int aus_match_hall_ask(aus_match_hall *h, const aus_match_job *job, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = aus_match_fleet_count(h->fleet) + 1;

  AUS_TRY(aus_grow(&h->set, &h->cap_set, n, sizeof *h->set, err));
  AUS_TRY(aus_grow(&h->weight, &h->cap_weight, n, sizeof *h->weight, err));
  AUS_TRY(aus_match_fleet_satisfy(h->fleet, job, NULL, h->set, &h->n, h->weight, err));
done:
  return rc;
}

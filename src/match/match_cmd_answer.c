/* match/match_cmd_answer.c - what the commands that place jobs say of one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_cmd_answer.h"

void aus_match_put_counts(aus_match_hall *h, const aus_match_job *job)
{
  int64_t total = aus_match_fleet_present(h->fleet);

  aus_json_key(&h->json, "job");
  aus_json_str(&h->json, job->name);
  aus_json_key(&h->json, "total");
  aus_json_int(&h->json, total);
  aus_json_key(&h->json, "matches");
  aus_json_int(&h->json, h->n);
  aus_json_key(&h->json, "mismatches");
  aus_json_int(&h->json, total - h->n);
}

void aus_match_put_text(aus_match_hall *h, const char *key, const char *text)
{
  aus_json_key(&h->json, key);
  aus_json_str(&h->json, text ? text : "");
}

static void put_require(aus_match_hall *h, const aus_match_job *job, const aus_match_why *w, int i)
{
  const aus_match_require *r = &job->require[i];
  int k;

  aus_json_object(&h->json);
  aus_match_put_text(h, "name", r->name);
  aus_match_put_text(h, "field", r->field);
  if (r->n_texts > 0) {
    aus_json_key(&h->json, r->op == AUS_MATCH_DIFFERS ? "not" : "match");
    aus_json_array(&h->json);
    for (k = 0; k < r->n_texts; k++)
      aus_json_str(&h->json, r->text[k]);
    aus_json_end(&h->json, ']');
  }
  if (r->low) aus_match_put_text(h, "min", r->low);
  if (r->high) aus_match_put_text(h, "max", r->high);
  aus_json_key(&h->json, "alone");
  aus_json_int(&h->json, w->alone[i]);
  aus_json_key(&h->json, "left");
  aus_json_int(&h->json, w->left[i]);
  aus_json_end(&h->json, '}');
}

static void put_remedies(aus_match_hall *h, const aus_match_job *job, const aus_match_why *w)
{
  int k;

  aus_json_key(&h->json, "without");
  aus_json_object(&h->json);
  aus_json_key(&h->json, "requirements");
  aus_json_array(&h->json);
  for (k = 0; k < w->n_removed; k++)
    aus_json_int(&h->json, w->removed[k]);
  aus_json_end(&h->json, ']');
  aus_json_key(&h->json, "matches");
  aus_json_int(&h->json, w->without);
  aus_json_end(&h->json, '}');
  aus_json_key(&h->json, "instead");
  aus_json_object(&h->json);
  if (w->replaced >= 0) {
    aus_json_key(&h->json, "requirement");
    aus_json_int(&h->json, w->replaced);
    aus_match_put_text(h, "field", job->require[w->replaced].field);
    aus_match_put_text(h, "value", w->instead);
    aus_json_key(&h->json, "matches");
    aus_json_int(&h->json, w->with_it);
  }
  aus_json_end(&h->json, '}');
}

void aus_match_put_why(aus_match_hall *h, const aus_match_job *job, const aus_match_why *w)
{
  int i;

  aus_json_key(&h->json, "enough_resources");
  aus_json_int(&h->json, w->resources);
  aus_json_key(&h->json, "requirements");
  aus_json_array(&h->json);
  for (i = 0; i < job->n_requires; i++)
    put_require(h, job, w, i);
  aus_json_end(&h->json, ']');
  put_remedies(h, job, w);
}

int aus_match_hall_run(const aus_call *call, const aus_opt *table,
                       int (*verb)(aus_match_hall *, aus_err *), aus_err *err)
{
  int rc = AUS_OK;
  aus_match_hall h = {.n = 0};

  AUS_TRY(aus_match_hall_open(&h, call, table, err));
  AUS_TRY(verb(&h, err));
  aus_buf_text(call->out, "\n");
done:
  if (rc != AUS_OK) aus_buf_clear(call->out);
  aus_match_hall_fini(&h, rc);
  return rc;
}

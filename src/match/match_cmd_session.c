/* match/match_cmd_session.c - a file of steps: clusters come, change and go, jobs are submitted and taken.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_cmd_session.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"

void aus_match_session_fini(aus_match_session *s)
{
  aus_match_queue_fini(&s->queue);
}

/* ---- reading and writing ---- */

static void put_text(aus_match_session *s, const char *key, const char *text)
{
  aus_json_key(s->json, key);
  aus_json_str(s->json, text);
}

static void put_ids(aus_match_session *s, const char *key, const int64_t *id, int64_t n)
{
  int64_t i;

  aus_json_key(s->json, key);
  aus_json_array(s->json);
  for (i = 0; i < n; i++)
    aus_json_int(s->json, id[i]);
  aus_json_end(s->json, ']');
}

static int read_text(aus_json_value *step, const char *key, const char **out, aus_err *err)
{
  *out = aus_json_text(aus_json_get(step, key));
  if (*out && **out) return AUS_OK;
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "\"%s\" is no text, or empty", key);
}

/* The cluster a step names. */
static int read_cluster(const aus_match_session *s, aus_json_value *step, const char *key,
                        const char **name, int64_t *cluster, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(read_text(step, key, name, err));
  *cluster = aus_match_fleet_find(s->fleet, *name);
  if (*cluster < 0) AUS_FAIL(err, AUS_EFORMAT, "no cluster \"%s\"", *name);
done:
  return rc;
}

static int read_whole(aus_json_value *v, const char *what, int64_t *out, aus_err *err)
{
  double x = aus_json_number(v);

  if (!(x >= 1) || x > 1e15 || x != floor(x))
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s is not a whole number from 1 on", what);
  *out = (int64_t)x;
  return AUS_OK;
}

/* ---- clusters ---- */

static int do_register(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *name;
  aus_match_reply reply;

  (void)path;
  AUS_TRY(read_text(step, "register", &name, err));
  AUS_TRY(aus_match_fleet_register(s->fleet, name, aus_json_get(step, "graph"), &reply, err));
  put_text(s, "register", name);
  put_text(s, "reply", reply == AUS_MATCH_REPLY_NEW ? "new" : "exists");
done:
  return rc;
}

static int do_describe(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *name, *subsystem;

  (void)path;
  AUS_TRY(read_text(step, "describe", &name, err));
  AUS_TRY(read_text(step, "subsystem", &subsystem, err));
  AUS_TRY(aus_match_fleet_describe(s->fleet, name, subsystem, aus_json_get(step, "graph"), err));
  put_text(s, "describe", name);
  put_text(s, "subsystem", subsystem);
done:
  return rc;
}

/* All that is known of a cluster now. */
static void put_state(aus_match_session *s, int64_t cluster)
{
  const aus_match_state *state = aus_match_fleet_state(s->fleet);
  int64_t k;

  aus_json_key(s->json, aus_match_fleet_name(s->fleet, cluster));
  aus_json_object(s->json);
  for (k = 0; k < state->keys.n; k++) {
    aus_match_value v = aus_match_state_get(state, cluster, state->keys.text[k]);

    if (v.kind != AUS_MATCH_NONE) aus_json_key(s->json, state->keys.text[k]);
    if (v.kind == AUS_MATCH_NUMBER) aus_json_real(s->json, v.x);
    if (v.kind == AUS_MATCH_TEXT) aus_json_str(s->json, v.text);
  }
  aus_json_end(s->json, '}');
}

static int do_state(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *all = aus_json_get(step, "state");
  const char *name = NULL;
  int64_t cluster;

  (void)path;
  if (!aus_json_is_object(all)) AUS_FAIL(err, AUS_EFORMAT, "\"state\" is no object");
  aus_json_key(s->json, "state");
  aus_json_object(s->json);
  while ((name = aus_json_key_after(all, name))) {
    cluster = aus_match_fleet_find(s->fleet, name);
    if (cluster < 0) AUS_FAIL(err, AUS_EFORMAT, "no cluster \"%s\"", name);
    AUS_TRY(aus_match_state_read(aus_match_fleet_state(s->fleet), cluster, aus_json_get(all, name),
                                 name, err));
    put_state(s, cluster);
  }
  aus_json_end(s->json, '}');
done:
  return rc;
}

/* Jobs that wait for a cluster are unplaced when it goes. */
static int delete_cluster(aus_match_session *s, const char *name, int64_t cluster, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *id = NULL;

  AUS_NEW(id, aus_match_queue_count(&s->queue, cluster), err);
  AUS_TRY(aus_match_fleet_remove(s->fleet, name, err));
  put_ids(s, "unplaced", id, aus_match_queue_drop(&s->queue, cluster, id));
done:
  aus_free(id);
  return rc;
}

static int do_delete(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *name, *subsystem;
  int64_t cluster;

  (void)path;
  AUS_TRY(read_cluster(s, step, "delete", &name, &cluster, err));
  put_text(s, "delete", name);
  if (aus_json_get(step, "subsystem")) {
    AUS_TRY(read_text(step, "subsystem", &subsystem, err));
    AUS_TRY(aus_match_fleet_undescribe(s->fleet, name, subsystem, err));
    put_text(s, "subsystem", subsystem);
  } else {
    AUS_TRY(delete_cluster(s, name, cluster, err));
  }
done:
  return rc;
}

/* ---- jobs ---- */

/* A job that stands here, or in a file of its own. */
static int read_job(aus_match_session *s, aus_json_value *v, const char *path, aus_match_job *job,
                    aus_err *err)
{
  int rc = AUS_OK;
  const char *file = aus_json_text(v), *bytes;
  char *dir = NULL, *at = NULL;
  size_t n;

  if (!file) return aus_match_job_make(job, v, err);
  AUS_TRY(aus_path_dir(&dir, path, err));
  AUS_TRY(aus_path_join(&at, dir, file, err));
  AUS_TRY(aus_files_get(s->files, at, &bytes, &n, err));
  AUS_TRY(aus_match_job_read(job, at, bytes, n, err));
done:
  aus_free(dir);
  aus_free(at);
  return rc;
}

static int do_submit(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_job job = {0};
  int64_t cluster, position;

  AUS_TRY(read_job(s, aus_json_get(step, "submit"), path, &job, err));
  aus_json_key(s->json, "id");
  aus_json_int(s->json, ++s->n_jobs);
  AUS_TRY(s->place(s->self, &job, &cluster, err));
  if (cluster >= 0) {
    AUS_TRY(aus_match_queue_push(&s->queue, cluster, s->n_jobs, &position, err));
    aus_json_key(s->json, "position");
    aus_json_int(s->json, position);
  }
done:
  aus_match_job_fini(&job);
  return rc;
}

static int do_receive(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *name;
  int64_t cluster, max, *id = NULL;

  (void)path;
  AUS_TRY(read_cluster(s, step, "receive", &name, &cluster, err));
  max = aus_match_queue_count(&s->queue, cluster);
  AUS_NEW(id, max, err);
  if (aus_json_get(step, "max")) {
    int64_t most;

    AUS_TRY(read_whole(aus_json_get(step, "max"), "\"max\"", &most, err));
    max = most < max ? most : max;
  }
  put_text(s, "receive", name);
  put_ids(s, "jobs", id, aus_match_queue_receive(&s->queue, cluster, max, id));
done:
  aus_free(id);
  return rc;
}

static int do_accept(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *jobs = aus_json_get(step, "jobs");
  const char *name;
  int64_t cluster, i, *id = NULL;

  (void)path;
  AUS_TRY(read_cluster(s, step, "accept", &name, &cluster, err));
  if (!aus_json_is_array(jobs)) AUS_FAIL(err, AUS_EFORMAT, "\"jobs\" is no list");
  AUS_NEW(id, aus_json_count(jobs), err);
  for (i = 0; i < aus_json_count(jobs); i++)
    AUS_TRY(read_whole(aus_json_at(jobs, i), "a number of \"jobs\"", &id[i], err));
  AUS_TRY(aus_match_queue_accept(&s->queue, cluster, id, i, err));
  put_text(s, "accept", name);
  put_ids(s, "jobs", id, i);
  aus_json_key(s->json, "left");
  aus_json_int(s->json, aus_match_queue_count(&s->queue, cluster));
done:
  aus_free(id);
  return rc;
}

/* ---- steps ---- */

static const struct {
  const char *name;
  const char *key[2]; /* that may stand beside it */
  int (*run)(aus_match_session *, aus_json_value *, const char *, aus_err *);
} STEP[] = {
    {"register", {"graph", NULL}, do_register}, {"describe", {"subsystem", "graph"}, do_describe},
    {"state", {NULL, NULL}, do_state},          {"delete", {"subsystem", NULL}, do_delete},
    {"submit", {NULL, NULL}, do_submit},        {"receive", {"max", NULL}, do_receive},
    {"accept", {"jobs", NULL}, do_accept},
};

enum { N_STEPS = sizeof STEP / sizeof *STEP };

static bool is_key(int k, const char *key)
{
  int i;

  for (i = 0; i < 2; i++)
    if (STEP[k].key[i] && strcmp(STEP[k].key[i], key) == 0) return true;
  return strcmp(STEP[k].name, key) == 0;
}

static int run_step(aus_match_session *s, aus_json_value *step, const char *path, aus_err *err)
{
  int rc = AUS_OK, k = 0;
  const char *key = NULL;

  while (k < N_STEPS && !aus_json_get(step, STEP[k].name))
    k++;
  if (k == N_STEPS)
    AUS_FAIL(err, AUS_EFORMAT,
             "expected one of register, describe, state, delete, submit, receive, accept");
  while ((key = aus_json_key_after(step, key)))
    if (!is_key(k, key)) AUS_FAIL(err, AUS_EFORMAT, "unknown key \"%s\" of %s", key, STEP[k].name);
  aus_json_object(s->json);
  AUS_TRY(STEP[k].run(s, step, path, err));
  aus_json_end(s->json, '}');
done:
  return rc;
}

int aus_match_session_run(aus_match_session *s, const char *path, aus_json_value *steps,
                          aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (!aus_json_is_array(steps)) AUS_FAIL(err, AUS_EFORMAT, "%s: \"session\" is no list", path);
  for (i = 0; i < aus_json_count(steps); i++) {
    rc = run_step(s, aus_json_at(steps, i), path, err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s: step %" PRId64 ": ", path, i + 1);
    if (rc != AUS_OK) goto done;
  }
done:
  return rc;
}

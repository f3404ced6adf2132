/* gpuqueue_offline.c - the reference's offline data of four windows: times, rewards and states.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub zhaozhang/Mirage, run on the Lonestar6 trace at 76 nodes (shared data). Times, rewards, average wait
 * and queue length must be equal, states to 1e-9 relative.
 */
#include <config.h>

#include "unit/check.h"

#include <hdf5.h>

#include "gpuqueue_ls6.h"
#include "unit/shared.h"
#include "util/json.h"
#include "util/tz.h"

static aus_err err;

enum { ROWS = 144, N_PROBES = 7, N_X = ROWS * AUS_GPUQUEUE_N_STATE };

static char *path_of(char *path, size_t size)
{
  if (!ls6_is_there(path, size)) {
    print_message("# SKIP %s is not there\n", path);
    skip();
  }
  return path;
}

static int64_t time_of(aus_json_value *v, const char *key)
{
  const char *text = aus_json_text(v);
  int64_t t_s;

  if (!text || !aus_civil_parse(text, strlen(text), &t_s)) fail_msg("no time in %s", key);
  return t_s;
}

static int64_t member_s(aus_json_value *v, const char *key)
{
  return time_of(aus_json_get(v, key), key);
}

static int64_t member(aus_json_value *v, const char *key)
{
  double x = aus_json_number(aus_json_get(v, key));

  if (isnan(x)) fail_msg("no number %s", key);
  return (int64_t)x;
}

/* ---- states ---- */

static void read_set(hid_t group, const char *name, hid_t type, hsize_t n, void *out)
{
  hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);

  assert_int_equal(H5Sget_simple_extent_npoints(space), n);
  assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
  H5Sclose(space);
  H5Dclose(set);
}

/* States of n samples of a group and, as a check of their order, their rewards. */
static double *read_states(const char *group_name, int64_t n, int *reward_s)
{
  char name[1100];
  const char *shared = getenv("AUSPEX_SHARED");
  double *x = calloc((size_t)n * N_X, sizeof *x);
  hid_t file, group;

  snprintf(name, sizeof name, "%s/data/gpuqueue/samples/offline_samples.h5",
           shared ? shared : "../shared");
  file = H5Fopen(name, H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  group = H5Gopen2(file, group_name, H5P_DEFAULT);
  read_set(group, "x", H5T_NATIVE_DOUBLE, (hsize_t)(n * N_X), x);
  read_set(group, "reward_s", H5T_NATIVE_INT, (hsize_t)n, reward_s);
  H5Gclose(group);
  H5Fclose(file);
  return x;
}

static void check_state(const double *x, const double *want, const char *what)
{
  int i;

  for (i = 0; i < N_X; i++)
    if (!(fabs(x[i] - want[i]) <= 1e-9 * fabs(want[i])))
      fail_msg("%s, snapshot %d, number %d: %.17g, want %.17g", what, i / AUS_GPUQUEUE_N_STATE,
               i % AUS_GPUQUEUE_N_STATE, x[i], want[i]);
}

/* ---- windows ---- */

static void check_facts(const aus_gpuqueue_window_facts *f, aus_json_value *v)
{
  assert_true(f->t_begin_s == member_s(v, "window_start"));
  assert_true(f->t_submit_s == member_s(v, "pred_submit"));
  assert_true(f->t_pred_end_s == member_s(v, "pred_end"));
  assert_int_equal(f->t_pred_start_s - f->t_submit_s, member(v, "pred_wait_s"));
  assert_int_equal(f->avg_wait_min, member(v, "avg_wait_min"));
  assert_int_equal(f->queue_len, member(v, "queue_len"));
}

static void check_baselines(aus_gpuqueue_window *w, aus_json_value *v)
{
  const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(w);
  aus_gpuqueue_outcome o;

  check_ok(aus_gpuqueue_window_decide(w, f->t_pred_end_s - 60 * f->avg_wait_min, true, &o, NULL,
                                      NULL, &err),
           &err);
  assert_true(o.t_decision_s == member_s(v, "avg_submit"));
  assert_int_equal(o.reward_s, member(v, "avg_reward_s"));
  check_ok(aus_gpuqueue_window_decide(w, f->t_pred_end_s, true, &o, NULL, NULL, &err), &err);
  assert_int_equal(o.reward_s, member(v, "reactive_reward_s"));
}

static void check_probes(aus_gpuqueue_window *w, aus_json_value *v, const double *want_x,
                         const int *want_s)
{
  double *x = calloc(N_X, sizeof *x);
  aus_gpuqueue_outcome o;
  char what[80];
  int j;

  for (j = 0; j < N_PROBES; j++) {
    int64_t t_s = aus_gpuqueue_window_probe_s(w, j);

    snprintf(what, sizeof what, "%s, window %d, probe %d", aus_json_text(aus_json_get(v, "group")),
             (int)member(v, "index"), j);
    assert_true(t_s == time_of(aus_json_at(aus_json_get(v, "probe_submit"), j), what));
    check_ok(aus_gpuqueue_window_decide(w, t_s, false, &o, x, NULL, &err), &err);
    assert_int_equal(o.reward_s, aus_json_number(aus_json_at(aus_json_get(v, "reward_s"), j)));
    assert_int_equal(o.reward_s, want_s[j]);
    check_state(x, want_x + (int64_t)j * N_X, what);
  }
  free(x);
}

/* Windows of a group, in the order of the file. */
static void check_group(const char *group, int64_t t_start_s, int64_t chain_nodes, int n_windows)
{
  char path[1100];
  aus_gpuqueue_trace t;
  const aus_gpuqueue_sim_conf conf = ls6_cluster(76);
  const aus_gpuqueue_geometry g = ls6_geometry(t_start_s, chain_nodes);
  aus_json *doc;
  size_t n;
  char *text = shared_text("gpuqueue/samples/offline_rewards.json", &n);
  int reward_s[2 * N_PROBES], done = 0;
  double *x = read_states(group, (int64_t)n_windows * N_PROBES, reward_s);
  aus_gpuqueue_window *w;
  int64_t i;

  check_ok(ls6_load(path_of(path, sizeof path), &t, &err), &err);
  check_ok(aus_json_parse(&doc, "offline_rewards.json", text, n, &err), &err);
  check_ok(aus_gpuqueue_window_create(&w, &conf, &g, &err), &err);
  for (i = 0; i < aus_json_count(aus_json_root(doc)); i++) {
    aus_json_value *v = aus_json_at(aus_json_root(doc), i);

    if (strcmp(aus_json_text(aus_json_get(v, "group")), group) != 0) continue;
    check_ok(aus_gpuqueue_window_open(w, &t, member(v, "index"), NULL, NULL, &err), &err);
    check_facts(aus_gpuqueue_window_facts_of(w), v);
    check_baselines(w, v);
    check_probes(w, v, x + (int64_t)done * N_PROBES * N_X, reward_s + done * N_PROBES);
    done++;
  }
  assert_int_equal(done, n_windows);
  aus_gpuqueue_window_destroy(w);
  aus_json_destroy(doc);
  aus_gpuqueue_trace_fini(&t);
  free(text);
  free(x);
}

static void jan_n1(void **state)
{
  (void)state;
  check_group("jan_n1", LS6_2023_01_23, 1, 1);
}

static void jan_n8(void **state)
{
  (void)state;
  check_group("jan_n8", LS6_2023_01_23, 8, 1);
}

static void feb_n1(void **state)
{
  (void)state;
  check_group("feb_n1", LS6_2023_02_08, 1, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(jan_n1), cmocka_unit_test(jan_n8),
                                     cmocka_unit_test(feb_n1)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

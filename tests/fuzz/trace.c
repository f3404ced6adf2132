/* trace.c - fuzz: a trace of requests as JSON.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events that were taken are in order and in range, and written as JSON they read back the same.
 */
#include <config.h>

#include <math.h>

#include "fuzz/fuzz.h"
#include "unit/serverless_types.h"
#include "util/json.h"

static void write_trace(const aus_serverless_types *types, const aus_serverless_trace *t,
                        aus_buf *buf)
{
  aus_json_out out;
  int64_t i;

  aus_json_begin(&out, buf, 0);
  aus_json_object(&out);
  aus_json_key(&out, "events");
  aus_json_array(&out);
  for (i = 0; i < t->n; i++) {
    aus_json_array(&out);
    aus_json_real(&out, t->t_s[i]);
    aus_json_str(&out, types->app[t->app[i]].name);
    aus_json_str(&out, types->qos[t->qos[i]].name);
    aus_json_end(&out, ']');
  }
  aus_json_end(&out, ']');
  aus_json_end(&out, '}');
}

static void check_trace(const aus_serverless_types *types, const aus_serverless_trace *t)
{
  int64_t i;

  fuzz_check(t->n > 0 && isfinite(t->rps) && isfinite(t->duration_s));
  for (i = 0; i < t->n; i++) {
    fuzz_check(isfinite(t->t_s[i]) && t->t_s[i] >= (i > 0 ? t->t_s[i - 1] : 0.0));
    fuzz_check(t->app[i] >= 0 && t->app[i] < types->n_apps);
    fuzz_check(t->qos[i] >= 0 && t->qos[i] < types->n_qos);
  }
}

static void check_again(const aus_serverless_types *types, const aus_serverless_trace *t)
{
  aus_serverless_trace again = {0};
  aus_err err = {0};
  aus_buf b;

  aus_buf_init(&b);
  write_trace(types, t, &b);
  if (fuzz_filled(&b) &&
      fuzz_must(aus_serverless_trace_read(&again, types, "again", b.data, (size_t)b.n, &err),
                &err)) {
    fuzz_check(again.n == t->n);
    fuzz_check(memcmp(again.t_s, t->t_s, (size_t)t->n * sizeof *t->t_s) == 0);
    fuzz_check(memcmp(again.app, t->app, (size_t)t->n * sizeof *t->app) == 0);
    fuzz_check(memcmp(again.qos, t->qos, (size_t)t->n * sizeof *t->qos) == 0);
  }
  aus_serverless_trace_fini(&again);
  aus_buf_fini(&b);
}

FUZZ_TARGET(trace)
{
  static example_types example;
  aus_serverless_trace t = {0};
  aus_err err = {0};

  if (example.n_names == 0) example_types_make(&example);
  if (fuzz_took(aus_serverless_trace_read(&t, &example.types, "trace", (const char *)data, n, &err),
                &err, AUS_EFORMAT)) {
    check_trace(&example.types, &t);
    check_again(&example.types, &t);
  }
  aus_serverless_trace_fini(&t);
}

/* model_trace.c - a workload trace from JSON text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/json.h"

/* Monitor and autoscaler run through every simulated second, so times of day since 1970 would be a run
 * without end. */
#define AUS_LATEST_S 1e9

/* Name of an embedded object, or a plain name. */
static const char *name_of(aus_json_value *v)
{
  return aus_json_is_object(v) ? aus_json_text(aus_json_get(v, "name")) : aus_json_text(v);
}

/* The three parts of an event, in either form; NULL what is not there. */
static void parts_of(aus_json_value *event, aus_json_value *part[3])
{
  static const char *const key[] = {"timestamp", "application", "qos"};
  int i;

  for (i = 0; i < 3; i++)
    part[i] = aus_json_is_array(event) ? aus_json_at(event, i) : aus_json_get(event, key[i]);
}

static int find_qos(const aus_serverless_types *types, const char *name)
{
  int i;

  for (i = 0; i < types->n_qos; i++)
    if (strcmp(types->qos[i].name, name) == 0) return i;
  return -1;
}

static int check_time(const aus_serverless_trace *trace, aus_json_value *v, double *out,
                      aus_err *err)
{
  int rc = AUS_OK;
  double t = aus_json_number(v);

  if (!v || !aus_json_is_number(v)) AUS_FAIL(err, AUS_EFORMAT, "timestamp is no number");
  if (!isfinite(t)) AUS_FAIL(err, AUS_EFORMAT, "timestamp is not finite");
  if (t > AUS_LATEST_S)
    AUS_FAIL(err, AUS_EFORMAT,
             "timestamp is %.15g, need seconds since the start of the trace (<= %g)", t,
             AUS_LATEST_S);
  if (t < 0) AUS_FAIL(err, AUS_EFORMAT, "timestamp is %.15g, need >= 0", t);
  if (trace->n > 0 && t < trace->t_s[trace->n - 1])
    AUS_FAIL(err, AUS_EFORMAT, "timestamp %.15g is before %.15g of the event in front", t,
             trace->t_s[trace->n - 1]);
  *out = t;
done:
  return rc;
}

static int read_event(aus_serverless_trace *trace, const aus_serverless_types *types,
                      aus_json_value *event, aus_err *err)
{
  int rc = AUS_OK, app, qos;
  aus_json_value *part[3];
  const char *app_name, *qos_name;
  double t = 0;

  if (!aus_json_is_object(event) && !(aus_json_is_array(event) && aus_json_count(event) == 3))
    AUS_FAIL(err, AUS_EFORMAT, "need an object or [timestamp, application, qos]");
  parts_of(event, part);
  AUS_TRY(check_time(trace, part[0], &t, err));
  app_name = name_of(part[1]);
  if (!app_name) AUS_FAIL(err, AUS_EFORMAT, "no application");
  app = aus_serverless_find_app(types, app_name);
  if (app < 0) AUS_FAIL(err, AUS_EFORMAT, "unknown application \"%.100s\"", app_name);
  qos_name = name_of(part[2]);
  if (!qos_name) AUS_FAIL(err, AUS_EFORMAT, "no QoS");
  qos = find_qos(types, qos_name);
  if (qos < 0) AUS_FAIL(err, AUS_EFORMAT, "unknown QoS \"%.100s\"", qos_name);
  AUS_TRY(aus_serverless_trace_add(trace, t, app, qos, err));
done:
  return rc;
}

static double informative(aus_json_value *root, const char *key)
{
  double x = aus_json_number(aus_json_get(root, key));

  return isfinite(x) ? x : 0;
}

int aus_serverless_trace_read(aus_serverless_trace *trace, const aus_serverless_types *types,
                              const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;
  aus_json_value *root, *events;
  int64_t i;

  *trace = (aus_serverless_trace){0};
  AUS_TRY(aus_json_parse(&doc, name, bytes, n, err));
  root = aus_json_root(doc);
  events = aus_json_get(root, "events");
  if (!events || !aus_json_is_array(events))
    AUS_FAIL(err, AUS_EFORMAT, "%s: no list \"events\"", name);
  if (aus_json_count(events) == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no events", name);
  trace->rps = informative(root, "rps");
  trace->duration_s = informative(root, "duration");
  for (i = 0; i < aus_json_count(events); i++) {
    rc = read_event(trace, types, aus_json_at(events, i), err);
    if (rc == AUS_OK) continue;
    if (rc != AUS_ENOMEM)
      aus_err_prepend(err, "%s: event %" PRId64 " (counted from 1): ", name, i + 1);
    goto done;
  }
done:
  aus_json_destroy(doc);
  if (rc != AUS_OK) aus_serverless_trace_fini(trace);
  return rc;
}

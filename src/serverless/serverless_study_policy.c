/* serverless/serverless_study_policy.c - the policy of each stage from the keys of a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_policy.h"

#include <stdio.h>

#include "serverless/dataset.h"

typedef struct settings {
  double keep_alive_s, queue_length, reconcile_s;
} settings;

/* What the reference system uses in each role (serverless.md 10b). */
static const settings reference[AUS_SERVERLESS_N_ROLES] = {
    [AUS_SERVERLESS_P_INITIAL] = {30, 100, 1},     [AUS_SERVERLESS_P_PROACTIVE] = {30, 100, 1},
    [AUS_SERVERLESS_P_OPT_REACTIVE] = {30, 20, 5}, [AUS_SERVERLESS_P_OPT_PROACTIVE] = {30, 20, 15},
    [AUS_SERVERLESS_P_VAL_REACTIVE] = {30, 20, 5}, [AUS_SERVERLESS_P_VAL_PROACTIVE] = {30, 20, 15},
    [AUS_SERVERLESS_P_VAL_KPA] = {30, 20, 2},
};

static const double kpa_tick_s = 2; /* Knative's */

double aus_serverless_study_or(const aus_opts *o, aus_cfg *conf, const char *key, bool zero,
                               double otherwise)
{
  double x = aus_opt_real(o, key);

  if (!(x > -1)) return otherwise;
  if (x < 0 || (!zero && !(x > 0)))
    aus_cfg_problem(conf, aus_opt_place(o, key), "%s is %g, need -1 or %s 0", key, x,
                    zero ? ">=" : ">");
  return x;
}

static double own(const aus_opts *o, aus_cfg *conf, const char *stage, const char *what, bool zero,
                  double otherwise)
{
  char key[80];

  snprintf(key, sizeof key, "%s.%s", stage, what);
  return aus_serverless_study_or(o, conf, key, zero, otherwise);
}

static void strategy(aus_serverless_study *s, aus_cfg *conf, const char *key, const char *text,
                     aus_serverless_policy *p)
{
  aus_err err;

  aus_err_clear(&err);
  if (aus_serverless_strategy(text, p, &err) != AUS_OK)
    aus_cfg_problem(conf, aus_opt_place(s->opts, key), "%s: %s", key, err.text);
}

static aus_serverless_policy common(const aus_serverless_study *s, aus_serverless_role role)
{
  const aus_opts *o = s->opts;
  bool compat = s->defects & AUS_SERVERLESS_D(22);
  int forecast = aus_opt_enum(o, "forecast");
  double horizon_s = aus_opt_real(o, "horizon");
  aus_serverless_policy p = {
      .priority = (aus_serverless_priority)aus_opt_enum(o, "priority"),
      .defects = s->defects & AUS_SERVERLESS_COMPAT,
      .keep_alive_s = aus_opt_real(o, "keep_alive"),
      .queue_length = aus_opt_real(o, "queue_length"),
      .reconcile_s = aus_opt_real(o, "reconcile_interval"),
      .half_life_s = aus_opt_real(o, "half_life"),
      .season_s = aus_opt_real(o, "season"),
      .max_time_s = aus_opt_real(o, "max_time"),
      .seed = s->seed,
  };

  if (compat && !aus_opt_has_value(o, "keep_alive")) p.keep_alive_s = reference[role].keep_alive_s;
  if (compat && !aus_opt_has_value(o, "queue_length"))
    p.queue_length = reference[role].queue_length;
  if (compat && !aus_opt_has_value(o, "reconcile_interval"))
    p.reconcile_s = reference[role].reconcile_s;
  if (forecast > 0)
    p.forecast = (aus_serverless_forecast)(forecast - 1);
  else
    p.forecast = p.defects & AUS_SERVERLESS_D(28) ? AUS_SERVERLESS_ORACLE : AUS_SERVERLESS_EWMA;
  p.horizon_s = horizon_s > 0 ? horizon_s : p.defects & AUS_SERVERLESS_D(28) ? 60 : 15;
  return p;
}

static void own_settings(const aus_opts *o, aus_cfg *conf, const char *stage,
                         aus_serverless_policy *p)
{
  p->keep_alive_s = own(o, conf, stage, "keep_alive", true, p->keep_alive_s);
  p->queue_length = own(o, conf, stage, "queue_length", false, p->queue_length);
  p->reconcile_s = own(o, conf, stage, "reconcile_interval", false, p->reconcile_s);
}

static bool is_proactive(const aus_serverless_policy *p)
{
  return p->scaler == AUS_SERVERLESS_PROKN || p->scaler == AUS_SERVERLESS_PROHETKN;
}

void aus_serverless_study_policies(aus_serverless_study *s, aus_cfg *conf)
{
  static const char *const stage[2] = {"initial", "initialproactive"};
  static const char *const key[2] = {"initial.strategy", "initialproactive.strategy"};
  int role;

  for (role = 0; role < AUS_SERVERLESS_N_ROLES; role++) {
    aus_serverless_policy *p = &s->policy[role];
    int proactive = role == AUS_SERVERLESS_P_PROACTIVE || role == AUS_SERVERLESS_P_OPT_PROACTIVE ||
                    role == AUS_SERVERLESS_P_VAL_PROACTIVE;

    *p = common(s, (aus_serverless_role)role);
    if (role == AUS_SERVERLESS_P_VAL_KPA) {
      strategy(s, conf, key[0], "kpa_kn", p);
      p->reconcile_s = kpa_tick_s;
      continue;
    }
    /* One wrong name is one problem. */
    if (role <= AUS_SERVERLESS_P_PROACTIVE) {
      strategy(s, conf, key[proactive], aus_opt_str(s->opts, key[proactive]), p);
      own_settings(s->opts, conf, stage[role], p);
    } else {
      p->scaler = s->policy[proactive].scaler;
      p->placer = s->policy[proactive].placer;
    }
    p->n_features =
        aus_serverless_dataset_features(p->scaler == AUS_SERVERLESS_PROHETKN, s->defects);
  }
  if (is_proactive(&s->policy[AUS_SERVERLESS_P_INITIAL]))
    aus_cfg_problem(conf, aus_opt_place(s->opts, key[0]),
                    "initial.strategy must be reactive: there are no models yet");
}

/* gpuqueue/sim_users.c - limits per user, and fair share.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Past use decays with its half-life while running jobs add to it: u' = nodes - lambda u, which has a closed form
 * between two events of a user, so that nothing needs a clock of its own.
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

#include <math.h>

bool aus_gpuqueue_sim_by_user(const aus_gpuqueue_sim_conf *conf)
{
  return conf->user_max_jobs > 0 || conf->user_max_nodes > 0 || conf->fairshare_weight > 0;
}

/* A job wider than a user's nodes runs when nothing else of the user does, or it would never. */
bool aus_gpuqueue_sim_held(const aus_gpuqueue_sim *s, const aus_gpuqueue_queued *q)
{
  const aus_gpuqueue_user *u = s->n_users > 0 && q->user >= 0 ? &s->user[q->user + 1] : NULL;

  if (!u || u->n_jobs == 0) return false;
  if (s->conf.user_max_jobs > 0 && u->n_jobs >= s->conf.user_max_jobs) return true;
  return s->conf.user_max_nodes > 0 && u->n_nodes + q->nodes > s->conf.user_max_nodes;
}

/* Node-seconds at now. */
static double used(const aus_gpuqueue_sim *s, const aus_gpuqueue_user *u)
{
  double lambda = log(2) / (s->conf.fairshare_half_life_days * 86400);
  double dt = (double)(s->now_s - u->t_s);

  return u->used * exp(-lambda * dt) - (double)u->n_nodes / lambda * expm1(-lambda * dt);
}

static void change(aus_gpuqueue_sim *s, aus_gpuqueue_user *u, int64_t nodes, int jobs)
{
  if (s->conf.fairshare_weight > 0) {
    u->used = used(s, u);
    u->t_s = s->now_s;
  }
  u->n_nodes += nodes;
  u->n_jobs += jobs;
}

void aus_gpuqueue_sim_account(aus_gpuqueue_sim *s, int32_t user, int64_t nodes, int jobs)
{
  change(s, &s->user[user + 1], nodes, jobs);
  change(s, &s->all_users, nodes, jobs);
}

/* Jobs of unknown users count as if they had had just their share. */
double aus_gpuqueue_sim_fair(const aus_gpuqueue_sim *s, int32_t user)
{
  double all = used(s, &s->all_users);

  if (user < 0) return 0.5;
  if (!(all > 0)) return 1;
  return exp2(-used(s, &s->user[user + 1]) / all * (double)(s->n_users - 1));
}

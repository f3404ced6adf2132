/* sim_kpa.c - kpa: the pod autoscaler of Knative as its documentation describes it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: knative.dev, "Additional autoscaling configuration for Knative Pod Autoscaler", and the
 * comments in config/core/configmaps/autoscaler.yaml of GitHub knative/serving. The tick (2 s there)
 * is policy.reconcile_s. Where Knative counts pods, here is a replica; ready is one whose image is
 * there. Concurrency is all calls of the function that were dispatched and are not done: queued,
 * running, or waiting for a first replica.
 */
#include <config.h>

#include "serverless/kernel.h"

#include <math.h>

typedef aus_serverless_sim sim;

static const struct {
  int stable_samples, panic_samples;   /* stable-window 60s, panic-window-percentage 10 */
  double panic_threshold;              /* panic-threshold-percentage 200 */
  double utilisation;                  /* container-concurrency-target-percentage 70 */
  double scale_to_zero_grace_s;        /* scale-to-zero-grace-period 30s */
  double max_scale_up, max_scale_down; /* max-scale-up-rate 1000, max-scale-down-rate 2 */
} knative = {AUS_KPA_WINDOW, AUS_KPA_WINDOW / 10, 2, 0.7, 30, 1000, 2};

void aus_serverless_kpa_sample(sim *s)
{
  int f;

  for (f = 0; f < s->n_functions; f++) {
    aus_kpa *k = &s->kpa[f];

    k->sample[k->n_samples++ % AUS_KPA_WINDOW] = s->function[f].in_flight;
  }
}

/* Over the last n samples, or those there are. */
static double mean(const aus_kpa *k, int64_t n)
{
  int64_t sum = 0, i;

  if (n > k->n_samples) n = k->n_samples;
  for (i = 1; i <= n; i++)
    sum += k->sample[(k->n_samples - i) % AUS_KPA_WINDOW];
  return n > 0 ? (double)sum / (double)n : 0;
}

static double count_ready(const sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  int n = 0;
  int32_t i;

  for (i = 0; i < fn->n_replicas; i++)
    n += s->plat[fn->replica[i]].ready_state != AUS_READY_PENDING;
  return n > 1 ? n : 1; /* so that rates work from none, too */
}

/* The last replica goes after a stable window and a grace period without traffic. */
static bool may_be_zero(const sim *s, int f)
{
  const aus_function *fn = &s->function[f];

  return fn->in_flight == 0 &&
         s->now - fn->t_traffic >= knative.stable_samples + knative.scale_to_zero_grace_s;
}

double aus_serverless_kpa_level(sim *s, int f)
{
  aus_kpa *k = &s->kpa[f];
  double target = knative.utilisation * s->policy.queue_length, ready = count_ready(s, f),
         have = s->function[f].n_replicas;
  double stable = ceil(mean(k, knative.stable_samples) / target),
         panic = ceil(mean(k, knative.panic_samples) / target), want = stable;

  if (panic >= knative.panic_threshold * ready) {
    k->panics = true;
    k->t_panic = s->now;
  } else if (s->now - k->t_panic > knative.stable_samples) {
    k->panics = false;
  }
  if (k->panics) want = fmax(stable, panic);
  want =
      fmin(fmax(want, floor(ready / knative.max_scale_down)), ceil(ready * knative.max_scale_up));
  if (k->panics) want = fmax(want, have);
  if (want < 1 && !may_be_zero(s, f)) want = fmin(have, 1);
  return want - have;
}

/* gpuqueue/gpuqueue_study_outline.c - what a gpuqueue study is going to do: windows and models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_setup.h"

typedef struct aus_gpuqueue_study study;

/* Bytes of the rows of one window of stage generate, uncompressed. */
static double window_bytes(const study *s)
{
  double state = (double)s->geometry.n_snapshots * AUS_GPUQUEUE_N_STATE * (s->f64 ? 8 : 4);

  return s->training.n_probes * (state + 57) + 37;
}

int aus_gpuqueue_outline(void *self, aus_outline *o, aus_err *err)
{
  int rc = AUS_OK, m;
  study *s = self;
  int64_t n = 0, links = s->geometry.chain_length - 1;

  for (m = 0; m < s->n_models; m++)
    n += aus_gpuqueue_policy_learns(s->model[m]);
  if (s->n_stages > AUS_GPUQUEUE_ST_GENERATE)
    AUS_TRY(aus_outline_add(o,
                            (aus_outline_part){.stage = "generate",
                                               .kind = "generate",
                                               .least = s->n_training,
                                               .most = s->n_training,
                                               .bytes = window_bytes(s)},
                            err));
  if (s->n_stages > AUS_GPUQUEUE_ST_TRAIN)
    AUS_TRY(aus_outline_add(
        o,
        (aus_outline_part){.stage = "train", .kind = "train", .job = true, .least = n, .most = n},
        err));
  if (s->n_stages > AUS_GPUQUEUE_ST_VALIDATE)
    AUS_TRY(aus_outline_add(o,
                            (aus_outline_part){.stage = "validate",
                                               .kind = "validate",
                                               .least = s->n_windows,
                                               .most = s->n_windows,
                                               .bytes = (double)(s->n_models * links) * 55},
                            err));
done:
  return rc;
}

/* serverless/serverless_study_rows.c - keys of datasets and of training, shared by the study and the verbs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_rows.h"

aus_serverless_dataset_conf aus_serverless_study_dataset(const aus_opts *o, uint64_t defects,
                                                         bool per_platform)
{
  return (aus_serverless_dataset_conf){
      .window_s = aus_opt_real(o, "window_s"),
      .until_s = aus_opt_real(o, "until"),
      .max_penalty_frac = aus_opt_real(o, "max_penalty_frac"),
      .max_queue_length = aus_opt_real(o, "max_queue_length"),
      .defects = defects & AUS_SERVERLESS_DATASET_COMPAT,
      .n_features = aus_serverless_dataset_features(per_platform, defects),
      .per_platform = per_platform,
      .label = aus_serverless_dataset_label(aus_opt_enum(o, "label"), defects),
      .target_frac = aus_opt_real(o, "target_frac"),
      .weight_bad = aus_opt_real(o, "weight_bad"),
  };
}

aus_xgb_conf aus_serverless_study_training(const aus_opts *o, uint64_t defects)
{
  aus_xgb_conf c = aus_xgb_defaults();

  c.rounds = (int)aus_opt_int(o, "train.rounds");
  c.max_depth = (int)aus_opt_int(o, "train.max_depth");
  c.eta = aus_opt_real(o, "train.eta");
  c.lambda = aus_opt_real(o, "train.lambda");
  c.seed = (uint32_t)aus_opt_int(o, "train.seed");
  c.method = defects & AUS_SERVERLESS_D(24) ? AUS_XGB_EXACT : AUS_XGB_AUTO;
  return c;
}

/* match/match_cmd_models.h - P(success) on clusters by the models of an earlier result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_CMD_MODELS_H
#define AUS_MATCH_MATCH_CMD_MODELS_H

#include "match/ptable.h"

/** Ask the models of a published file (/models, written by stage train) about clusters.
 *
 * @param [out] p         a row per model
 * @param [out] packages  whose model it is
 * @return AUS_OK; AUS_EFORMAT: no such file, no models of this kind in it, a package twice; AUS_EIO; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_models_p(const char *path, const aus_match_space *space,
                                   const aus_match_clusters *clusters, aus_match_p *p,
                                   aus_match_names *packages, aus_err *err);

#endif

/* match/model_bytes.h - a trained model as bytes, for the shared file, and back.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Format "auspex-match-1", little-endian: the package, what it was trained on (features and categories, so that the
 * model can be asked about clusters without its training data), then the members. The trees are XGBoost's UBJSON.
 */
#ifndef AUS_MATCH_MODEL_BYTES_H
#define AUS_MATCH_MODEL_BYTES_H

#include "match/model.h"
#include "util/buf.h"

/** Append model and the columns of its table. The same model gives the same bytes.
 * @return AUS_OK; AUS_EINVAL for a model of another table; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_model_write(const aus_match_model *m, const aus_match_table *table,
                                      aus_buf *out, aus_err *err);

/** Read them back: the same answers, bit for bit.
 * @param [out] table  package, columns and variants, no rows (aus_match_columns_fini)
 * @return AUS_OK; AUS_EFORMAT "model: ..." for bytes that are no such model; AUS_ENOMEM. Local. Memory is at most a
 * small multiple of n, whatever the bytes say. */
AUS_CHECKED int aus_match_model_read(aus_match_model *m, aus_match_table *table, const void *bytes,
                                     size_t n, aus_err *err);
/** Free such a table. Local. */
void aus_match_columns_fini(aus_match_table *table);

#endif

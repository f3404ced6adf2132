/* ubj.h - JSON text of an XGBoost model, transcribed to the UBJSON that XGBoost itself would write.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * XGBoost's JSON reader follows what it reads without a look (a damaged file ends in a segmentation
 * fault), so text never gets there: it becomes UBJSON here, which learn/trees.h then checks.
 */
#ifndef AUS_LEARN_UBJ_H
#define AUS_LEARN_UBJ_H

#include "util/buf.h"
#include "util/err.h"

/** Transcribe one JSON document.
 *
 * @param [in] name      shown in messages
 * @param [in] text      n bytes, a NUL behind them
 * @param [in,out] out   the UBJSON is appended; undefined on error
 * @return AUS_OK; AUS_EFORMAT "name: byte N: ..." for what is no JSON document, but for the words NaN, Infinity
 *         and -Infinity in such arrays, which XGBoost writes; AUS_ENOMEM
 *
 * Local. Arrays that XGBoost stores with one type (left_children, ...) get that type. Bytes above 127 go through.
 */
AUS_CHECKED int aus_ubj_from_json(const char *name, const char *text, size_t n, aus_buf *out,
                                  aus_err *err);

#endif

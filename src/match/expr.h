/* match/expr.h - the small language of selection: parsed once, evaluated per cluster.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers, 'texts', names, + - * / % **, < <= > >= == !=, && || !, a ? b : c, parentheses, min(a,b) max(a,b)
 * abs(a) floor(a) ceil(a) log(a) exp(a). ** binds tighter than a sign before it and groups from the right.
 * Truth is a number other than 0. What is not needed (the other branch of ?:, the right side of a decided && or
 * ||) is not evaluated.
 */
#ifndef AUS_MATCH_EXPR_H
#define AUS_MATCH_EXPR_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum aus_match_kind { AUS_MATCH_NONE, AUS_MATCH_NUMBER, AUS_MATCH_TEXT } aus_match_kind;

typedef struct aus_match_value {
  aus_match_kind kind; /* NONE: not there */
  double x;
  const char *text; /* lent */
} aus_match_value;

typedef struct aus_match_expr aus_match_expr;

/** @return AUS_OK; AUS_ECONFIG "expression "...", character N: ..."; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_expr_parse(aus_match_expr **out, const char *text, aus_err *err);
void aus_match_expr_destroy(aus_match_expr *e);

/** Names the expression uses, each once. Local. */
int aus_match_expr_n_names(const aus_match_expr *e);
const char *aus_match_expr_name(const aus_match_expr *e, int i);

/** @param [in] value  one per name
 * @param [out] out    a number or a text
 * @return NULL; else why there is no value: a name that is not there, a division by zero, a text where a
 *   number is needed, a result that is not finite. Local.
 */
const char *aus_match_expr_eval(const aus_match_expr *e, const aus_match_value *value,
                                aus_match_value *out);

#endif

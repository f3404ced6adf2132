/* json.h - large JSON data in, JSON text out (jansson inside).
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For configuration use cfg.h, which keeps the place of every value; this reader is for data files of
 * megabytes (traces), where a message names the row. Every number is read as double.
 */
#ifndef AUS_UTIL_JSON_H
#define AUS_UTIL_JSON_H

#include "util/buf.h"
#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct aus_json aus_json; /* a document; values are lent by it */
typedef const struct aus_json_value aus_json_value;

/** Parse a document.
 *
 * @param [in] name  shown in messages
 * @return AUS_OK; AUS_EFORMAT with "name:line:column: ..." (syntax, duplicate keys, truncated, empty); AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_json_parse(aus_json **out, const char *name, const char *bytes, size_t n,
                               aus_err *err);
void aus_json_destroy(aus_json *doc);
aus_json_value *aus_json_root(const aus_json *doc);

int aus_json_is_object(aus_json_value *v);
int aus_json_is_array(aus_json_value *v);
int aus_json_is_number(aus_json_value *v);
int aus_json_is_true(aus_json_value *v);
/** Text of a string, NULL for others. */
const char *aus_json_text(aus_json_value *v);
/** A number, NaN for others. */
double aus_json_number(aus_json_value *v);
/** Entries of an array or object, 0 for others. */
int64_t aus_json_count(aus_json_value *v);
/** i-th entry of an array, NULL beyond. */
aus_json_value *aus_json_at(aus_json_value *v, int64_t i);
/** Member of an object, NULL when it is not there or v is NULL or no object. */
aus_json_value *aus_json_get(aus_json_value *v, const char *key);
/** Key of an object behind `key` (NULL: the first), in the document's order; NULL behind the last and for others. */
const char *aus_json_key_after(aus_json_value *v, const char *key);

/** A string in quotes, with what JSON wants escaped, and what YAML does not take as it stands; other bytes
 * go through. Local. */
void aus_json_quote(aus_buf *buf, const char *s);

/** Valid JSON text again with one key per line, two blanks per level, in the order it has; lists of plain
 * values stay on one line. Local. */
void aus_json_pretty(const char *text, aus_buf *out);

/* Writing: an indented document, one call per token; commas and line breaks are put in between. Reals
 * have up to 17 significant digits and read back as the same double; not finite becomes null. */
typedef struct aus_json_out {
  aus_buf *buf;
  int depth;
  int fresh[32]; /* nothing written yet at this depth */
  int after_key;
  int indent; /* spaces per level; 0: compact */
} aus_json_out;

void aus_json_begin(aus_json_out *out, aus_buf *buf, int indent);
void aus_json_object(aus_json_out *out);
void aus_json_array(aus_json_out *out);
void aus_json_end(aus_json_out *out, char bracket); /* '}' or ']' */
void aus_json_key(aus_json_out *out, const char *key);
void aus_json_real(aus_json_out *out, double x);
void aus_json_int(aus_json_out *out, int64_t x);
void aus_json_str(aus_json_out *out, const char *s);
void aus_json_bool(aus_json_out *out, int x);
void aus_json_null(aus_json_out *out);

#endif

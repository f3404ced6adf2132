/* ubj.c - fuzz: JSON text of a model, transcribed to UBJSON.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is taken is a JSON document to another reader, too, and never makes the reader of UBJSON stumble.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "learn/trees.h"
#include "learn/ubj.h"

#include <jansson.h>

/* jansson refuses broken UTF-8 and a NUL in a key, which are handed on here, and words that XGBoost writes. */
static void compare(const char *text, size_t n)
{
  json_error_t e;
  json_t *doc = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &e);
  enum json_error_code code = doc ? json_error_unknown : json_error_code(&e);

  if (!doc && (strstr(text, "NaN") || strstr(text, "Infinity"))) return;
  if (doc || code == json_error_invalid_utf8 || code == json_error_null_byte_in_key) {
    json_decref(doc);
    return;
  }
  fprintf(stderr, "taken, but: %s\n", e.text);
  abort();
}

FUZZ_TARGET(ubj)
{
  char *text = fuzz_text(data, n);
  aus_err err = {0};
  aus_trees trees;
  aus_buf b;
  bool took;

  aus_buf_init(&b);
  took = fuzz_took(aus_ubj_from_json("model", text, n, &b, &err), &err, AUS_EFORMAT);
  if (took) compare(text, n);
  if (took &&
      fuzz_took(aus_trees_read(&trees, "model", b.data, (size_t)b.n, &err), &err, AUS_EFORMAT))
    aus_trees_fini(&trees);
  aus_buf_fini(&b);
  free(text);
}

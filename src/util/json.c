/* json.c - jansson for large data, and a small writer.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/json.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include "util/alloc.h"

struct aus_json {
  json_t *root;
};

/* The two names of one thing: jansson's type stays in this file. */
static const json_t *inner(aus_json_value *v)
{
  return (const json_t *)v;
}

static aus_json_value *outer(const json_t *j)
{
  return (aus_json_value *)j;
}

static int load_error(const json_error_t *e, const char *name, aus_err *err)
{
  if (json_error_code(e) == json_error_out_of_memory)
    return aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (%s)", name);
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s:%d:%d: %s", name, e->line > 0 ? e->line : 1,
                  e->column > 0 ? e->column : 1, e->text);
}

int aus_json_parse(aus_json **out, const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;
  json_error_t e;

  *out = NULL;
  if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
    bytes += 3;
    n -= 3;
  }
  AUS_NEW(doc, 1, err);
  doc->root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &e);
  if (!doc->root) {
    rc = load_error(&e, name, err);
    goto done;
  }
  *out = doc;
  doc = NULL;
done:
  aus_json_destroy(doc);
  return rc;
}

void aus_json_destroy(aus_json *doc)
{
  if (!doc) return;
  json_decref(doc->root);
  aus_free(doc);
}

aus_json_value *aus_json_root(const aus_json *doc)
{
  return outer(doc->root);
}

int aus_json_is_object(aus_json_value *v)
{
  return json_is_object(inner(v));
}

int aus_json_is_array(aus_json_value *v)
{
  return json_is_array(inner(v));
}

int aus_json_is_number(aus_json_value *v)
{
  return json_is_number(inner(v));
}

int aus_json_is_true(aus_json_value *v)
{
  return json_is_true(inner(v));
}

const char *aus_json_text(aus_json_value *v)
{
  return json_string_value(inner(v));
}

double aus_json_number(aus_json_value *v)
{
  if (!json_is_number(inner(v))) return NAN;
  return json_number_value(inner(v));
}

int64_t aus_json_count(aus_json_value *v)
{
  return (int64_t)(json_is_array(inner(v)) ? json_array_size(inner(v))
                                           : json_object_size(inner(v)));
}

aus_json_value *aus_json_at(aus_json_value *v, int64_t i)
{
  return i < 0 ? NULL : outer(json_array_get(inner(v), (size_t)i));
}

aus_json_value *aus_json_get(aus_json_value *v, const char *key)
{
  return outer(json_object_get(inner(v), key));
}

const char *aus_json_key_after(aus_json_value *v, const char *key)
{
  json_t *object = (json_t *)inner(v); /* iterators change nothing */
  void *at = key ? json_object_iter_next(object, json_object_iter_at(object, key))
                 : json_object_iter(object);

  return json_object_iter_key(at);
}

/* ---- writing ---- */

/* Bytes of the character at s, and its code, if it is written by number: control characters, and what
 * YAML takes for line breaks or refuses, because a configuration is read as YAML; else 0. */
static size_t by_number(const char *text, unsigned *code)
{
  const unsigned char *s = (const unsigned char *)text;

  *code = s[0];
  if (s[0] == '\0' || (s[0] >= 0x20 && s[0] < 0x7f)) return 0;
  if (s[0] <= 0x7f) return 1;
  *code = s[1];
  if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0) return 2; /* U+0080 to U+009F */
  if ((s[0] != 0xe2 && s[0] != 0xef) || s[1] < 0x80 || s[1] > 0xbf || s[2] < 0x80) return 0;
  *code = (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
  return *code == 0x2028 || *code == 0x2029 || *code == 0xfeff || *code >= 0xfffe ? 3 : 0;
}

static size_t quote_one(aus_buf *buf, const char *s)
{
  static const char escapes[] =
      "\"\"\\\\\nn\tt\rr\bb\ff"; /* character, letter behind the backslash */
  const char *e = escapes;
  unsigned code;
  size_t n = by_number(s, &code);

  while (*e && *e != *s)
    e += 2;
  if (*e)
    aus_buf_printf(buf, "\\%c", e[1]);
  else
    aus_buf_printf(buf, "\\u%04x", code);
  return *e ? 1 : n;
}

void aus_json_quote(aus_buf *buf, const char *s)
{
  unsigned code;
  size_t n;

  aus_buf_text(buf, "\"");
  while (*s) {
    for (n = 0; s[n] && s[n] != '"' && s[n] != '\\' && by_number(s + n, &code) == 0; n++)
      continue;
    aus_buf_bytes(buf, s, n);
    s += n;
    if (*s) s += quote_one(buf, s);
  }
  aus_buf_text(buf, "\"");
}

void aus_json_begin(aus_json_out *out, aus_buf *buf, int indent)
{
  *out = (aus_json_out){.buf = buf, .indent = indent};
  out->fresh[0] = 1;
}

static void new_line(aus_json_out *out)
{
  if (out->indent > 0) aus_buf_printf(out->buf, "\n%*s", out->depth * out->indent, "");
}

/* What stands between the last token and the next value or key. */
static void separate(aus_json_out *out)
{
  if (out->after_key) {
    out->after_key = 0;
    return;
  }
  if (!out->fresh[out->depth]) aus_buf_text(out->buf, ",");
  out->fresh[out->depth] = 0;
  if (out->depth > 0) new_line(out);
}

static void open_bracket(aus_json_out *out, const char *bracket)
{
  const int n = (int)(sizeof out->fresh / sizeof out->fresh[0]);

  AUS_ASSERT(out->depth < n - 1);
  if (out->depth >= n - 1) {
    out->buf->failed = 1;
    return;
  }
  separate(out);
  aus_buf_text(out->buf, bracket);
  out->fresh[++out->depth] = 1;
}

void aus_json_object(aus_json_out *out)
{
  open_bracket(out, "{");
}

void aus_json_array(aus_json_out *out)
{
  open_bracket(out, "[");
}

void aus_json_end(aus_json_out *out, char bracket)
{
  int empty = out->fresh[out->depth];

  AUS_ASSERT(out->depth > 0 && !out->after_key);
  if (out->depth > 0) out->depth--;
  if (!empty) new_line(out);
  aus_buf_bytes(out->buf, &bracket, 1);
}

void aus_json_key(aus_json_out *out, const char *key)
{
  separate(out);
  aus_json_quote(out->buf, key);
  aus_buf_text(out->buf, out->indent > 0 ? ": " : ":");
  out->after_key = 1;
}

void aus_json_real(aus_json_out *out, double x)
{
  separate(out);
  if (isfinite(x))
    aus_buf_real(out->buf, x);
  else
    aus_buf_text(out->buf, "null");
}

void aus_json_int(aus_json_out *out, int64_t x)
{
  separate(out);
  aus_buf_printf(out->buf, "%lld", (long long)x);
}

void aus_json_str(aus_json_out *out, const char *s)
{
  separate(out);
  aus_json_quote(out->buf, s);
}

void aus_json_bool(aus_json_out *out, int x)
{
  separate(out);
  aus_buf_text(out->buf, x ? "true" : "false");
}

void aus_json_null(aus_json_out *out)
{
  separate(out);
  aus_buf_text(out->buf, "null");
}

/* ---- text to text ---- */

/* Bytes of the token at s: a string, or a number or word. */
static size_t token_length(const char *s)
{
  size_t n = 1;

  if (*s != '"') return strcspn(s, ",:]} \t\r\n");
  while (s[n] && s[n] != '"')
    n += s[n] == '\\' && s[n + 1] ? 2 : 1;
  return n + (s[n] == '"');
}

/* Is there a list or a map inside this list? */
static int is_deep(const char *list)
{
  const char *s = list + 1;

  while (*s && *s != ']') {
    if (*s == '[' || *s == '{') return 1;
    s += *s == '"' ? token_length(s) : 1;
  }
  return 0;
}

static const char *skip_blanks(const char *s)
{
  return s + strspn(s, " \t\r\n");
}

void aus_json_pretty(const char *text, aus_buf *out)
{
  enum { MAX_DEPTH = 64 };
  int flat[MAX_DEPTH] = {1}; /* entries of this level stay on one line */
  int depth = 0;
  const char *s;
  size_t n;

  for (s = skip_blanks(text); *s; s = skip_blanks(s + n)) {
    n = 1;
    if ((*s == '{' || *s == '[') && depth < MAX_DEPTH - 1) {
      const char *next = skip_blanks(s + 1);

      flat[++depth] = *next == '}' || *next == ']' || (*s == '[' && !is_deep(s));
      aus_buf_bytes(out, s, 1);
      if (!flat[depth]) aus_buf_printf(out, "\n%*s", 2 * depth, "");
    } else if ((*s == '}' || *s == ']') && depth > 0) {
      depth--;
      if (!flat[depth + 1]) aus_buf_printf(out, "\n%*s", 2 * depth, "");
      aus_buf_bytes(out, s, 1);
    } else if (*s == ',') {
      aus_buf_text(out, flat[depth] ? ", " : ",");
      if (!flat[depth]) aus_buf_printf(out, "\n%*s", 2 * depth, "");
    } else if (*s == ':') {
      aus_buf_text(out, ": ");
    } else {
      n = token_length(s);
      if (n == 0) n = 1;
      aus_buf_bytes(out, s, n);
    }
  }
  aus_buf_text(out, "\n");
}

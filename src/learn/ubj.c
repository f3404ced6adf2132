/* ubj.c - one pass over the text, one value at a time.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/ubj.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
  const char *s; /* n bytes and a NUL */
  size_t n, at;
  const char *wrong; /* first thing that is wrong, NULL: nothing */
  aus_buf *out;
} json;

enum { MAX_DEPTH = 16 };

/* Element types of the arrays of a tree, as XGBoost 1.7 stores them. */
static const struct {
  const char *key;
  char type;
} typed[] = {
    {"base_weights", 'd'},        {"categories", 'l'},       {"categories_nodes", 'l'},
    {"categories_segments", 'L'}, {"categories_sizes", 'L'}, {"default_left", 'U'},
    {"left_children", 'l'},       {"loss_changes", 'd'},     {"parents", 'l'},
    {"right_children", 'l'},      {"split_conditions", 'd'}, {"split_indices", 'l'},
    {"split_type", 'U'},          {"sum_hessian", 'd'},
};

static void bad(json *j, const char *what)
{
  if (!j->wrong) j->wrong = what;
}

static char next(json *j)
{
  while (j->at < j->n && strchr(" \t\r\n", j->s[j->at]) && j->s[j->at])
    j->at++;
  return j->s[j->at];
}

static void expect(json *j, char c)
{
  if (next(j) == c && j->at < j->n)
    j->at++;
  else
    bad(j, "unexpected character");
}

static void put(aus_buf *out, uint64_t x, int n)
{
  for (n--; n >= 0; n--)
    aus_buf_u8(out, (uint8_t)(x >> (8 * n)));
}

/* A place for a length that is known later; give it to put_length(). */
static int64_t leave_length(aus_buf *out)
{
  aus_buf_u8(out, 'L');
  put(out, 0, 8);
  return out->n - 8;
}

static void put_length(aus_buf *out, int64_t at, int64_t length)
{
  int i;

  if (out->failed) return;
  for (i = 0; i < 8; i++)
    out->data[at + i] = (char)(unsigned char)((uint64_t)length >> (56 - 8 * i));
}

static void put_utf8(json *j, unsigned c)
{
  int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned head[] = {0, 0xc0, 0xe0, 0xf0};

  aus_buf_u8(j->out, (uint8_t)(head[more] | c >> 6 * more));
  while (more-- > 0)
    aus_buf_u8(j->out, (uint8_t)(0x80 | (c >> 6 * more & 0x3f)));
}

/* "u" and four digits at `at`; above every code when it is something else. */
static unsigned hex_at(const json *j, size_t at)
{
  char hex[5] = "";
  unsigned i;

  if (j->n < at || j->n - at < 5 || j->s[at] != 'u') return UINT_MAX;
  memcpy(hex, j->s + at + 1, 4);
  for (i = 0; i < 4; i++)
    if (!isxdigit((unsigned char)hex[i])) return UINT_MAX;
  return (unsigned)strtoul(hex, NULL, 16);
}

/* A character by number, a pair of surrogates as one. */
static void escape_by_number(json *j)
{
  unsigned c = hex_at(j, j->at), low;
  size_t n = 5;

  if (c >= 0xd800 && c < 0xdc00) {
    low = j->s[j->at + n] == '\\' ? hex_at(j, j->at + n + 1) : UINT_MAX;
    c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff) : UINT_MAX;
    n = 11;
  }
  if (c == UINT_MAX || (c >= 0xd800 && c < 0xe000)) {
    bad(j, "bad escape");
    return;
  }
  put_utf8(j, c);
  j->at += n;
}

/* What stands behind a backslash. */
static void escape(json *j)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found = strchr(from, j->s[j->at]);

  if (j->at < j->n && found && *found) {
    aus_buf_u8(j->out, (uint8_t)to[found - from]);
    j->at++;
  } else {
    escape_by_number(j);
  }
}

/* Length and bytes of a string; *from is where its bytes start in the output. */
static void string(json *j, int64_t *from)
{
  int64_t length_at;
  char c;

  expect(j, '"');
  length_at = leave_length(j->out);
  *from = j->out->n;
  while (!j->wrong && j->at < j->n && (c = j->s[j->at]) != '"') {
    j->at++;
    if ((unsigned char)c < 0x20) bad(j, "a control character");
    if (c == '\\')
      escape(j);
    else
      aus_buf_u8(j->out, (uint8_t)c);
  }
  if (j->at >= j->n)
    bad(j, "a string does not end");
  else
    j->at++;
  put_length(j->out, length_at, j->out->n - *from);
}

static char type_of_key(const json *j, int64_t from)
{
  size_t i, n = j->out->failed ? 0 : (size_t)(j->out->n - from);

  for (i = 0; i < sizeof typed / sizeof typed[0]; i++)
    if (strlen(typed[i].key) == n && memcmp(j->out->data + from, typed[i].key, n) == 0)
      return typed[i].type;
  return 0;
}

static const char *digits(const char *s)
{
  while (isdigit((unsigned char)*s))
    s++;
  return s;
}

/* Where the number at s ends; NULL when there is none. The NUL behind the text ends it, too. */
static const char *number_end(const char *s)
{
  const char *whole = s + (*s == '-'), *end = digits(whole), *part;

  if (end == whole || (*whole == '0' && end > whole + 1)) return NULL;
  if (*end == '.') {
    part = end + 1;
    end = digits(part);
    if (end == part) return NULL;
  }
  if (*end == 'e' || *end == 'E') {
    part = end + 1;
    part += *part == '+' || *part == '-';
    end = digits(part);
    if (end == part) return NULL;
  }
  return end;
}

static double take_number(json *j)
{
  const char *s = (next(j), j->s + j->at), *end = number_end(s);
  double x = end ? strtod(s, NULL) : (double)NAN;

  if (isfinite(x))
    j->at = (size_t)(end - j->s);
  else
    bad(j, "no number");
  return j->wrong ? 0.0 : x;
}

static void put_real(aus_buf *out, double x)
{
  float f = (float)x;
  uint32_t bits;

  memcpy(&bits, &f, sizeof bits);
  put(out, bits, 4);
}

/* The smallest type, as XGBoost takes it (the ends of a range go to the next larger one). */
static void put_number(aus_buf *out, double x)
{
  double a = fabs(x);
  int bytes = a < 127 ? 1 : a < 32767 ? 2 : a < 2147483647.0 ? 4 : 8;

  if (x != floor(x) || a > 9e15) {
    aus_buf_u8(out, 'd');
    put_real(out, x);
  } else {
    aus_buf_u8(out, (uint8_t) "?iI?l???L"[bytes]);
    put(out, (uint64_t)(int64_t)x, bytes);
  }
}

static int word(json *j, const char *w)
{
  if (j->n - j->at < strlen(w) || memcmp(j->s + j->at, w, strlen(w)) != 0) return 0;
  j->at += strlen(w);
  return 1;
}

/* XGBoost writes reals that are not finite as words, although JSON has none. */
static bool take_word(json *j, double *x)
{
  static const struct {
    const char *text;
    double x;
  } words[] = {{"true", 1.0},
               {"false", 0.0},
               {"NaN", (double)NAN},
               {"Infinity", HUGE_VAL},
               {"-Infinity", -HUGE_VAL}};
  size_t i;

  next(j);
  for (i = 0; i < sizeof words / sizeof words[0]; i++)
    if (word(j, words[i].text)) {
      *x = words[i].x;
      return true;
    }
  return false;
}

/* An element of an array of one type. */
static void element(json *j, char type)
{
  double x;

  if (!take_word(j, &x)) x = take_number(j);
  if (type == 'd') {
    put_real(j->out, x);
    return;
  }
  if (!(x == floor(x)) || fabs(x) > (type == 'U' ? 255.0 : type == 'l' ? 2147483647.0 : 9e15))
    bad(j, "a number out of range");
  else
    put(j->out, (uint64_t)(int64_t)x, type == 'U' ? 1 : type == 'l' ? 4 : 8);
}

static void value(json *j, char type, int depth);

static void array(json *j, char type, int depth)
{
  int64_t length_at, count = 0;

  expect(j, '[');
  aus_buf_u8(j->out, '[');
  if (type) aus_buf_u8(j->out, '$');
  if (type) aus_buf_u8(j->out, (uint8_t)type);
  aus_buf_u8(j->out, '#');
  length_at = leave_length(j->out);
  while (!j->wrong && next(j) != ']') {
    if (count++ > 0) expect(j, ',');
    if (type)
      element(j, type);
    else
      value(j, 0, depth + 1);
  }
  expect(j, ']');
  put_length(j->out, length_at, count);
}

static void object(json *j, int depth)
{
  int64_t count = 0, from;

  expect(j, '{');
  aus_buf_u8(j->out, '{');
  while (!j->wrong && next(j) != '}') {
    if (count++ > 0) {
      expect(j, ',');
      next(j);
    }
    string(j, &from);
    expect(j, ':');
    value(j, type_of_key(j, from), depth + 1);
  }
  expect(j, '}');
  aus_buf_u8(j->out, '}');
}

static void value(json *j, char type, int depth)
{
  char c = next(j);
  int64_t from;

  if (depth > MAX_DEPTH) bad(j, "nested too deeply");
  if (j->wrong) return;
  if (c == '{') {
    object(j, depth);
  } else if (c == '[') {
    array(j, type, depth);
  } else if (c == '"') {
    aus_buf_u8(j->out, 'S');
    string(j, &from);
  } else if (word(j, "null")) {
    aus_buf_u8(j->out, 'Z');
  } else if (word(j, "true")) {
    aus_buf_u8(j->out, 'T');
  } else if (word(j, "false")) {
    aus_buf_u8(j->out, 'F');
  } else {
    put_number(j->out, take_number(j));
  }
}

int aus_ubj_from_json(const char *name, const char *text, size_t n, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  json j = {.s = text, .n = n, .out = out};

  value(&j, 0, 0);
  if (!j.wrong) next(&j);
  if (j.at != n) bad(&j, "text behind the end");
  if (j.wrong)
    AUS_FAIL(err, AUS_EFORMAT, "%s: byte %zu: %s in the JSON text of a model", name, j.at, j.wrong);
  AUS_TRY(aus_buf_check(out, err));
done:
  return rc;
}

/* minutes.c - fuzz: requests per minute, the two CSV formats.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First byte: format (0 Azure as it stands, 1 Huawei, 2 what the bytes say, 3 Azure, where the header is put in
 * front and short rows are filled up), second: what part to keep. Two files are divided by a byte 0x1e. Line ends
 * do not matter: with "\r\n" the counts are the same.
 */
#include <config.h>

#include <math.h>

#include "fuzz/fuzz.h"
#include "serverless/workload.h"

enum { AZURE_FIELDS = 1444, MOST_MINUTES = 100000 };

static const char *const functions[] = {"f", "#2", "long-name"};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* ",1" as often as is wanted. */
static void fill(int n, aus_buf *out)
{
  static const char ones[] = ",1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
  const int most = (int)(sizeof ones - 1) / 2;

  for (; n > 0; n -= most)
    aus_buf_bytes(out, ones, 2 * (size_t)(n < most ? n : most));
}

static void header(aus_buf *out)
{
  char text[8];
  int i;

  aus_buf_text(out, "HashOwner,HashApp,HashFunction,Trigger");
  for (i = 1; i <= 1440; i++) {
    snprintf(text, sizeof text, ",%d", i);
    aus_buf_text(out, text);
  }
  aus_buf_text(out, "\n");
}

/* The header, and every line filled up to the right number of fields. */
static void complete(const char *s, size_t n, aus_buf *out)
{
  size_t len, i;
  const char *end;
  int fields;

  header(out);
  for (; n > 0; s += len, n -= len) {
    end = memchr(s, '\n', n);
    len = end ? (size_t)(end - s) : n;
    for (fields = 1, i = 0; i < len; i++)
      fields += s[i] == ',';
    aus_buf_bytes(out, s, len);
    fill(AZURE_FIELDS - fields, out);
    aus_buf_text(out, "\n");
    len += end != NULL;
  }
}

static void with_returns(const char *s, size_t n, aus_buf *out)
{
  size_t i, from;

  for (i = 0, from = 0; i < n; i++)
    if (s[i] == '\n') {
      aus_buf_bytes(out, s + from, i - from);
      aus_buf_text(out, "\r");
      from = i;
    }
  aus_buf_bytes(out, s + from, n - from);
}

typedef struct files {
  char *bytes[2];
  size_t n[2];
  int n_files, how;
  uint8_t part;
} files;

/* Read the files; true when all went well. */
static bool collect(const files *f, bool returns, aus_serverless_minutes *m)
{
  aus_err err = {0};
  aus_serverless_format format;
  aus_buf text, converted;
  bool good;
  int i;

  good = fuzz_must(aus_serverless_minutes_init(m, N_FUNCTIONS, functions, &err), &err);
  for (i = 0; good && i < f->n_files; i++) {
    aus_buf_init(&text);
    aus_buf_init(&converted);
    if (f->how == 3)
      complete(f->bytes[i], f->n[i], &text);
    else
      aus_buf_bytes(&text, f->bytes[i], f->n[i]);
    if (returns && fuzz_filled(&text)) with_returns(text.data, (size_t)text.n, &converted);
    good = fuzz_filled(&text) && fuzz_filled(&converted);
    if (good) {
      const aus_buf *b = returns ? &converted : &text;
      const char *p = b->data ? b->data : "";

      format = f->how == 1   ? AUS_SERVERLESS_HUAWEI
               : f->how == 2 ? aus_serverless_format_of("x.csv", p, (size_t)b->n)
                             : AUS_SERVERLESS_AZURE;
      good = fuzz_took(aus_serverless_minutes_read(m, format, "x.csv", p, (size_t)b->n, &err), &err,
                       AUS_EFORMAT);
    }
    aus_buf_fini(&text);
    aus_buf_fini(&converted);
  }
  return good;
}

static void check_minutes(const aus_serverless_minutes *m)
{
  int64_t i, most = m->n * m->n_functions;

  for (i = 0; i < most && i < MOST_MINUTES; i++)
    fuzz_check(isfinite(m->count[i]) && m->count[i] >= 0.0);
}

static void check_cut(aus_serverless_minutes *m, uint8_t part)
{
  aus_err err = {0};
  int64_t from = part % 8, to = part / 8 % 4 ? m->n - part / 8 % 4 : part / 32, n = m->n;

  if (!fuzz_took(aus_serverless_minutes_cut(m, from, to, "files", &err), &err, AUS_EFORMAT)) return;
  fuzz_check(m->n == (to == 0 ? n : to) - from && m->n > 0);
  fuzz_check(isfinite(m->mean_rpm[0]) && m->mean_rpm[0] >= 0.0);
  check_minutes(m);
}

FUZZ_TARGET(minutes)
{
  fuzz_in in = {data, n};
  files f = {.how = fuzz_byte(&in) % 4, .part = fuzz_byte(&in)};
  aus_serverless_minutes m = {0}, other = {0};

  while (in.n > 0 && f.n_files < 2) {
    f.bytes[f.n_files] = fuzz_piece(&in, 0x1e, &f.n[f.n_files]);
    f.n_files++;
  }
  if (collect(&f, false, &m)) {
    check_minutes(&m);
    /* A lone return before a line's end is a part of its end, so it cannot be doubled. */
    if (f.part % 4 == 0 && !memchr(data, '\r', n) && m.n <= MOST_MINUTES && !aus_alloc_failed()) {
      bool took = collect(&f, true, &other);

      fuzz_check((took && other.n == m.n) || aus_alloc_failed());
      if (took)
        fuzz_check(m.n == 0 ||
                   memcmp(m.count, other.count, (size_t)m.n * N_FUNCTIONS * sizeof *m.count) == 0);
    }
    check_cut(&m, f.part);
  }
  aus_serverless_minutes_fini(&m);
  aus_serverless_minutes_fini(&other);
  free(f.bytes[0]);
  free(f.bytes[1]);
}

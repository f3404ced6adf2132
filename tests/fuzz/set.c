/* set.c - fuzz: overrides on a document, as --set makes them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The input is lines: a document up to a line "%", then overrides, path=value. What results is a document
 * like any other: its canonical text reads back to itself.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "util/cfg.h"

/* True when nothing was wrong. */
static void check_canonical(aus_cfg *cfg, const aus_cfg_node *root)
{
  aus_buf first, second;
  aus_cfg_node *again = NULL;
  aus_err err = {0};

  aus_buf_init(&first);
  aus_buf_init(&second);
  aus_cfg_canonical(root, &first);
  if (fuzz_filled(&first)) {
    if (fuzz_must(aus_cfg_parse(cfg, "again", first.data, (size_t)first.n, &again, &err), &err)) {
      aus_cfg_canonical(again, &second);
      if (fuzz_filled(&second)) fuzz_check(fuzz_same(&second, first.data, (size_t)first.n));
    }
  }
  aus_buf_fini(&first);
  aus_buf_fini(&second);
}

static void override(aus_cfg *cfg, aus_cfg_node *root, fuzz_in *in)
{
  size_t n;
  char *line = fuzz_piece(in, '\n', &n), *equals = strchr(line, '=');
  aus_err err = {0};

  if (equals) {
    *equals = '\0';
    (void)fuzz_took(aus_cfg_set(cfg, root, line, equals + 1, &err), &err, AUS_ECONFIG);
  }
  free(line);
}

/* The lines before "%". */
static size_t document(fuzz_in *in, const uint8_t *data, size_t n)
{
  size_t i;

  *in = (fuzz_in){data, n};
  for (i = 0; i + 2 < n; i++)
    if (data[i] == '\n' && data[i + 1] == '%' && data[i + 2] == '\n') {
      *in = (fuzz_in){data + i + 3, n - i - 3};
      return i + 1;
    }
  in->n = 0;
  return n;
}

FUZZ_TARGET(set)
{
  aus_cfg *cfg = NULL;
  aus_cfg_node *root = NULL;
  aus_err err = {0};
  fuzz_in in;
  size_t n_doc = document(&in, data, n);

  if (!fuzz_must(aus_cfg_create(&cfg, &err), &err)) return;
  if (fuzz_took(aus_cfg_parse(cfg, "file", (const char *)data, n_doc, &root, &err), &err,
                AUS_ECONFIG)) {
    while (in.n > 0)
      override(cfg, root, &in);
    if (aus_cfg_n_problems(cfg) == 0) check_canonical(cfg, root);
    aus_cfg_unused(cfg, root);
  }
  aus_cfg_destroy(cfg);
}

/* opt_text.c - option tables as help text and as man-page text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/opt.h"

#include <stdio.h>
#include <string.h>

#include "util/opt_range.h"

enum { WIDTH = 100, MAX_COLUMN = 34, LEFT_SIZE = 128 };

/* ---- what both forms say ---- */

/* "1000; >= 1", "30 s; > 0", "static; static, dynamic, rl", "required". */
static void describe(const aus_opt *opt, aus_buf *out)
{
  char range[AUS_OPT_RANGE_SIZE];
  const char *unit = opt->unit ? opt->unit : "", *s;

  aus_buf_text(out, !opt->def ? "required" : opt->def[0] ? opt->def : "none");
  if (unit[0]) aus_buf_printf(out, " %s", unit);
  aus_opt_range_text(opt, range);
  if (range[0]) aus_buf_printf(out, "; %s", range);
  if (opt->type != AUS_T_ENUM) return;
  aus_buf_text(out, "; ");
  for (s = opt->range; *s; s++)
    aus_buf_bytes(out, *s == ',' ? ", " : s, *s == ',' ? 2 : 1);
  aus_buf_text(out, *s == ',' ? ", " : (char[]){*s, '\0'});
}

static void sentence(const aus_opt *opt, aus_buf *out)
{
  aus_buf_printf(out, "%s [", opt->help);
  describe(opt, out);
  aus_buf_text(out, "]");
}

/* ---- help ---- */

/* Words of text from `column` on, broken at WIDTH; the cursor stands at `at`. */
static void wrap(aus_buf *out, const char *text, int at, int column)
{
  int n;
  bool fresh = true;

  aus_buf_printf(out, "%*s", at < column ? column - at : 0, "");
  at = column;
  while (*(text += strspn(text, " \n"))) {
    n = (int)strcspn(text, " \n");
    if (!fresh && at + 1 + n > WIDTH) {
      aus_buf_printf(out, "\n%*s", column, "");
      at = column;
      fresh = true;
    }
    aus_buf_printf(out, "%s%.*s", fresh ? "" : " ", n, text);
    at += n + !fresh;
    fresh = false;
    text += n;
  }
  aus_buf_text(out, "\n");
}

/* One entry: left part, then the text at `column`, on the next line when the left part is too long. */
static void entry(aus_buf *out, const char *left, const char *text, int column)
{
  int at = (int)strlen(left);

  aus_buf_text(out, left);
  if (at + 2 > column) {
    aus_buf_text(out, "\n");
    at = 0;
  }
  wrap(out, text, at, column);
}

static int column_for(int widest)
{
  return widest + 2 < MAX_COLUMN ? widest + 2 : MAX_COLUMN;
}

static int cli_left(const aus_cli *cli, char out[LEFT_SIZE])
{
  char letter[8] = "   ";

  if (cli->letter) snprintf(letter, sizeof letter, "-%c,", cli->letter);
  return snprintf(out, LEFT_SIZE, "  %s --%s%s%s", letter, cli->name, cli->arg ? " " : "",
                  cli->arg ? cli->arg : "");
}

void aus_cli_help(const aus_cli *const *tables, int n_tables, aus_buf *out)
{
  char left[LEFT_SIZE];
  const aus_cli *cli;
  int i, n, widest = 0;

  for (i = 0; i < n_tables; i++)
    for (cli = tables[i]; cli->name; cli++)
      if ((n = cli_left(cli, left)) > widest && n + 2 <= MAX_COLUMN) widest = n;
  for (i = 0; i < n_tables; i++)
    for (cli = tables[i]; cli->name; cli++) {
      cli_left(cli, left);
      entry(out, left, cli->help, column_for(widest));
    }
}

static int opt_left(const aus_opt *opt, char out[LEFT_SIZE])
{
  return snprintf(out, LEFT_SIZE, "  %s", opt->name);
}

/* `text` is a buffer to work in. */
static void opt_entry(const aus_opt *opt, int column, aus_buf *text, aus_buf *out)
{
  char left[LEFT_SIZE];

  aus_buf_clear(text);
  sentence(opt, text);
  if (aus_buf_check(text, NULL) != AUS_OK) {
    out->failed = 1;
    return;
  }
  opt_left(opt, left);
  entry(out, left, text->data, column);
}

void aus_opt_help(const aus_opt *const *tables, int n_tables, aus_buf *out)
{
  char left[LEFT_SIZE];
  const aus_opt *opt;
  aus_buf text;
  int i, n, widest = 0;

  aus_buf_init(&text);
  for (i = 0; i < n_tables; i++)
    for (opt = tables[i]; opt->name; opt++)
      if ((n = opt_left(opt, left)) > widest && n + 2 <= MAX_COLUMN) widest = n;
  for (i = 0; i < n_tables; i++)
    for (opt = tables[i]; opt->name; opt++)
      opt_entry(opt, column_for(widest), &text, out);
  aus_buf_fini(&text);
}

/* ---- man page ---- */

/* Text for roff: hyphens as typed, no escapes, no requests at the start of a line. */
static void roff(aus_buf *out, const char *s)
{
  if (*s == '.' || *s == '\'') aus_buf_text(out, "\\&");
  for (; *s; s++) {
    if (*s == '\\')
      aus_buf_text(out, "\\e");
    else if (*s == '-')
      aus_buf_text(out, "\\-");
    else
      aus_buf_bytes(out, s, 1);
  }
}

void aus_cli_man(const aus_cli *const *tables, int n_tables, aus_buf *out)
{
  const aus_cli *cli;
  int i;

  for (i = 0; i < n_tables; i++)
    for (cli = tables[i]; cli->name; cli++) {
      aus_buf_text(out, ".TP\n");
      if (cli->letter) aus_buf_printf(out, "\\fB\\-%c\\fR, ", cli->letter);
      aus_buf_text(out, "\\fB\\-\\-");
      roff(out, cli->name);
      aus_buf_text(out, "\\fR");
      if (cli->arg) aus_buf_printf(out, " \\fI%s\\fR", cli->arg);
      aus_buf_text(out, "\n");
      roff(out, cli->help);
      aus_buf_text(out, "\n");
    }
}

void aus_opt_man(const aus_opt *const *tables, int n_tables, aus_buf *out)
{
  const aus_opt *opt;
  aus_buf text;
  int i;

  aus_buf_init(&text);
  for (i = 0; i < n_tables; i++)
    for (opt = tables[i]; opt->name; opt++) {
      aus_buf_clear(&text);
      sentence(opt, &text);
      if (aus_buf_check(&text, NULL) != AUS_OK) {
        out->failed = 1;
        break;
      }
      aus_buf_text(out, ".TP\n\\fB");
      roff(out, opt->name);
      aus_buf_text(out, "\\fR\n");
      roff(out, text.data);
      aus_buf_text(out, "\n");
    }
  aus_buf_fini(&text);
}

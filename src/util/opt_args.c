/* opt_args.c - command lines, by getopt_long.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/opt.h"

#include <stdio.h>
#include <string.h>

#include <getopt.h>

#include "util/alloc.h"

enum { LONG_BASE = 256 }; /* values of long options, above every letter */

typedef struct given {
  const aus_cli *cli; /* NULL: an operand */
  const char *value;
} given;

struct aus_args {
  const aus_cli **cli;
  int n_cli;
  given *given;
  int64_t n, cap;
  const char **operand;
  int64_t n_operands, cap_operands;
};

void aus_args_destroy(aus_args *args)
{
  if (!args) return;
  aus_free(args->cli);
  aus_free(args->given);
  aus_free(args->operand);
  aus_free(args);
}

/* All options of all tables in one list; of equal names the first one counts. */
static int collect(aus_args *args, const aus_cli *const *tables, int n_tables, aus_err *err)
{
  int rc = AUS_OK, i, j, n = 0;
  const aus_cli *cli;

  for (i = 0; i < n_tables; i++)
    for (cli = tables[i]; cli->name; cli++)
      n++;
  AUS_NEW(args->cli, n, err);
  for (i = 0; i < n_tables; i++)
    for (cli = tables[i]; cli->name; cli++) {
      for (j = 0; j < args->n_cli && strcmp(args->cli[j]->name, cli->name) != 0; j++)
        continue;
      if (j == args->n_cli) args->cli[args->n_cli++] = cli;
    }
done:
  return rc;
}

/* "-" returns operands in their order, ":" tells a missing argument from an unknown option. */
static void letters_of(const aus_args *args, char *out)
{
  int i;

  *out++ = '-';
  *out++ = ':';
  for (i = 0; i < args->n_cli; i++) {
    if (!args->cli[i]->letter) continue;
    *out++ = args->cli[i]->letter;
    if (args->cli[i]->arg) *out++ = ':';
  }
  *out = '\0';
}

static void long_options_of(const aus_args *args, struct option *out)
{
  int i;

  for (i = 0; i < args->n_cli; i++)
    out[i] = (struct option){.name = args->cli[i]->name,
                             .has_arg = args->cli[i]->arg ? required_argument : no_argument,
                             .val = LONG_BASE + i};
}

static const aus_cli *cli_of(const aus_args *args, int code)
{
  int i;

  if (code >= LONG_BASE) return args->cli[code - LONG_BASE];
  for (i = 0; i < args->n_cli; i++)
    if (args->cli[i]->letter && args->cli[i]->letter == code) return args->cli[i];
  return NULL;
}

static int take_option(aus_args *args, const aus_cli *cli, const char *value, aus_err *err)
{
  int rc;

  AUS_TRY(aus_grow(&args->given, &args->cap, args->n + 1, sizeof(given), err));
  args->given[args->n++] = (given){cli, value};
done:
  return rc;
}

static int take_operand(aus_args *args, const char *value, aus_err *err)
{
  int rc;

  AUS_TRY(aus_grow(&args->operand, &args->cap_operands, args->n_operands + 1, sizeof(char *), err));
  args->operand[args->n_operands++] = value;
done:
  return rc;
}

/* "--wrd" or "--wrd=x" is no option, or the beginning of several. */
static int unknown_long(const aus_args *args, const char *text, aus_err *err)
{
  int rc = AUS_OK, i, n_like = 0;
  const char **names = NULL, *near;
  char word[64];

  snprintf(word, sizeof word, "%.*s", (int)strcspn(text + 2, "="), text + 2);
  AUS_NEW(names, args->n_cli, err);
  for (i = 0; i < args->n_cli; i++) {
    names[i] = args->cli[i]->name;
    n_like += strncmp(names[i], word, strlen(word)) == 0;
  }
  near = aus_cfg_nearest(word, names, args->n_cli);
  if (n_like > 1)
    rc = aus_fail(err, AUS_ECONFIG, AUS_HERE, "option \"--%s\" is ambiguous", word);
  else if (near)
    rc = aus_fail(err, AUS_ECONFIG, AUS_HERE, "unknown option \"--%s\"; did you mean \"--%s\"?",
                  word, near);
  else
    rc = aus_fail(err, AUS_ECONFIG, AUS_HERE, "unknown option \"--%s\"", word);
done:
  aus_free(names);
  return rc;
}

/* getopt_long returned '?' (code is what it left in optopt) for this word of the command line. */
static int refuse(const aus_args *args, int code, const char *text, aus_err *err)
{
  const aus_cli *cli = code ? cli_of(args, code) : NULL;

  if (cli)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "option \"--%s\" takes no argument", cli->name);
  if (code) return aus_fail(err, AUS_ECONFIG, AUS_HERE, "unknown option \"-%c\"", code);
  return unknown_long(args, text, err);
}

static int take(aus_args *args, int code, const char *text, aus_err *err)
{
  const aus_cli *cli;

  if (code == 1) return take_operand(args, optarg, err);
  if (code == '?') return refuse(args, optopt, text, err);
  if (code != ':') return take_option(args, cli_of(args, code), optarg, err);
  cli = cli_of(args, optopt);
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "option \"--%s\" needs %s", cli->name, cli->arg);
}

static int parse(aus_args *args, int argc, char *const *argv, aus_err *err)
{
  int rc = AUS_OK, code;
  char *letters = NULL;
  char **copy = NULL; /* getopt_long takes the order of argv as its own */
  struct option *longs = NULL;

  AUS_NEW(letters, 2 * args->n_cli + 3, err);
  AUS_NEW(longs, args->n_cli + 1, err);
  AUS_NEW(copy, argc + 1, err);
  memcpy(copy, argv, (size_t)argc * sizeof *copy);
  letters_of(args, letters);
  long_options_of(args, longs);
  opterr = 0;
  optind = 0; /* glibc: start afresh */
  while ((code = getopt_long(argc, copy, letters, longs, NULL)) != -1)
    AUS_TRY(take(args, code, copy[optind - 1], err));
  for (; optind < argc; optind++)
    AUS_TRY(take_operand(args, copy[optind], err));
done:
  aus_free(letters);
  aus_free(longs);
  aus_free(copy);
  return rc;
}

int aus_args_parse(aus_args **out, const aus_cli *const *tables, int n_tables, int argc,
                   char *const *argv, aus_err *err)
{
  int rc = AUS_OK;
  aus_args *args = NULL;

  *out = NULL;
  AUS_NEW(args, 1, err);
  AUS_TRY(collect(args, tables, n_tables, err));
  AUS_TRY(parse(args, argc, argv, err));
  *out = args;
  args = NULL;
done:
  aus_args_destroy(args);
  return rc;
}

static bool is(const given *g, const char *name)
{
  return strcmp(g->cli->name, name) == 0;
}

int aus_args_given(const aus_args *args, const char *name)
{
  int64_t i;
  int n = 0;

  for (i = 0; i < args->n; i++)
    n += is(&args->given[i], name);
  return n;
}

const char *aus_args_value(const aus_args *args, const char *name, int i)
{
  int64_t k;

  for (k = 0; k < args->n; k++)
    if (is(&args->given[k], name) && i-- == 0) return args->given[k].value;
  return NULL;
}

const char *aus_args_last(const aus_args *args, const char *name)
{
  int n = aus_args_given(args, name);

  return n > 0 ? aus_args_value(args, name, n - 1) : NULL;
}

int aus_args_n_operands(const aus_args *args)
{
  return (int)args->n_operands;
}

const char *aus_args_operand(const aus_args *args, int i)
{
  return i >= 0 && i < args->n_operands ? args->operand[i] : NULL;
}

/* args.c - fuzz: command lines of every command, their overrides, and settings that come as short texts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The input is lines: which command (its first byte), then the words. Every value and operand is a part of
 * the words that were given.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "serverless/sim.h"
#include "study/command.h"
#include "util/fault.h"
#include "util/opt.h"

enum { MAX_WORDS = 24 };

typedef struct words {
  int n;
  size_t len[MAX_WORDS + 1];
  char *word[MAX_WORDS + 1];
} words;

static bool among(const words *w, const char *s)
{
  int i;

  for (i = 1; i < w->n; i++)
    if (s >= w->word[i] && s <= w->word[i] + w->len[i]) return true;
  return false;
}

static int check_option(const words *w, const aus_args *args, const aus_cli *cli)
{
  int i, n = aus_args_given(args, cli->name);

  for (i = 0; i < n; i++) {
    const char *value = aus_args_value(args, cli->name, i);

    fuzz_check(cli->arg ? value && among(w, value) : !value);
  }
  fuzz_check(!aus_args_value(args, cli->name, n));
  return n;
}

static void apply_sets(const aus_args *args)
{
  aus_cfg *cfg = NULL;
  aus_cfg_node *root = NULL;
  aus_err err = {0};

  if (fuzz_must(aus_cfg_create(&cfg, &err), &err) &&
      fuzz_must(aus_cfg_parse(cfg, "file", "{}", 2, &root, &err), &err))
    (void)fuzz_took(aus_call_sets(args, cfg, root, "", &err), &err, AUS_ECONFIG);
  aus_cfg_destroy(cfg);
}

static void check_args(const words *w, const aus_command *command, const aus_args *args)
{
  int i, n = 0;
  const aus_cli *cli;

  for (i = 0; i < command->n_cli; i++)
    for (cli = command->cli[i]; cli->name; cli++)
      n += check_option(w, args, cli);
  for (i = 0; i < aus_args_n_operands(args); i++)
    fuzz_check(among(w, aus_args_operand(args, i)));
  fuzz_check(!aus_args_operand(args, i) && !aus_args_operand(args, -1));
  fuzz_check(n + i <= 1000 && aus_call_verbosity(args) >= 0 && aus_call_verbosity(args) <= 2);
}

static void short_texts(const char *text)
{
  aus_serverless_policy policy = {0};
  aus_err err = {0};

  (void)fuzz_took(aus_serverless_strategy(text, &policy, &err), &err, AUS_ECONFIG);
  aus_err_clear(&err);
  (void)fuzz_took(aus_fault_start(text, &err), &err, AUS_ECONFIG);
  fuzz_check(aus_fault_start(NULL, &err) == AUS_OK);
}

FUZZ_TARGET(args)
{
  fuzz_in in = {data, n};
  words w = {.n = 1, .word = {(char *)(uintptr_t) "auspex"}};
  aus_args *args = NULL;
  aus_err err = {0};
  int i, which = fuzz_byte(&in), n_commands = 0;

  while (aus_commands[n_commands])
    n_commands++;
  which %= n_commands;
  while (in.n > 0 && w.n < MAX_WORDS) {
    w.word[w.n] = fuzz_piece(&in, '\n', &w.len[w.n]);
    w.n++;
  }
  if (fuzz_took(aus_args_parse(&args, aus_commands[which]->cli, aus_commands[which]->n_cli, w.n,
                               w.word, &err),
                &err, AUS_ECONFIG)) {
    check_args(&w, aus_commands[which], args);
    apply_sets(args);
  }
  if (w.n > 1) short_texts(w.word[1]);
  aus_args_destroy(args);
  for (i = 1; i < w.n; i++)
    free(w.word[i]);
}

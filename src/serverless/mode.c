/* mode.c - the keys `mode` and `defects`.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/mode.h"

#include <stdio.h>
#include <string.h>

enum { N_DEFECTS = 34 };

/* What we do instead of a defect that is no switch. */
static const char *instead_of(int number)
{
  static const struct {
    int number;
    const char *text;
  } instead[] = {
      {1, "ties go by id, or by the key tie"},
      {10, "a full storage gives way to the remote one"},
      {18, "bpff falls back to the first replica"},
      {21, "results are found by id"},
      {25, "the optimiser is our own"},
      {30, "requests are counted once"},
      {31, "empty workloads are handled"},
      {32, "results hold no wall-clock times"},
      {34, "the field is optional"},
  };
  size_t i;

  for (i = 0; i < sizeof instead / sizeof *instead; i++)
    if (instead[i].number == number) return instead[i].text;
  return NULL;
}

/* Number of "D3", 0 when there is no such defect. */
static int number_of(const char *text)
{
  char name[8];
  int i;

  for (i = 1; i <= N_DEFECTS; i++) {
    snprintf(name, sizeof name, "D%d", i);
    if (strcmp(text, name) == 0) return i;
  }
  return 0;
}

static void unknown(aus_cfg *cfg, const aus_cfg_node *node, const char *text)
{
  char name[N_DEFECTS][8];
  const char *names[N_DEFECTS], *near;
  int i;

  for (i = 0; i < N_DEFECTS; i++) {
    snprintf(name[i], sizeof name[i], "D%d", i + 1);
    names[i] = name[i];
  }
  near = aus_cfg_nearest(text, names, N_DEFECTS);
  aus_cfg_problem(cfg, node, "defects: unknown defect \"%.40s\"%s%s%s", text,
                  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* One entry of the list; `seen` has those before. */
static void read_entry(aus_cfg *cfg, const aus_cfg_node *node, uint64_t known, uint64_t *seen,
                       uint64_t *defects)
{
  const char *text = aus_cfg_text(node);
  bool clear = text[0] == '-';
  int number = number_of(text + clear);
  uint64_t bit = AUS_SERVERLESS_D(number);

  if (number == 0) {
    unknown(cfg, node, text + clear);
  } else if (instead_of(number)) {
    aus_cfg_problem(cfg, node, "defects: D%d is no switch: %s", number, instead_of(number));
  } else if (!(known & bit)) {
    aus_cfg_problem(cfg, node, "defects: D%d is a switch of the study, not of the simulator",
                    number);
  } else if (*seen & bit) {
    aus_cfg_problem(cfg, node, "defects: D%d is named twice", number);
  } else {
    *seen |= bit;
    *defects = clear ? *defects & ~bit : *defects | bit;
  }
}

void aus_serverless_mode_read(const aus_opts *opts, aus_cfg *cfg, uint64_t known, uint64_t *defects)
{
  aus_cfg_node *list = aus_opt_node(opts, "defects");
  uint64_t seen = 0;
  int before = aus_cfg_n_problems(cfg);
  int64_t i;
  aus_err err;

  *defects = strcmp(aus_opt_str(opts, "mode"), "compat") == 0 ? known : 0;
  if (list && aus_cfg_kind_of(list) != AUS_CFG_LIST) {
    aus_cfg_problem(cfg, list, "defects must be a list such as [D3, -D6]");
    return;
  }
  for (i = 0; i < aus_cfg_count(list); i++)
    read_entry(cfg, aus_cfg_at(list, i), known, &seen, defects);
  aus_err_clear(&err);
  if (aus_cfg_n_problems(cfg) == before && aus_serverless_defects_check(*defects, &err) != AUS_OK)
    aus_cfg_problem(cfg, list, "defects: %s", err.text);
}

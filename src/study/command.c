/* command.c - what all commands have in common.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/command.h"

#include <stdio.h>
#include <string.h>

#include "par/agree.h"

const aus_cli aus_common_cli[] = {
    {"set", 's', "KEY=VALUE", "override one configuration key; may be given several times"},
    {"seed", 0, "N", "seed of all random streams; the same as --set seed=N"},
    {"quiet", 'q', NULL, "no progress and no notes, errors only"},
    {"verbose", 'v', NULL, "one line per committed trial"},
    {"help", 'h', NULL, "this text"},
    {0},
};

const aus_cli aus_plain_cli[] = {
    {"quiet", 'q', NULL, "nothing but errors; the exit status tells"},
    {"help", 'h', NULL, "this text"},
    {0},
};

/* One "key=value". A key that starts with the section's own name is the full path. */
static int set_one(const char *text, aus_cfg *cfg, aus_cfg_node *root, const char *prefix,
                   aus_err *err)
{
  int rc = AUS_OK;
  const char *eq = strchr(text, '=');
  size_t n_prefix = strlen(prefix);
  char key[200];

  if (!eq || eq == text) AUS_FAIL(err, AUS_ECONFIG, "--set %s: expected KEY=VALUE", text);
  if (n_prefix > 0 && strncmp(text, prefix, n_prefix) == 0 && text[n_prefix] == '.')
    text += n_prefix + 1;
  if ((size_t)(eq - text) >= sizeof key) AUS_FAIL(err, AUS_ECONFIG, "--set: key is too long");
  snprintf(key, sizeof key, "%.*s", (int)(eq - text), text);
  AUS_TRY(aus_cfg_set(cfg, root, key, eq + 1, err));
done:
  return rc;
}

int aus_call_sets(const aus_args *args, aus_cfg *cfg, aus_cfg_node *root, const char *prefix,
                  aus_err *err)
{
  int rc = AUS_OK, i;
  const char *seed = aus_args_value(args, "seed", aus_args_given(args, "seed") - 1);

  if (seed) AUS_TRY(aus_cfg_set(cfg, root, "seed", seed, err));
  for (i = 0; i < aus_args_given(args, "set"); i++)
    AUS_TRY(set_one(aus_args_value(args, "set", i), cfg, root, prefix, err));
done:
  return rc;
}

int aus_call_sets_below(const aus_args *args, aus_cfg *cfg, aus_cfg_node *root,
                        aus_cfg_node *section, const char *prefix, aus_err *err)
{
  int rc = AUS_OK, i;
  const char *seed = aus_args_last(args, "seed");

  if (seed) AUS_TRY(aus_cfg_set(cfg, root, "seed", seed, err));
  for (i = 0; i < aus_args_given(args, "set"); i++) {
    const char *text = aus_args_value(args, "set", i);
    bool top = strncmp(text, "engine.", 7) == 0 || strncmp(text, "seed=", 5) == 0;

    AUS_TRY(set_one(text, cfg, top ? root : section, top ? "" : prefix, err));
  }
done:
  return rc;
}

void aus_call_problems(const aus_call *call, const aus_cfg *cfg)
{
  int i;

  for (i = 0; i < aus_cfg_n_problems(cfg); i++)
    aus_buf_printf(call->problems, "%s\n", aus_cfg_problem_text(cfg, i));
}

int aus_call_alone(const aus_call *call, int (*run)(const aus_call *, aus_err *), aus_err *err)
{
  int rc = call->rank == 0 ? run(call, err) : AUS_OK;

  return call->world == MPI_COMM_NULL ? rc : aus_agree(call->world, rc, err);
}

int aus_call_verbosity(const aus_args *args)
{
  if (aus_args_given(args, "quiet") > 0) return 0;
  return aus_args_given(args, "verbose") > 0 ? 2 : 1;
}

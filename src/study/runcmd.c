/* runcmd.c - commands that run a study or some of its stages: their options, and where results go.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/runcmd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "par/agree.h"
#include "study/dryrun.h"
#include "study/run.h"
#include "util/alloc.h"

const aus_cli aus_run_cli[] = {
    {"output", 'o', "FILE", "HDF5 file to publish (default: the study's name with .h5)"},
    {"dir", 0, "DIR", "run directory for shards (default: the output's name with .run)"},
    {"walltime", 0, "TIME",
     "when to end early: SECONDS, MM:SS, HH:MM:SS or D-HH:MM:SS from the start (default: what "
     "Slurm says)"},
    {"fresh", 0, NULL, "start anew; refused where an unfinished run can be resumed"},
    {"force", 0, NULL, "with --fresh: discard that run"},
    {"keep", 0, NULL, "keep the run directory, with the journal, also after success"},
    {"break-lock", 0, NULL, "the run that holds the directory is known to be dead"},
    {"publish-every", 0, "SECONDS",
     "publish what is there so often; the same as --set engine.publish_every_s"},
    {"dry-run", 'n', NULL,
     "check everything and tell what would be done; nothing is run or written"},
    {"cost", 0, "SECONDS",
     "with --dry-run: wall clock of a trial (default: medians of the output of an earlier run)"},
    {"design-out", 0, "FILE", "with --dry-run: write the points of the design as CSV"},
    {0},
};

const aus_cli aus_verb_cli[] = {
    {"csv", 0, "DIR", "write the tables as text, too"},
    {0},
};

/* "dir/quick.json" -> "quick.h5", "quick.h5" -> "quick.run" */
static int with_suffix(char **out, const char *path, bool keep_dir, const char *suffix,
                       aus_err *err)
{
  int rc = AUS_OK;
  const char *base = strrchr(path, '/'), *dot;
  size_t n;

  base = base ? base + 1 : path;
  dot = strrchr(base, '.');
  if (keep_dir) base = path;
  n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
  AUS_NEW(*out, n + strlen(suffix) + 1, err);
  sprintf(*out, "%.*s%s", (int)n, base, suffix);
done:
  return rc;
}

/* The options that a dry run has. */
static int read_dryrun(const aus_args *args, aus_dryrun_conf *c, aus_err *err)
{
  int rc = AUS_OK;
  bool dry = aus_args_given(args, "dry-run") > 0;
  const char *cost = aus_args_value(args, "cost", 0);
  char *end = NULL;

  c->design_path = aus_args_value(args, "design-out", 0);
  c->cost_s = (double)NAN;
  if (!dry && c->design_path) AUS_FAIL(err, AUS_ECONFIG, "--design-out goes with --dry-run");
  if (!dry && cost) AUS_FAIL(err, AUS_ECONFIG, "--cost goes with --dry-run");
  if (!cost) goto done;
  c->cost_s = strtod(cost, &end);
  if (end == cost || *end || !(c->cost_s >= 0 && c->cost_s <= 1e9))
    AUS_FAIL(err, AUS_ECONFIG, "--cost is %s, need seconds, >= 0", cost);
done:
  return rc;
}

int aus_study_command(const aus_call *call, const aus_study_verb *verb, const char *name,
                      aus_err *err)
{
  int rc = AUS_OK;
  const char *study = aus_args_operand(call->args, 0);
  const char *o = aus_args_value(call->args, "output", 0),
             *d = aus_args_value(call->args, "dir", 0);
  char *out = NULL, *dir = NULL;
  aus_dryrun_conf dry;

  AUS_TRY(read_dryrun(call->args, &dry, err));
  if (o)
    AUS_DUP(out, o, err);
  else
    AUS_TRY(with_suffix(&out, name ? name : study, false, ".h5", err));
  if (d)
    AUS_DUP(dir, d, err);
  else
    AUS_TRY(with_suffix(&dir, out, true, ".run", err));
done:
  /* No rank may go on into a collective phase when another one cannot. */
  rc = aus_agree(call->world, rc, err);
  dry.out_path = out;
  dry.run_dir = dir;
  if (rc == AUS_OK)
    rc = aus_args_given(call->args, "dry-run") > 0
             ? aus_dryrun(call, study, verb, &dry, err)
             : aus_study_run(call, study, verb, out, dir, err);
  aus_free(out);
  aus_free(dir);
  return rc;
}

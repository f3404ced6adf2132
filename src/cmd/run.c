/* cmd/run.c - auspex run STUDY: all stages of a study file in one MPI job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/run.h"

#include <stdio.h>
#include <string.h>

#include "par/agree.h"
#include "study/run.h"
#include "util/alloc.h"

static const aus_cli run_cli[] = {
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
    {0},
};

static const aus_cli *const run_clis[] = {run_cli, aus_common_cli};
static const aus_opt *const run_opts[] = {aus_study_top_opts};

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

static int run(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  const char *study = aus_args_operand(call->args, 0);
  const char *o = aus_args_value(call->args, "output", 0),
             *d = aus_args_value(call->args, "dir", 0);
  char *out = NULL, *dir = NULL;

  if (o)
    AUS_DUP(out, o, err);
  else
    AUS_TRY(with_suffix(&out, study, false, ".h5", err));
  if (d)
    AUS_DUP(dir, d, err);
  else
    AUS_TRY(with_suffix(&dir, out, true, ".run", err));
done:
  /* No rank may go on into a collective phase when another one cannot. */
  rc = aus_agree(call->world, rc, err);
  if (rc == AUS_OK) rc = aus_study_run(call, study, out, dir, err);
  aus_free(out);
  aus_free(dir);
  return rc;
}

const aus_command aus_cmd_run = {
    .name = "run",
    .operands = "STUDY",
    .summary = "run all stages of a study file and publish one HDF5 file",
    .text = "STUDY is a JSON or YAML file with the keys below, a section \"engine\" and one "
            "section with the\n"
            "name of its area. Paths in it are relative to the file. Rank 0 of the MPI job draws "
            "samples and\n"
            "decides; the other ranks simulate and train; one rank alone does both.",
    .cli = run_clis,
    .n_cli = 2,
    .opts = run_opts,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

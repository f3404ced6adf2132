/* command.h - what a command of the program is: its words, its options, its work.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_COMMAND_H
#define AUS_STUDY_COMMAND_H

#include <mpi.h>
#include <stdbool.h>

#include "util/buf.h"
#include "util/opt.h"

typedef struct aus_call {
  const aus_args *args;
  MPI_Comm world;
  int rank, size;
  int argc; /* of the whole command line, for /provenance */
  char *const *argv;
  aus_buf *out; /* printed on stdout by rank 0 at the end */
  bool *apart;  /* set when a rank was lost: no collective call may follow, MPI_Finalize included */
  int *status;  /* exit status of a command that succeeded: 0 unless it sets another one */
  aus_buf *problems; /* printed on stderr by rank 0 instead of the error when not empty */
} aus_call;

typedef struct aus_command {
  const char *name;          /* "run", "serverless simulate" */
  const char *operands;      /* "STUDY" */
  const char *summary;       /* one line */
  const char *text;          /* paragraphs for the help */
  const aus_cli *const *cli; /* option tables */
  int n_cli;
  const aus_opt *const *opts; /* keys that --set and its file take, for the help; may be empty */
  int n_opts;
  int min_operands, max_operands;
  bool plain; /* needs no MPI and is run without: world is MPI_COMM_NULL, there is one rank */
  /** Collective on call->world. @return agreed code */
  int (*run)(const aus_call *call, aus_err *err);
} aus_command;

/* All commands, NULL at the end; defined in registry.c. */
extern const aus_command *const aus_commands[];

/* Options that every command with keys has: --help, --set, --seed, -q, -v. */
extern const aus_cli aus_common_cli[];
/* Of commands that read finished files and have no keys: --help, -q. */
extern const aus_cli aus_plain_cli[];

/** Apply the --set options of a call to a tree, in order.
 * @return AUS_OK; AUS_ECONFIG; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_call_sets(const aus_args *args, aus_cfg *cfg, aus_cfg_node *root,
                              const char *prefix, aus_err *err);

/** The same for a verb: engine.* and seed go to `root`, all others to `section`, whose full name is `prefix`. Same
 * codes. */
AUS_CHECKED int aus_call_sets_below(const aus_args *args, aus_cfg *cfg, aus_cfg_node *root,
                                    aus_cfg_node *section, const char *prefix, aus_err *err);

/** Append a configuration's problems to call->problems, one per line. Local. */
void aus_call_problems(const aus_call *call, const aus_cfg *cfg);

/** A verb that is rank 0's alone: it runs there, all ranks learn how it ended.
 * Collective on call->world (which may be MPI_COMM_NULL). @return agreed code */
AUS_CHECKED int aus_call_alone(const aus_call *call, int (*run)(const aus_call *, aus_err *),
                               aus_err *err);

/** 0 quiet, 1 normal, 2 verbose. Local. */
int aus_call_verbosity(const aus_args *args);

#endif

/* auspex.c - look up the command, MPI up, dispatch, MPI down.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn/petsc.h"
#include "par/agree.h"
#include "study/command.h"
#include "study/help.h"
#include "util/fault.h"
#include "util/log.h"

#ifdef AUS_SANITIZED
/* The leak checker names blocks by the library that asked for them: MPI's plugins must still be there at the
 * end (tests/lsan.supp). */
int dlclose(void *library);
int dlclose(void *library)
{
  (void)library;
  return 0;
}
#endif

/* "serverless simulate ..." or "run ...": the longest name that fits; n_words of argv belong to it. */
static const aus_command *find_command(int argc, char **argv, int *n_words)
{
  int i;
  char two[80];

  snprintf(two, sizeof two, "%s %s", argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
  for (i = 0; aus_commands[i]; i++) {
    *n_words = strchr(aus_commands[i]->name, ' ') ? 2 : 1;
    if (strcmp(aus_commands[i]->name, *n_words == 2 ? two : argc > 1 ? argv[1] : "") == 0)
      return aus_commands[i];
  }
  return NULL;
}

/* What needs no MPI: --version, help, a wrong command. Returns -1 to go on. */
static int answer(int argc, char **argv, const aus_command *command, int n_words)
{
  int i;

  if (argc > 1 && strcmp(argv[1], "--version") == 0) return aus_help_version();
  if (argc > 2 && strcmp(argv[1], "--man") == 0) return aus_help_man(argc - 2, argv + 2);
  if (!command) return aus_help_program(argc - 1, argv + 1);
  for (i = n_words + 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
      return aus_help_command(command);
  return -1;
}

/* Rank 0 tells; the other ranks are silent and end with 0, so that the launcher reports rank 0's status. */
static int tell(const aus_call *call, int rc, const aus_err *err)
{
  if (call->rank != 0) return 0;
  if (call->out->n > 0) fwrite(call->out->data, 1, (size_t)call->out->n, stdout);
  /* Differences and faults are an answer, not an error: they stand on stdout. */
  if (rc == AUS_OK || rc == AUS_EDIFF) {
    if (fflush(stdout) != 0) return aus_code_exit(AUS_EIO);
    return rc == AUS_OK ? *call->status : aus_code_exit(rc);
  }
  fflush(stdout);
  if (call->problems->n > 0)
    fwrite(call->problems->data, 1, (size_t)call->problems->n, stderr);
  else
    fprintf(stderr, "auspex: %s\n", err->text);
  if (rc == AUS_EBUG || rc == AUS_EDEP)
    fprintf(stderr, "auspex: at %s, rank %d\n", err->where, err->rank);
  return aus_code_exit(rc);
}

static int check_operands(const aus_command *c, const aus_args *args, aus_err *err)
{
  int n = aus_args_n_operands(args);

  if (n >= c->min_operands && n <= c->max_operands) return AUS_OK;
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "usage: auspex %s %s [OPTIONS]; see auspex %s --help",
                  c->name, c->operands, c->name);
}

static void start_mpi(aus_call *call, int *argc, char ***argv)
{
  int given;

  if (!getenv("OMPI_COMM_WORLD_RANK") && !getenv("PMIX_RANK") && !getenv("PMI_RANK")) {
    /* One rank without a launcher never spawns others: Open MPI need not start a daemon for that (0.1 s). It
     * needs no session directory either; all such runs of a host would share one and remove it from under
     * each other. */
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
  }
  MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &given);
  call->world = MPI_COMM_WORLD;
  MPI_Comm_set_errhandler(call->world, MPI_ERRORS_RETURN);
  MPI_Comm_rank(call->world, &call->rank);
  MPI_Comm_size(call->world, &call->size);
}

int main(int argc, char **argv)
{
  int rc, status, n_words = 0, said = 0;
  const aus_command *command = find_command(argc, argv, &n_words);
  aus_err err;
  aus_args *args = NULL;
  bool apart = false;
  aus_buf out, problems;
  aus_call call = {.argc = argc,
                   .argv = argv,
                   .out = &out,
                   .problems = &problems,
                   .apart = &apart,
                   .world = MPI_COMM_NULL,
                   .size = 1,
                   .status = &said};

  status = answer(argc, argv, command, n_words);
  if (status >= 0) return status;
  aus_err_clear(&err);
  aus_buf_init(&out);
  aus_buf_init(&problems);
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  if (!command->plain) start_mpi(&call, &argc, &argv);
  aus_log_start(call.rank, call.rank == 0 ? AUS_LOG_INFO : AUS_LOG_WARN, getenv("AUSPEX_LOG"));
  rc = aus_args_parse(&args, command->cli, command->n_cli, argc - n_words, argv + n_words, &err);
  if (rc == AUS_OK) rc = check_operands(command, args, &err);
  if (rc == AUS_OK && aus_call_verbosity(args) == 0)
    aus_log_start(call.rank, AUS_LOG_ERROR, getenv("AUSPEX_LOG"));
  if (rc == AUS_OK) rc = aus_fault_start(getenv("AUSPEX_FAULT"), &err);
  call.args = args;
  if (rc == AUS_OK) rc = command->run(&call, &err);
  status = tell(&call, rc, &err);
  aus_args_destroy(args);
  aus_buf_fini(&out);
  aus_buf_fini(&problems);
  aus_petsc_stop();
  /* With a dead rank MPI_Finalize waits for it, now and then for ever (Open MPI 4.1). */
  fflush(stderr);
  if (apart) _exit(status);
  if (!command->plain) MPI_Finalize();
  return status;
}

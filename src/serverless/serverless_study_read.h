/* serverless/serverless_study_read.h - a published serverless study, read back.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What rows and models are made from: types as far as the file has them, the traces of the reactive
 * runs (kind `initial`) as results of the simulator, the rows of /datasets.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_READ_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_READ_H

#include "serverless/sim.h"
#include "serverless/tune.h"
#include "store/read.h"

enum { AUS_SERVERLESS_N_SAVED_TABLES = 4, AUS_SERVERLESS_N_SAVED_COLUMNS = 17 };

typedef struct aus_serverless_saved {
  aus_read *file;
  char *name;                 /* for messages */
  aus_serverless_types types; /* names, functions of applications, execution times */
  int64_t n_trials;
  uint64_t *trial; /* of the runs, ascending */
  aus_read_index
      index[AUS_SERVERLESS_N_SAVED_TABLES]; /* tasks, applications, system events, platforms */
  void *column[AUS_SERVERLESS_N_SAVED_COLUMNS];
} aus_serverless_saved;

/** Open a file and read its types.
 * @return AUS_OK; codes of aus_read_open(); AUS_EFORMAT for anything that contradicts itself. Local. */
AUS_CHECKED int aus_serverless_saved_open(aus_serverless_saved *s, const char *path, aus_err *err);
void aus_serverless_saved_close(aus_serverless_saved *s);

/** Read the traces of all successful trials of kind `initial`. Same codes: every index and time is
 * checked, so that a simulator's user may trust them. */
AUS_CHECKED int aus_serverless_saved_runs(aus_serverless_saved *s, aus_err *err);

/** Run i as a result; only the columns that aus_serverless_dataset_build() reads are there, lent. */
AUS_CHECKED int aus_serverless_saved_run(const aus_serverless_saved *s, int64_t i,
                                         aus_serverless_result *run, aus_err *err);

/** Rows of /datasets/<function> for training (split 0) and for the test (split 2), in file order.
 * Same codes. @param [in,out] train, test  appended to */
AUS_CHECKED int aus_serverless_saved_rows(const aus_serverless_saved *s, const char *function,
                                          aus_serverless_tune_rows *train,
                                          aus_serverless_tune_rows *test, aus_err *err);

#endif

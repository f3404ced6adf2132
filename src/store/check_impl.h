/* check_impl.h - what the parts of the verification share; private to store/check*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STORE_CHECK_IMPL_H
#define AUS_STORE_CHECK_IMPL_H

#include "store/check.h"
#include "store/scan.h"

/* A trial of the file. */
typedef struct check_trial {
  uint32_t source; /* 0 unless the file is a merged one */
  uint32_t kind;   /* index in check.kinds */
  uint64_t id;
} check_trial;

typedef struct check {
  hid_t file;
  aus_check_count *count;
  aus_buf *lines;
  int max;
  bool study; /* a study's result, not one simulation's */
  aus_read_list kinds;
  check_trial *trial; /* sorted by source and id */
  int64_t n_trials, cap_trials;
} check;

/** Note a fault of an object; path without the leading slash. Local. */
void aus_check_fault(check *c, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** What could not be read is a fault: notes it and clears *err. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_unread(check *c, const char *path, int rc, aus_err *err);

/** Is there a trial of this id in one of the file's kinds? Local. Cost O(log n). */
bool aus_check_has_trial(const check *c, uint32_t source, uint64_t id);

/** Are there trials of this campaign? Local. Cost O(log n). */
bool aus_check_has_campaign(const check *c, uint32_t source, uint32_t campaign);

/** Read all trials; ids must ascend and be what campaign and index say. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_trials(check *c, aus_err *err);
/** Compare /campaigns with the trials there are. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_campaigns(check *c, aus_err *err);
/** Compare /bo/seen, if there is one, with the rows of /bo. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_seen(check *c, aus_err *err);
/** All groups and datasets: order, types, units, lengths, values. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_objects(check *c, aus_err *err);

/** A whole column of integers as int64_t (aus_free). @return AUS_OK; AUS_EFORMAT: no such dataset, no
 * column of integers; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_check_integers(check *c, const char *path, int64_t **values, int64_t *n,
                                   aus_err *err);
/** Is there a link of this name (one step, no path)? Local. */
bool aus_check_has(hid_t group, const char *name);

#endif

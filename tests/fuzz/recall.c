/* recall.c - fuzz: what the records of a journal say.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The input is records: type, flags, length, payload. Whatever they say, each is taken or refused, and what
 * was taken can be asked for: a commit is found by its id, a decision is known, charges are positive.
 */
#include <config.h>

#include "engine/recall.h"
#include "fuzz/fuzz.h"

static void check_commit(const aus_recall *r, const aus_record *record)
{
  aus_rd rd = aus_rd_of(record->payload, record->n);
  aus_result result;
  aus_err err = {0};
  const aus_recalled *found;

  (void)aus_rd_bytes(&rd, 16);
  if (!fuzz_must(aus_result_decode(&result, rd.p + rd.at, rd.n - rd.at, &err), &err)) return;
  found = aus_recall_find(r, result.id, result.job);
  if (result.status != AUS_S_CANCELLED)
    fuzz_check(found && aus_result_same(&found->result, &result));
  aus_result_fini(&result);
}

static void check_decision(const aus_recall *r, const aus_record *record)
{
  aus_buf payload;

  aus_buf_init(&payload);
  aus_buf_bytes(&payload, record->payload, record->n);
  if (fuzz_filled(&payload))
    fuzz_check(aus_recall_decision(r, (aus_record_type)record->type, &payload) == AUS_DECIDED_SAME);
  aus_buf_fini(&payload);
}

static void check_figures(const aus_recall *r)
{
  uint64_t id;
  bool job;

  fuzz_check(aus_recall_n_commits(r) >= 0 && aus_recall_n_resumes(r) >= 0);
  fuzz_check(aus_recall_stuck(r, &id, &job) >= 0);
  (void)aus_recall_config(r);
  for (id = 0; id < 8; id++)
    fuzz_check(aus_recall_charged(r, id, id & 1) >= 0);
}

FUZZ_TARGET(recall)
{
  aus_rd rd = aus_rd_of(data, n);
  aus_recall *r = NULL;
  aus_record record = {0};
  aus_err err = {0};

  if (!fuzz_must(aus_recall_create(&r, &err), &err)) return;
  while (rd.at < rd.n) {
    record.type = (uint16_t)(1 + aus_rd_u8(&rd) % (AUS_R_NOTE + 1));
    record.flags = aus_rd_u8(&rd);
    record.n = aus_rd_u16(&rd);
    if (rd.bad || record.n > rd.n - rd.at) break;
    record.payload = aus_rd_bytes(&rd, record.n);
    aus_err_clear(&err);
    if (!fuzz_took(aus_recall_record(r, &record, &err), &err, AUS_EIO)) continue;
    if (record.type == AUS_R_COMMIT) check_commit(r, &record);
    if (record.type == AUS_R_CAMPAIGN || record.type == AUS_R_PROPOSE ||
        record.type == AUS_R_STOPPED)
      check_decision(r, &record);
    record.sequence++;
  }
  check_figures(r);
  aus_recall_destroy(r);
}

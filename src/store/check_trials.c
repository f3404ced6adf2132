/* check_trials.c - trials and campaigns of a published file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

bool aus_check_has(hid_t group, const char *name)
{
  return H5Lexists(group, name, H5P_DEFAULT) > 0;
}

static int read_integers(aus_scan *s, int64_t *values, aus_err *err)
{
  int rc = AUS_OK;
  char *piece = NULL;
  uint64_t n, i;

  AUS_NEW(piece, aus_scan_bytes(s), err);
  while (s->done < s->n) {
    int64_t *to = values + s->done;

    AUS_TRY(aus_scan_next(s, piece, &n, err));
    for (i = 0; i < n; i++)
      to[i] = aus_elem_integer(&s->elem, piece + i * s->elem.size);
  }
done:
  aus_free(piece);
  return rc;
}

int aus_check_integers(check *c, const char *path, int64_t **values, int64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s;

  *values = NULL;
  *n = 0;
  AUS_TRY(aus_scan_open(&s, c->file, path, err));
  if (s.n_dims != 1 || (s.elem.kind != AUS_ELEM_INT && s.elem.kind != AUS_ELEM_UINT))
    AUS_FAIL(err, AUS_EFORMAT, "not a column of integers");
  if (s.n > INT64_MAX / 16) AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " rows", s.n);
  AUS_NEW(*values, s.n, err);
  AUS_TRY(read_integers(&s, *values, err));
  *n = (int64_t)s.n;
done:
  aus_scan_close(&s);
  if (rc != AUS_OK) {
    aus_free(*values);
    *values = NULL;
  }
  return rc;
}

/* ---- trials ---- */

/* The columns of /trials/<kind> that say which trials there are. */
typedef struct key {
  int64_t *id, *campaign, *index, *source;
  int64_t n;
} key;

static void key_fini(key *k)
{
  aus_free(k->id);
  aus_free(k->campaign);
  aus_free(k->index);
  aus_free(k->source);
}

/* What is wrong with a column as such is told when all objects are looked at. */
static int leave(int rc, aus_err *err)
{
  if (rc == AUS_ENOMEM) return rc;
  aus_err_clear(err);
  return AUS_OK;
}

/* A column of as many rows as there are ids; left out when it is not one. */
static int read_key_column(check *c, const char *group, const char *name, int64_t **values,
                           int64_t *n, aus_err *err)
{
  int rc;
  char path[400];
  int64_t n_rows;

  snprintf(path, sizeof path, "%s/%s", group, name);
  rc = aus_check_integers(c, path, values, &n_rows, err);
  if (rc != AUS_OK) return leave(rc, err);
  if (*n < 0) *n = n_rows;
  if (*n == n_rows) return AUS_OK;
  aus_free(*values);
  *values = NULL;
  return AUS_OK;
}

static int read_key(check *c, const char *group, key *k, aus_err *err)
{
  int rc = AUS_OK;

  *k = (key){.n = -1};
  AUS_TRY(read_key_column(c, group, "id", &k->id, &k->n, err));
  if (!k->id) goto done;
  AUS_TRY(read_key_column(c, group, "campaign", &k->campaign, &k->n, err));
  AUS_TRY(read_key_column(c, group, "index", &k->index, &k->n, err));
  if (c->count->sources > 0) AUS_TRY(read_key_column(c, group, "source", &k->source, &k->n, err));
done:
  return rc;
}

/* The first row that is wrong is told. */
static void judge_key(check *c, const char *group, const key *k)
{
  int64_t i;
  char path[400];

  snprintf(path, sizeof path, "%s/id", group);
  for (i = 1; i < k->n; i++)
    if ((!k->source || k->source[i] == k->source[i - 1]) &&
        (uint64_t)k->id[i] <= (uint64_t)k->id[i - 1]) {
      aus_check_fault(c, path, "row %" PRId64 ": %" PRIu64 " is not above the one before", i,
                      (uint64_t)k->id[i]);
      break;
    }
  for (i = 0; k->campaign && k->index && i < k->n; i++)
    if ((uint64_t)k->id[i] != ((uint64_t)k->campaign[i] << 32 | (uint64_t)k->index[i])) {
      aus_check_fault(c, path,
                      "row %" PRId64 ": %" PRIu64 " is not campaign %" PRId64 ", index %" PRId64, i,
                      (uint64_t)k->id[i], k->campaign[i], k->index[i]);
      break;
    }
}

static int add_kind(check *c, uint32_t kind, aus_err *err)
{
  int rc = AUS_OK;
  char group[300];
  key k = {0};
  int64_t i;

  snprintf(group, sizeof group, "trials/%s", c->kinds.text[kind]);
  AUS_TRY(read_key(c, group, &k, err));
  if (!k.id) goto done;
  judge_key(c, group, &k);
  AUS_TRY(aus_grow(&c->trial, &c->cap_trials, c->n_trials + k.n, sizeof *c->trial, err));
  for (i = 0; i < k.n; i++)
    c->trial[c->n_trials++] = (check_trial){
        .source = k.source ? (uint32_t)k.source[i] : 0, .kind = kind, .id = (uint64_t)k.id[i]};
done:
  key_fini(&k);
  return rc;
}

static int by_id(const void *a, const void *b)
{
  const check_trial *x = a, *y = b;

  if (x->source != y->source) return x->source < y->source ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

static void find_doubles(check *c)
{
  int64_t i;

  for (i = 1; i < c->n_trials; i++)
    if (by_id(&c->trial[i - 1], &c->trial[i]) == 0 && c->trial[i - 1].kind != c->trial[i].kind) {
      aus_check_fault(c, "trials", "%" PRIu64 " is in %s and in %s", c->trial[i].id,
                      c->kinds.text[c->trial[i - 1].kind], c->kinds.text[c->trial[i].kind]);
      return;
    }
}

int aus_check_trials(check *c, aus_err *err)
{
  int rc = AUS_OK;
  hid_t group = -1;
  int64_t i;

  if (!c->study || !aus_check_has(c->file, "trials")) goto done;
  AUS_H5(group = H5Gopen2(c->file, "trials", H5P_DEFAULT), err);
  AUS_TRY(aus_scan_links(group, &c->kinds, err));
  for (i = 0; i < c->kinds.n; i++)
    AUS_TRY(add_kind(c, (uint32_t)i, err));
  if (c->n_trials > 0) qsort(c->trial, (size_t)c->n_trials, sizeof *c->trial, by_id);
  find_doubles(c);
done:
  aus_h5_drop(group);
  return aus_check_unread(c, "trials", rc, err);
}

/* The first trial that is not below (source, id). */
static int64_t lower_bound(const check *c, uint32_t source, uint64_t id)
{
  check_trial want = {.source = source, .id = id};
  int64_t low = 0, high = c->n_trials;

  while (low < high) {
    int64_t mid = low + (high - low) / 2;

    if (by_id(&c->trial[mid], &want) < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

bool aus_check_has_trial(const check *c, uint32_t source, uint64_t id)
{
  int64_t i = lower_bound(c, source, id);

  return i < c->n_trials && c->trial[i].source == source && c->trial[i].id == id;
}

bool aus_check_has_campaign(const check *c, uint32_t source, uint32_t campaign)
{
  int64_t i = lower_bound(c, source, (uint64_t)campaign << 32);

  return i < c->n_trials && c->trial[i].source == source && c->trial[i].id >> 32 == campaign;
}

/* ---- campaigns ---- */

typedef struct campaigns {
  int64_t *id, *n_committed, *source;
  aus_read_list kind;
  int64_t n;
} campaigns;

/* Strings of a column. */
static int read_texts(check *c, const char *path, aus_read_list *list, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s;
  char *piece = NULL;
  uint64_t n, i;

  AUS_TRY(aus_scan_open(&s, c->file, path, err));
  if (s.elem.kind != AUS_ELEM_TEXT || s.n_dims != 1)
    AUS_FAIL(err, AUS_EFORMAT, "not a column of strings");
  AUS_NEW(piece, aus_scan_bytes(&s), err);
  AUS_NEW(list->text, s.n, err);
  while (s.done < s.n) {
    AUS_TRY(aus_scan_next(&s, piece, &n, err));
    for (i = 0; i < n; i++) {
      AUS_NEW(list->text[list->n], s.elem.size + 1, err);
      memcpy(list->text[list->n++], piece + i * s.elem.size, s.elem.size);
    }
  }
done:
  aus_free(piece);
  aus_scan_close(&s);
  return rc;
}

/* Trials of one line, told by the id's upper half, and what kind they are of. */
static void judge_line(check *c, const campaigns *k, int64_t i, bool *seen)
{
  uint32_t source = k->source ? (uint32_t)k->source[i] : 0;
  int64_t at = lower_bound(c, source, (uint64_t)k->id[i] << 32), n = 0, n_other = 0;

  for (; at < c->n_trials && c->trial[at].source == source &&
         c->trial[at].id >> 32 == (uint64_t)k->id[i];
       at++, n++) {
    seen[at] = true;
    n_other += strcmp(c->kinds.text[c->trial[at].kind], k->kind.text[i]) != 0;
  }
  if (n != k->n_committed[i])
    aus_check_fault(c, "campaigns/n_committed",
                    "row %" PRId64 ": campaign %" PRId64 " has %" PRId64 ", /trials %" PRId64, i,
                    k->id[i], k->n_committed[i], n);
  if (n_other > 0)
    aus_check_fault(c, "campaigns/kind",
                    "row %" PRId64 ": campaign %" PRId64 " is of kind %s, %" PRId64
                    " of its trials are not",
                    i, k->id[i], k->kind.text[i], n_other);
}

static int judge_campaigns(check *c, const campaigns *k, aus_err *err)
{
  int rc = AUS_OK;
  bool *seen = NULL;
  int64_t i;

  AUS_NEW(seen, c->n_trials, err);
  for (i = 0; i < k->n; i++)
    judge_line(c, k, i, seen);
  for (i = 0; i < c->n_trials; i++)
    if (!seen[i]) {
      aus_check_fault(c, "campaigns/id", "campaign %" PRIu64 " of trial %" PRIu64 " is missing",
                      c->trial[i].id >> 32, c->trial[i].id);
      break;
    }
done:
  aus_free(seen);
  return rc;
}

int aus_check_campaigns(check *c, aus_err *err)
{
  int rc = AUS_OK;
  campaigns k = {.n = -1};

  if (!c->study || !aus_check_has(c->file, "campaigns")) goto done;
  AUS_TRY(read_key_column(c, "campaigns", "id", &k.id, &k.n, err));
  AUS_TRY(read_key_column(c, "campaigns", "n_committed", &k.n_committed, &k.n, err));
  if (c->count->sources > 0)
    AUS_TRY(read_key_column(c, "campaigns", "source", &k.source, &k.n, err));
  AUS_TRY(leave(read_texts(c, "campaigns/kind", &k.kind, err), err));
  if (k.id && k.n_committed && k.kind.n == k.n && (k.source || c->count->sources == 0))
    AUS_TRY(judge_campaigns(c, &k, err));
done:
  aus_free(k.id);
  aus_free(k.n_committed);
  aus_free(k.source);
  aus_read_list_fini(&k.kind);
  return rc;
}

/* ---- what proposals saw ---- */

typedef struct seen {
  int64_t *campaign, *trial, *n_seen, *source; /* rows of /bo */
  int64_t *offset, *list;
  int64_t n, n_offsets, n_list;
} seen;

/* What row i saw are the first rows of its campaign, which begins at row `first`. */
static bool judge_seen(check *c, const seen *s, int64_t i, int64_t first)
{
  int64_t at = s->offset[i], n = s->offset[i + 1] - at, k;

  if (n != s->n_seen[i] || n > i - first || at < 0 || at > s->n_list - n) {
    aus_check_fault(c, "bo/seen/offsets",
                    "row %" PRId64 ": %" PRId64 " trials, n_seen is %" PRId64 ", %" PRId64
                    " rows are before it",
                    i, n, s->n_seen[i], i - first);
    return false;
  }
  for (k = 0; k < n; k++)
    if (s->list[at + k] != s->trial[first + k]) {
      aus_check_fault(c, "bo/seen/seen_trial",
                      "row %" PRId64 ": %" PRIu64 ", but row %" PRId64 " of /bo is %" PRIu64,
                      at + k, (uint64_t)s->list[at + k], first + k, (uint64_t)s->trial[first + k]);
      return false;
    }
  return true;
}

static void judge_all_seen(check *c, const seen *s)
{
  int64_t i, first = 0;

  for (i = 0; i < s->n; i++) {
    if (s->campaign[i] != s->campaign[first] || (s->source && s->source[i] != s->source[first]))
      first = i;
    if (!judge_seen(c, s, i, first)) return;
  }
}

/* The lists of files that have none are missing in a joint one. */
static bool whole(const check *c, const seen *s)
{
  return s->campaign && s->trial && s->n_seen && s->offset && s->list && s->n_offsets == s->n + 1 &&
         (s->source || c->count->sources == 0);
}

int aus_check_seen(check *c, aus_err *err)
{
  int rc = AUS_OK;
  seen s = {.n = -1, .n_offsets = -1, .n_list = -1};

  if (!c->study || !aus_check_has(c->file, "bo")) goto done;
  if (H5Lexists(c->file, "bo/seen", H5P_DEFAULT) <= 0) goto done;
  AUS_TRY(read_key_column(c, "bo", "campaign", &s.campaign, &s.n, err));
  AUS_TRY(read_key_column(c, "bo", "trial", &s.trial, &s.n, err));
  AUS_TRY(read_key_column(c, "bo", "n_seen", &s.n_seen, &s.n, err));
  if (c->count->sources > 0) AUS_TRY(read_key_column(c, "bo", "source", &s.source, &s.n, err));
  AUS_TRY(read_key_column(c, "bo/seen", "offsets", &s.offset, &s.n_offsets, err));
  AUS_TRY(read_key_column(c, "bo/seen", "seen_trial", &s.list, &s.n_list, err));
  if (whole(c, &s)) judge_all_seen(c, &s);
done:
  aus_free(s.campaign);
  aus_free(s.trial);
  aus_free(s.n_seen);
  aus_free(s.source);
  aus_free(s.offset);
  aus_free(s.list);
  return rc;
}

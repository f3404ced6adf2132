/* match/intervals.c - the experiment with version ranges.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/intervals.h"

#include <math.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

const char *const aus_match_interval_names[AUS_MATCH_INTERVAL_ROWS] = {"none", "single",
                                                                       "expanding"};

enum { BITS = 64 };

typedef struct reader {
  aus_match_interval_jobs j;
  const aus_match_space *space;
  const aus_sheet *sheet;
  int64_t row, cap, n_needs;
} reader;

static int copy_of(char **out, const char *s, size_t n, aus_err *err)
{
  int rc = AUS_OK;

  if (n == 0) return AUS_OK;
  AUS_NEW(*out, n + 1, err);
  memcpy(*out, s, n);
done:
  return rc;
}

/* "dep@min:max" */
static int take_need(reader *r, const char *word, size_t n, aus_err *err)
{
  static const char suffix[] = "-version";
  int rc = AUS_OK;
  const char *at = memchr(word, '@', n), *end = word + n;
  const char *colon = at ? memchr(at, ':', (size_t)(end - at)) : NULL;
  aus_match_interval *x;
  char key[256];

  if (!colon || at == word || (size_t)(at - word) + sizeof suffix > sizeof key) {
    rc = aus_sheet_refuse(r->sheet, r->row, err, "range \"%.*s\", expected name@min:max", (int)n,
                          word);
    goto done;
  }
  AUS_TRY(aus_grow(&r->j.need, &r->cap, r->n_needs + 1, sizeof *r->j.need, err));
  x = &r->j.need[r->n_needs++];
  *x = (aus_match_interval){0};
  x->feature = aus_match_names_find(&r->space->names, word, (size_t)(at - word));
  if (x->feature < 0) {
    memcpy(key, word, (size_t)(at - word));
    memcpy(key + (at - word), suffix, sizeof suffix);
    x->feature = aus_match_names_find(&r->space->names, key, strlen(key));
  }
  AUS_TRY(copy_of(&x->low, at + 1, (size_t)(colon - at - 1), err));
  AUS_TRY(copy_of(&x->high, colon + 1, (size_t)(end - colon - 1), err));
  if (x->low && x->high && aus_match_version_compare(x->low, x->high) > 0)
    rc = aus_sheet_refuse(r->sheet, r->row, err, "range \"%.*s\" is the wrong way round", (int)n,
                          word);
done:
  return rc;
}

static int take_job(reader *r, const int64_t *column, aus_err *err)
{
  int rc = AUS_OK;
  const char *at = aus_sheet_at(r->sheet, r->row, column[2]);
  size_t n;

  AUS_DUP(r->j.digest[r->j.n], aus_sheet_at(r->sheet, r->row, column[0]), err);
  AUS_DUP(r->j.package[r->j.n], aus_sheet_at(r->sheet, r->row, column[1]), err);
  r->j.n++;
  while (at += strspn(at, " "), (n = strcspn(at, " ")) > 0) {
    AUS_TRY(take_need(r, at, n, err));
    at += n;
  }
  r->j.first[r->j.n] = r->n_needs;
done:
  return rc;
}

int aus_match_intervals_read(aus_match_interval_jobs *out, const aus_match_space *space,
                             const aus_sheet *sheet, aus_err *err)
{
  static const char *const head[] = {"digest", "package", "ranges"};
  int rc = AUS_OK, k;
  reader r = {.space = space, .sheet = sheet};
  aus_match_names lists = {0};
  int64_t column[3], before;
  int32_t id;

  *out = (aus_match_interval_jobs){0};
  for (k = 0; k < 3; k++)
    AUS_TRY(aus_sheet_column(sheet, head[k], &column[k], err));
  AUS_NEW(r.j.digest, sheet->n_rows + 1, err);
  AUS_NEW(r.j.package, sheet->n_rows + 1, err);
  AUS_NEW(r.j.first, sheet->n_rows + 1, err);
  for (; r.row < sheet->n_rows; r.row++) {
    const char *list = aus_sheet_at(sheet, r.row, column[2]);

    if (list[strspn(list, " ")] == '\0') continue;
    before = lists.n;
    AUS_TRY(aus_match_names_add(&lists, list, strlen(list), &id, err));
    if (id == before) AUS_TRY(take_job(&r, column, err));
  }
  *out = r.j;
  r.j = (aus_match_interval_jobs){0};
  r.n_needs = 0;
done:
  if (rc != AUS_OK && r.j.first) r.j.first[r.j.n] = r.n_needs; /* what fini frees */
  aus_match_names_fini(&lists);
  aus_match_intervals_fini(&r.j);
  return rc;
}

void aus_match_intervals_fini(aus_match_interval_jobs *jobs)
{
  int64_t i;

  for (i = 0; jobs->need && i < jobs->first[jobs->n]; i++) {
    aus_free(jobs->need[i].low);
    aus_free(jobs->need[i].high);
  }
  for (i = 0; jobs->digest && jobs->package && (jobs->digest[i] || jobs->package[i]); i++) {
    aus_free(jobs->digest[i]);
    aus_free(jobs->package[i]);
  }
  aus_free(jobs->digest);
  aus_free(jobs->package);
  aus_free(jobs->first);
  aus_free(jobs->need);
  *jobs = (aus_match_interval_jobs){0};
}

typedef struct run {
  const aus_match_index *x;
  aus_match_ranges *ranges; /* per feature */
  uint64_t *match;          /* requirement x words: ends included */
  uint64_t *score, *left;   /* one set each */
  int32_t *n_held;          /* per cluster: ranges that hold where it is scored */
} run;

/* What a random match of a set is worth. */
static void add_score(const run *r, const uint64_t *set, int64_t n, int64_t n_needs,
                      aus_match_interval_row *row)
{
  int64_t c, held = 0, all = 0;

  row->asked++;
  row->matches += (double)n;
  if (n == 0) {
    row->unmatched++;
    return;
  }
  for (c = 0; c < r->x->n_clusters; c++)
    if (set[c / BITS] >> c % BITS & 1) {
      held += r->n_held[c];
      all += r->n_held[c] == n_needs;
    }
  row->success += (double)all / (double)n;
  row->marginal += (double)held / (double)(n * n_needs);
}

/* Which clusters hold each range; counts for both kinds of bounds. */
static void look(const run *r, const aus_match_interval *need, int64_t n, bool inclusive,
                 aus_match_interval_count *count)
{
  int64_t i, c, w = r->x->n_words;
  int ends;

  *count = (aus_match_interval_count){0};
  for (ends = 0; ends < 2; ends++) {
    bool keep = ends == (int)inclusive;

    memcpy(r->left, r->x->all, (size_t)w * sizeof *r->left);
    if (keep) memset(r->n_held, 0, (size_t)r->x->n_clusters * sizeof *r->n_held);
    for (i = 0; i < n; i++) {
      memset(r->score, 0, (size_t)w * sizeof *r->score);
      if (need[i].feature >= 0)
        aus_match_ranges_between(&r->ranges[need[i].feature], r->x, need[i].low, need[i].high,
                                 ends == 1, r->score);
      if (ends == 1) memcpy(r->match + i * w, r->score, (size_t)w * sizeof *r->score);
      count->pairs[ends] += aus_match_set_count(r->score, w);
      for (c = 0; keep && c < r->x->n_clusters; c++)
        r->n_held[c] += (int32_t)(r->score[c / BITS] >> c % BITS & 1);
      aus_match_set_and(r->left, r->score, w);
    }
    count->clusters[ends] = aus_match_set_count(r->left, w);
  }
}

/* Nothing told, each alone, one more until nothing is left. */
static void tell(const run *r, int64_t n, aus_match_interval_row *row)
{
  int64_t i, left, w = r->x->n_words;

  add_score(r, r->x->all, r->x->n_clusters, n, &row[0]);
  for (i = 0; i < n; i++)
    add_score(r, r->match + i * w, aus_match_set_count(r->match + i * w, w), n, &row[1]);
  memcpy(r->left, r->x->all, (size_t)w * sizeof *r->left);
  for (i = 0, left = 1; i < n && left > 0; i++) {
    left = aus_match_set_and(r->left, r->match + i * w, w);
    add_score(r, r->left, left, n, &row[2]);
    if (left == 0) row[2].unmatched_at += (double)(i + 1);
  }
}

static void to_means(aus_match_interval_row *row)
{
  double matched = (double)(row->asked - row->unmatched);

  row->success = matched > 0 ? row->success / matched : (double)NAN;
  row->marginal = matched > 0 ? row->marginal / matched : (double)NAN;
  row->matches = row->asked > 0 ? row->matches / (double)row->asked : (double)NAN;
  row->unmatched_at =
      row->unmatched_at > 0 ? row->unmatched_at / (double)row->unmatched : (double)NAN;
}

int aus_match_intervals_run(const aus_match_interval_jobs *jobs, const aus_match_space *space,
                            const aus_match_index *index, bool inclusive,
                            aus_match_interval_count *count, aus_match_interval_row *row,
                            aus_err *err)
{
  int rc = AUS_OK, f, k;
  run r = {.x = index};
  int64_t j, most = 0;

  for (k = 0; k < AUS_MATCH_INTERVAL_ROWS; k++)
    row[k] = (aus_match_interval_row){0};
  for (j = 0; j < jobs->n; j++)
    if (jobs->first[j + 1] - jobs->first[j] > most) most = jobs->first[j + 1] - jobs->first[j];
  AUS_NEW(r.ranges, space->n, err);
  for (f = 0; f < space->n; f++)
    AUS_TRY(aus_match_ranges_make(&r.ranges[f], index, space, f, err));
  AUS_NEW(r.match, most * index->n_words, err);
  AUS_NEW(r.score, index->n_words, err);
  AUS_NEW(r.left, index->n_words, err);
  AUS_NEW(r.n_held, index->n_clusters, err);
  for (j = 0; j < jobs->n; j++) {
    int64_t n = jobs->first[j + 1] - jobs->first[j];

    look(&r, jobs->need + jobs->first[j], n, inclusive, &count[j]);
    tell(&r, n, row);
  }
  for (k = 0; k < AUS_MATCH_INTERVAL_ROWS; k++)
    to_means(&row[k]);
done:
  for (f = 0; r.ranges && f < space->n; f++)
    aus_match_ranges_fini(&r.ranges[f]);
  aus_free(r.ranges);
  aus_free(r.match);
  aus_free(r.score);
  aus_free(r.left);
  aus_free(r.n_held);
  return rc;
}

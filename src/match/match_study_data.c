/* match/match_study_data.c - the data that keys name: builds, clusters, jobs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_data.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

void aus_match_data_fini(aus_match_data *d)
{
  aus_match_index_fini(&d->index);
  aus_match_nbs_free(d->nb, d->tables.n);
  aus_match_jobs_fini(&d->jobs);
  aus_match_clusters_fini(&d->clusters);
  aus_match_space_fini(&d->space);
  aus_match_tables_fini(&d->tables);
  aus_match_specs_fini(&d->specs);
  *d = (aus_match_data){0};
}

/* The first of the places that is there, else the first; "" without `data`. */
static void place_of(const aus_match_data *d, const char *part, const char *file, char *path,
                     size_t size)
{
  const char *data = aus_opt_str(d->opts, "data");
  int k;

  path[0] = '\0';
  for (k = 0; *data && k < 5; k++) {
    const char *end = k % 2 == 0 ? ".gz" : "";

    if (k < 2 || k == 4)
      snprintf(path, size, "%s/%s/%s%s", data, part, file, end);
    else
      snprintf(path, size, "%s/%s%s", data, file, end);
    if (aus_files_has(d->env->files, path)) break;
  }
}

int aus_match_data_sheet(const aus_match_data *d, const char *key, const char *part,
                         const char *file, aus_sheet *out, aus_err *err)
{
  int rc = AUS_OK;
  bool own = strcmp(part, "reliabuild") == 0 ? d->own_tables : !d->own_tables;
  const char *given = key && own ? aus_opt_str(d->opts, key) : "", *bytes;
  char path[1024];
  size_t n;

  *out = (aus_sheet){0};
  place_of(d, part, file, path, sizeof path);
  if (*given) snprintf(path, sizeof path, "%s", given);
  if (!*path)
    AUS_FAIL(err, AUS_ECONFIG, "no %s: give %s%s%s--set data=DIR", file, own && key ? "--set " : "",
             own && key ? key : "", own && key ? "=FILE or " : "");
  AUS_TRY(aus_files_get(d->env->files, path, &bytes, &n, err));
  AUS_TRY(aus_sheet_read(out, path, bytes, n, err));
done:
  return rc;
}

/* A switch that the mode sets when its key is not given. */
static bool switched(const aus_opts *opts, const char *key, bool value)
{
  return aus_opt_given(opts, key) ? value : aus_opt_enum(opts, "mode") == 1;
}

static bool keeps_presence(const aus_opts *opts)
{
  return switched(opts, "keep_presence", aus_opt_bool(opts, "keep_presence"));
}

bool aus_match_inclusive(const aus_opts *opts)
{
  return switched(opts, "range_bounds", aus_opt_enum(opts, "range_bounds") == 0);
}

bool aus_match_all_values(const aus_opts *opts)
{
  return switched(opts, "values", aus_opt_enum(opts, "values") == 0);
}

aus_match_unseen aus_match_unseen_of(const aus_opts *opts)
{
  return (aus_match_unseen)aus_opt_enum(opts, "unseen");
}

/* Made-up builds are versions of what made-up clusters have. */
static int make_up(aus_match_data *d, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_match_generate_clusters(&d->space, &d->clusters, d->made, err));
  AUS_TRY(aus_match_generate_specs(&d->specs, d->made, &d->space, err));
done:
  return rc;
}

int aus_match_data_builds(aus_match_data *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet sheet = {0};

  if (d->made) {
    AUS_TRY(make_up(d, err));
  } else {
    AUS_TRY(aus_match_data_sheet(d, "specs", "reliabuild", "specs.csv", &sheet, err));
    AUS_TRY(aus_match_specs_read(&d->specs, &sheet, err));
  }
  AUS_TRY(aus_match_tables_make(&d->tables, &d->specs, keeps_presence(d->opts), err));
  if (d->tables.n == 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: no package with %d labelled builds",
             d->made ? "made-up data" : sheet.name, AUS_MATCH_MIN_ROWS);
  AUS_TRY(aus_match_nbs_fit(&d->nb, &d->tables, aus_opt_real(d->opts, "alpha"), err));
done:
  aus_sheet_fini(&sheet);
  return rc;
}

int aus_match_data_subset(const aus_match_data *d, aus_sheet *sheet, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_names wanted = {0};
  const char *text;
  size_t size, n;
  int64_t column = aus_sheet_find(sheet, "cluster"), i, kept = 0;
  int32_t id;

  if (column < 0) column = 0;
  AUS_TRY(aus_files_get(d->env->files, path, &text, &size, err));
  for (; *text; text += n) {
    text += strspn(text, " \t\r\n");
    n = strcspn(text, " \t\r\n");
    if (n > 0) AUS_TRY(aus_match_names_add(&wanted, text, n, &id, err));
  }
  if (wanted.n == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no names of clusters", path);
  for (i = 0; i < sheet->n_rows; i++) {
    const char *name = aus_sheet_at(sheet, i, column);

    if (aus_match_names_find(&wanted, name, strlen(name)) < 0) continue;
    memmove(sheet->cell + kept * sheet->n_cols, sheet->cell + i * sheet->n_cols,
            (size_t)sheet->n_cols * sizeof *sheet->cell);
    sheet->line[kept++] = sheet->line[i];
  }
  sheet->n_rows = kept;
  if (kept < wanted.n) /* more: a cluster is there twice, its reader says so */
    AUS_FAIL(err, AUS_EFORMAT, "%s: %d of %d names are no clusters of %s", path,
             (int)(wanted.n - kept), (int)wanted.n, sheet->name);
done:
  aus_match_names_fini(&wanted);
  return rc;
}

int aus_match_data_clusters(aus_match_data *d, const char *subset, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet sheet = {0};

  if (d->made) goto done; /* with the builds */
  AUS_TRY(aus_match_data_sheet(d, "clusters", "reliabuild", "clusters.csv", &sheet, err));
  if (subset && *subset) AUS_TRY(aus_match_data_subset(d, &sheet, subset, err));
  AUS_TRY(aus_match_clusters_read(&d->clusters, &d->space, &sheet, err));
  if (d->clusters.n == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no clusters", sheet.name);
done:
  aus_sheet_fini(&sheet);
  return rc;
}

int aus_match_data_jobs(aus_match_data *d, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_match_jobs_make(&d->jobs, &d->specs, &d->tables, &d->space, err));
  AUS_TRY(aus_match_index_make(&d->index, &d->space, &d->clusters, err));
done:
  return rc;
}

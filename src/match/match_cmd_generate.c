/* match/match_cmd_generate.c - auspex match generate: builds and clusters of any size.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "match/invent.h"
#include "match/match_cmd.h"
#include "match/match_study_setup.h"
#include "study/verb.h"
#include "util/alloc.h"
#include "util/file.h"

/* clang-format off */
static const aus_opt generate_opts[] = {
  AUS_MATCH_BUILDS_OPTS,
  {"seed", AUS_T_INT, "1", "0:", "", "seed of all draws"},
  {"packages", AUS_T_INT, "50", "1:100000", "", "packages"},
  {"features", AUS_T_INT, "119", "1:65535", "", "features of a cluster, each with 2 to 100 values"},
  {"jobs", AUS_T_INT, "15000", "5:100000000", "", "builds, at least 5 per package"},
  {"clusters", AUS_T_INT, "1000", "1:1000000", "", "clusters"},
  {0},
};
/* clang-format on */

static const aus_cli generate_cli[] = {
    {"csv", 0, "DIR", "write the tables that the stages of a study read, as data=DIR finds them"},
    {"output", 'o', "FILE", "write builds and clusters as HDF5, group /match"},
    {0},
};

typedef struct maker {
  aus_verb verb;
  aus_match_size size;
  aus_match_data data;
  const char *dir; /* NULL: no text */
} maker;

/* A table as DIR/part/name. The buffer is empty behind. */
static int write_part(const maker *m, const char *part, const char *name, aus_buf *text,
                      aus_err *err)
{
  int rc = AUS_OK;
  char dir[1024];

  AUS_TRY(aus_buf_check(text, err));
  if (!m->dir) goto done;
  if (snprintf(dir, sizeof dir, "%s/%s", m->dir, part) >= (int)sizeof dir)
    AUS_FAIL(err, AUS_EIO, "%s: the name is too long", m->dir);
  AUS_TRY(aus_dir_make(*part ? dir : m->dir, err));
  AUS_TRY(aus_file_write_in(*part ? dir : m->dir, name, text->data, (size_t)text->n, err));
done:
  aus_buf_clear(text);
  return rc;
}

/* ---- made-up tables of the smaller experiments ---- */

static int write_small(const maker *m, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_buf b[3];

  for (k = 0; k < 3; k++)
    aus_buf_init(&b[k]);
  AUS_TRY(aus_match_invent_lammps(m->size.seed, &b[0], &b[1], &b[2], err));
  AUS_TRY(write_part(m, "lammps", "jobspecs.csv", &b[0], err));
  AUS_TRY(write_part(m, "lammps", "clusters.csv", &b[1], err));
  AUS_TRY(write_part(m, "lammps", "truth.csv", &b[2], err));
  AUS_TRY(aus_match_invent_ranges(&m->data.specs, &b[0], err));
  AUS_TRY(write_part(m, "range", "jobspecs.csv", &b[0], err));
  aus_match_clusters_write(&m->data.clusters, &m->data.space, &b[1]);
  AUS_TRY(write_part(m, "range", "clusters.csv", &b[1], err));
  AUS_TRY(aus_match_invent_builds(&m->size, &b[0], &b[1], &b[2], err));
  AUS_TRY(write_part(m, "spackbuild", "builds.csv", &b[0], err));
  AUS_TRY(write_part(m, "spackbuild", "clusters.csv", &b[1], err));
  AUS_TRY(write_part(m, "spackbuild", "package-optima.csv", &b[2], err));
done:
  for (k = 0; k < 3; k++)
    aus_buf_fini(&b[k]);
  return rc;
}

/* ---- builds and clusters ---- */

static int make_builds(maker *m, aus_buf *b, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_specs *specs = &m->data.specs;
  int64_t i, success = 0;

  if (m->size.jobs < 5 * m->size.packages)
    AUS_FAIL(err, AUS_ECONFIG, "jobs is %" PRId64 ", need >= 5 per package", m->size.jobs);
  AUS_TRY(aus_match_generate_clusters(&m->data.space, &m->data.clusters, &m->size, err));
  AUS_TRY(aus_match_generate_specs(&m->data.specs, &m->size, &m->data.space, err));
  aus_match_specs_write(specs, b);
  AUS_TRY(write_part(m, "", "specs.csv", b, err));
  if (m->dir) AUS_TRY(write_small(m, err));
  for (i = 0; i < specs->n; i++)
    success += specs->spec[i].label;
  aus_buf_printf(m->verb.call->out, "%" PRId64 " builds of %" PRId64 " packages, %.4f succeed\n",
                 specs->n, m->size.packages, (double)success / (double)specs->n);
done:
  return rc;
}

/* Builds and clusters, or clusters over the builds that are given. */
static int make(maker *m, bool given, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_data *d = &m->data;
  aus_buf b;

  aus_buf_init(&b);
  if (given) {
    AUS_TRY(aus_match_data_builds(d, err));
    AUS_TRY(aus_match_draw_clusters(&d->space, &d->clusters, &d->specs, &d->tables,
                                    aus_match_all_values(d->opts), &m->size, err));
  } else {
    AUS_TRY(make_builds(m, &b, err));
  }
  aus_match_clusters_write(&d->clusters, &d->space, &b);
  AUS_TRY(write_part(m, "", "clusters.csv", &b, err));
  aus_buf_printf(m->verb.call->out, "%" PRId64 " clusters of %d features\n", d->clusters.n,
                 d->space.n);
done:
  aus_buf_fini(&b);
  return rc;
}

/* ---- the shared file ---- */

static int publish_builds(const aus_match_specs *s, aus_pub *pub, aus_err *err)
{
  static const aus_column success =
      AUS_COLUMN("success", AUS_I32, "1", 1, "1: the build succeeded; -1: not known");
  int rc = AUS_OK;
  const char **package = NULL;
  int32_t *label = NULL;
  int64_t i;

  AUS_NEW(package, s->n, err);
  AUS_NEW(label, s->n, err);
  for (i = 0; i < s->n; i++) {
    package[i] = s->packages.text[s->spec[i].package];
    label[i] = s->spec[i].label;
  }
  AUS_TRY(aus_pub_strings(pub, "match/builds/digest", s->n, (const char *const *)s->digests.text,
                          "digest of the build", err));
  AUS_TRY(aus_pub_strings(pub, "match/builds/package", s->n, package, "its package", err));
  AUS_TRY(aus_pub_column(pub, "match/builds", &success, s->n, label, err));
done:
  aus_free(package);
  aus_free(label);
  return rc;
}

static int publish(const maker *m, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_pub *pub = NULL;

  AUS_TRY(aus_verb_plan(&m->verb, true, &pub, err));
  AUS_TRY(publish_builds(&m->data.specs, pub, err));
  AUS_TRY(aus_match_publish_clusters(&m->data.space, &m->data.clusters, NULL, pub, err));
  AUS_TRY(aus_verb_publish(&m->verb, pub, NULL, 0, path, err));
done:
  aus_pub_destroy(pub);
  return rc;
}

/* ---- the command ---- */

static int generate_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  maker m = {.dir = aus_args_last(call->args, "csv")};
  const aus_opts *o;
  const char *path = aus_args_last(call->args, "output");
  bool given;

  AUS_TRY(aus_verb_read(&m.verb, call, "match", NULL, generate_opts, err));
  if (path) AUS_TRY(aus_files_spare(m.verb.files, path, err));
  o = m.verb.opts;
  given = *aus_opt_str(o, "specs") || *aus_opt_str(o, "data");
  m.size = (aus_match_size){.seed = (uint64_t)aus_opt_int(o, "seed"),
                            .packages = aus_opt_int(o, "packages"),
                            .features = aus_opt_int(o, "features"),
                            .jobs = aus_opt_int(o, "jobs"),
                            .clusters = aus_opt_int(o, "clusters")};
  m.data = (aus_match_data){.env = &m.verb.env, .opts = o, .own_tables = true};
  AUS_TRY(make(&m, given, err));
  if (path) AUS_TRY(publish(&m, path, err));
done:
  aus_match_data_fini(&m.data);
  aus_verb_fini(&m.verb, rc);
  return rc;
}

/* On rank 0 alone. */
static int generate(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, generate_here, err);
}

static const aus_cli *const clis[] = {generate_cli, aus_common_cli};
static const aus_opt *const opts[] = {generate_opts};

const aus_command aus_match_cmd_generate = {
    .name = "match generate",
    .operands = "[FILE]",
    .summary = "made-up builds and clusters of any size, or clusters over given builds",
    .text = "FILE is a JSON or YAML file with the keys below. Every draw is a hash of the seed and "
            "the place of the\ndraw (doc/match.md), so that anybody can make the same data. With "
            "key specs or data only clusters are\nmade, over the values that these builds have.",
    .cli = clis,
    .n_cli = 2,
    .opts = opts,
    .n_opts = 1,
    .min_operands = 0,
    .max_operands = 1,
    .run = generate,
};

/* serverless_draw.c - samples of a space: the reference's way, the clean way, device counts of D20.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_draw.h"
#include "unit/check.h"

#include "unit/serverless_space.h"
#include "util/log.h"

static aus_err err;

/* clang-format off */
static const aus_opt table[] = {
  AUS_SERVERLESS_SAMPLE_OPTS,
  {0},
};
/* clang-format on */

/* Options, grid and space that one test draws from. */
typedef struct source {
  space_fixture f;
  aus_cfg *cfg;
  aus_opts *opts;
  aus_serverless_grid *grid;
} source;

static void set_up(source *s, const char *design, int n, bool range_compat)
{
  static char text[200];
  const aus_opt *const tables[] = {table};
  aus_cfg_node *root;

  snprintf(text, sizeof text,
           "{\"space\": \"x\", \"design\": \"%s\", \"n\": %d, \"range_compat\": %s}", design, n,
           range_compat ? "true" : "false");
  check_ok(aus_cfg_create(&s->cfg, &err), &err);
  check_ok(aus_cfg_parse(s->cfg, "test", text, strlen(text), &root, &err), &err);
  check_ok(aus_opts_read(&s->opts, s->cfg, root, tables, 1, &err), &err);
  check_ok(aus_cfg_check(s->cfg, AUS_ECONFIG, &err), &err);
  check_ok(aus_serverless_grid_create(&s->grid, &s->f.space, range_compat, &err), &err);
}

static void tear_down(source *s)
{
  aus_serverless_grid_destroy(s->grid);
  aus_opts_destroy(s->opts);
  aus_cfg_destroy(s->cfg);
}

static int draw(const source *s, uint64_t seed, aus_design *d)
{
  const aus_serverless_draw_conf conf = {
      .kind = (aus_design_kind)aus_opt_enum(s->opts, "design"),
      .n = aus_opt_int(s->opts, "n"),
      .range_compat = aus_serverless_range_compat(s->opts, 0),
      .seed = seed,
  };

  return aus_serverless_draw(&conf, &s->f.space, s->grid, d, &err);
}

/* With range_compat: a unit point per column, and the nearest combination of the overshooting grid. */
static void as_the_reference(void **state)
{
  static const char *const names[] = {"random", "lhs",     "lhs-centered", "sobol",
                                      "halton", "lhs-oa2", "morris",       "saltelli"};
  source s;
  aus_design d;
  aus_design_kind kind;
  double *unit, *value;
  size_t i;

  (void)state;
  space_example(&s.f);
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    set_up(&s, names[i], 49, true);
    kind = (aus_design_kind)aus_opt_enum(s.opts, "design");
    assert_string_equal(aus_design_names[kind], names[i]);
    check_ok(draw(&s, 5, &d), &err);
    assert_int_equal(d.n, aus_design_rows(kind, 49, 7));
    assert_int_equal(d.n_unit, 7);
    assert_int_equal(d.n_value, 7);
    unit = malloc((size_t)(d.n * 7) * sizeof *unit);
    value = malloc((size_t)(d.n * 7) * sizeof *value);
    assert_non_null(unit);
    assert_non_null(value);
    check_ok(aus_design_unit(kind, 49, 7, 5, 0, unit, &err), &err);
    check_ok(aus_serverless_grid_nearest(s.grid, d.n, unit, value, &err), &err);
    assert_memory_equal(d.unit, unit, (size_t)(d.n * 7) * sizeof *unit);
    assert_memory_equal(d.value, value, (size_t)(d.n * 7) * sizeof *value);
    free(unit);
    free(value);
    aus_design_fini(&d);
    tear_down(&s);
  }
}

/* All combinations in their order, columns scaled to 0..1. */
static void reference_grid(void **state)
{
  source s;
  aus_design d;
  int64_t i, k;

  (void)state;
  space_example(&s.f);
  set_up(&s, "grid", 1, true);
  check_ok(draw(&s, 1, &d), &err);
  assert_int_equal(d.n, aus_serverless_grid_count(s.grid));
  for (i = 0; i < d.n; i += 97) {
    double x[7];

    aus_serverless_grid_at(s.grid, i, x);
    assert_memory_equal(x, d.value + i * 7, sizeof x);
    for (k = 0; k < 7; k++)
      assert_true(d.unit[i * 7 + k] >= 0 && d.unit[i * 7 + k] <= 1);
  }
  aus_design_fini(&d);
  tear_down(&s);
}

static void check_clean(const source *s, const aus_design *d, bool distinct)
{
  const aus_serverless_space *p = &s->f.space;
  double x[7] = {0};
  int64_t i, j, n = aus_serverless_grid_count(s->grid);
  int k, counts[3];

  assert_int_equal(d->n_value, 7);
  assert_int_equal(d->n_unit, 6); /* three shares have two coordinates */
  for (i = 0; i < d->n; i++) {
    const double *v = d->value + i * 7;

    for (j = 0; j < n; j++) {
      aus_serverless_grid_at(s->grid, j, x);
      for (k = 0; k < 7 && fabs(x[k] - v[k]) < 1e-12; k++)
        continue;
      if (k == 7) break;
    }
    if (j == n) fail_msg("sample %d is none of the %d combinations", (int)i, (int)n);
    for (j = 0; j < i && memcmp(v, d->value + j * 7, 7 * sizeof *v) != 0; j++)
      continue;
    if (distinct && j < i) fail_msg("samples %d and %d are equal", (int)i, (int)j);
    check_ok(aus_serverless_device_counts(p, v, false, counts, &err), &err);
    assert_int_equal(counts[0] + counts[1] + counts[2], (int)v[1]);
  }
}

/* Without: points of the inclusive grid in mapping order, none twice. */
static void clean(void **state)
{
  static const char *const names[] = {"random", "lhs",     "lhs-centered", "sobol",   "lhs-maximin",
                                      "halton", "lhs-oa2", "morris",       "saltelli"};
  source s;
  aus_design d;
  aus_design_kind kind;
  int64_t rows;
  size_t i;

  (void)state;
  space_example(&s.f);
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    set_up(&s, names[i], 25, false);
    kind = (aus_design_kind)aus_opt_enum(s.opts, "design");
    rows = aus_design_rows(kind, 25, 6);
    assert_int_equal(aus_serverless_grid_count(s.grid), 4800);
    check_ok(draw(&s, 5, &d), &err);
    assert_int_equal(d.n, rows);
    assert_false(d.whole_grid);
    check_clean(&s, &d, !aus_design_is_blocked(kind));
    aus_design_fini(&d);
    tear_down(&s);
  }
}

/* The whole of a small space, with a warning; the order is that of the enumeration. */
static void small_space(void **state)
{
  source s;
  aus_design d, e;

  (void)state;
  space_example(&s.f);
  s.f.space.bandwidth = (aus_serverless_axis){50, 50, 50, 50};
  s.f.app[0] = (aus_serverless_axis){1, 1, 1, 1};
  s.f.app[1] = (aus_serverless_axis){1, 1, 1, 1};
  set_up(&s, "lhs", 49, false);
  aus_log_start(0, AUS_LOG_ERROR, NULL); /* a warning is expected */
  check_ok(draw(&s, 5, &d), &err);
  assert_true(d.whole_grid);
  assert_int_equal(d.n, 48);
  assert_int_equal(d.n_unit, 3);
  tear_down(&s);
  set_up(&s, "grid", 1, false);
  check_ok(draw(&s, 5, &e), &err);
  assert_int_equal(e.n, 48);
  assert_memory_equal(e.value, d.value, 48 * 7 * sizeof *d.value);
  aus_design_fini(&d);
  aus_design_fini(&e);
  tear_down(&s);
}

static void refused(void **state)
{
  source s;
  aus_design d;

  (void)state;
  space_example(&s.f);
  set_up(&s, "lhs-oa2", 50, false);
  check_fails(draw(&s, 1, &d), AUS_ECONFIG, "n is 50 in 6 dimensions, the nearest usable n is 49",
              &err);
  assert_null(d.unit);
  tear_down(&s);
  s.f.app[0].step = 0.001;
  s.f.app[1].step = 0.001;
  set_up(&s, "grid", 1, false);
  check_fails(draw(&s, 1, &d), AUS_ECONFIG, "design grid has more than 1000000 points", &err);
  assert_null(d.unit);
  tear_down(&s);
  set_up(&s, "grid", 1, true);
  check_fails(draw(&s, 1, &d), AUS_ECONFIG, "design grid has more than 1000000 points", &err);
  tear_down(&s);
}

static void columns(void **state)
{
  static const char *const want[] = {"network_bandwidth", "cluster_size", "device_prop_board",
                                     "device_prop_rpi",   "workload_aux", "workload_dnn"};
  const char *name[7];
  source s;
  aus_param p[7];
  int i;

  (void)state;
  space_example(&s.f);
  set_up(&s, "lhs", 4, false);
  check_ok(aus_serverless_draw_unit_names(aus_serverless_range_compat(s.opts, 0), &s.f.space, name,
                                          &err),
           &err);
  for (i = 0; i < 6; i++)
    assert_string_equal(name[i], want[i]);
  s.f.space.cluster_size.max = 4;
  check_ok(aus_serverless_draw_unit_names(aus_serverless_range_compat(s.opts, 0), &s.f.space, name,
                                          &err),
           &err);
  assert_string_equal(name[1], "device_prop_board");
  check_ok(aus_serverless_draw_params(aus_serverless_range_compat(s.opts, 0), &s.f.space, p, &err),
           &err);
  assert_int_equal(p[1].kind, AUS_P_FIXED);
  tear_down(&s);
  set_up(&s, "lhs", 4, true);
  check_ok(aus_serverless_draw_unit_names(aus_serverless_range_compat(s.opts, 0), &s.f.space, name,
                                          &err),
           &err);
  for (i = 0; i < 7; i++)
    assert_string_equal(name[i], s.f.space.x_name[i]);
  check_ok(aus_serverless_draw_params(aus_serverless_range_compat(s.opts, 0), &s.f.space, p, &err),
           &err);
  assert_int_equal(p[1].kind, AUS_P_INT);
  assert_true(p[3].kind == AUS_P_SHARE && p[3].group == 0 && p[3].upper == 0.9);
  tear_down(&s);
}

/* D20: 10 x 0.30000000000000004 is 4 nodes for the reference. */
static void tolerance(void **state)
{
  double x[] = {100, 10, 0.2, 0.30000000000000004, 0.5, 1, 1};
  int counts[3];
  space_fixture f;

  (void)state;
  space_example(&f);
  check_ok(aus_serverless_device_counts(&f.space, x, true, counts, &err), &err);
  assert_int_equal(counts[0], 4);
  assert_int_equal(counts[1], 5);
  assert_int_equal(counts[2], 1); /* 4 + 5 + 2 are 11: one of the rarest is taken back */
  check_ok(aus_serverless_device_counts(&f.space, x, false, counts, &err), &err);
  assert_int_equal(counts[0], 3);
  assert_int_equal(counts[1], 5);
  assert_int_equal(counts[2], 2);
  x[3] = 0.30001; /* a real part of a node is one */
  x[4] = 0.49999;
  check_ok(aus_serverless_device_counts(&f.space, x, false, counts, &err), &err);
  assert_int_equal(counts[0], 4);
  assert_int_equal(counts[2], 1);
}

static void out_of_memory(void **state)
{
  source s;
  aus_design d;
  int64_t live, i;
  int rc = AUS_OK, compat;

  (void)state;
  space_example(&s.f);
  for (compat = 0; compat < 2; compat++) {
    set_up(&s, "lhs", 9, compat);
    live = aus_alloc_live();
    for (i = 0; i < 1000; i++) {
      aus_alloc_fail_at(i);
      aus_err_clear(&err);
      rc = draw(&s, 1, &d);
      aus_design_fini(&d);
      assert_int_equal(aus_alloc_live(), live);
      if (!aus_alloc_failed()) break;
      assert_int_equal(rc, AUS_ENOMEM);
    }
    aus_alloc_fail_at(-1);
    assert_true(i > 3);
    assert_int_equal(rc, AUS_OK);
    tear_down(&s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_the_reference),
      cmocka_unit_test(reference_grid),
      cmocka_unit_test(clean),
      cmocka_unit_test(small_space),
      cmocka_unit_test(refused),
      cmocka_unit_test(columns),
      cmocka_unit_test(tolerance),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

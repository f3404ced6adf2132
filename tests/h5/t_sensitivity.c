/* t_sensitivity.c - t_sensitivity FILE DESIGN N: /sensitivity of a published study against its own trials.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the file with the HDF5 library alone, computes the indices from /design/unit and /trials/initial/y
 * and compares; prints how many base points or effects were dropped.
 */
#include <config.h>

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "design/design.h"
#include "design/sens.h"

enum { MAX_NAMES = 100 };

static int bad;

#define CHECK(cond)                                                               \
  do {                                                                            \
    if (!(cond) && bad++ < 10) fprintf(stderr, "line %d: %s\n", __LINE__, #cond); \
  } while (0)

/* A dataset as doubles (free); its shape in dims[2]. */
static double *read_set(hid_t file, const char *path, hsize_t *dims)
{
  hid_t set = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(set);
  double *x;

  dims[1] = 1;
  CHECK(set >= 0);
  CHECK(H5Sget_simple_extent_dims(space, dims, NULL) >= 1);
  x = calloc(dims[0] * dims[1] + 1, sizeof *x);
  CHECK(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  return x;
}

/* A list of strings in an attribute, each padded to `width`; how many there are. */
static int read_names(hid_t file, const char *path, char *text, size_t width)
{
  hid_t a = H5Aopen_by_name(file, path, "names", H5P_DEFAULT, H5P_DEFAULT), space = H5Aget_space(a);
  hid_t type = H5Tcopy(H5T_C_S1);
  hsize_t n = 0;

  CHECK(a >= 0);
  H5Tset_size(type, width);
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Sget_simple_extent_dims(space, &n, NULL);
  CHECK(n > 0 && n <= MAX_NAMES);
  CHECK(H5Aread(a, type, text) >= 0);
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(a);
  return (int)n;
}

static double read_number(hid_t file, const char *path, const char *name)
{
  hid_t a = H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT);
  double x = -1;

  CHECK(a >= 0);
  CHECK(H5Aread(a, H5T_NATIVE_DOUBLE, &x) >= 0);
  H5Aclose(a);
  return x;
}

/* The same numbers; without `want` the dataset must not be there. */
static void check_index(hid_t file, const char *group, const char *name, int d, const double *want)
{
  char path[200];
  hsize_t dims[2];
  double *got;
  int k;

  snprintf(path, sizeof path, "%s/%s", group, name);
  if (!want) {
    CHECK(H5Lexists(file, path, H5P_DEFAULT) == 0);
    return;
  }
  got = read_set(file, path, dims);
  CHECK(dims[0] == (hsize_t)d && dims[1] == 1);
  for (k = 0; k < d; k++)
    CHECK(got[k] == want[k] || (isnan(got[k]) && isnan(want[k])));
  free(got);
}

static void check_result(hid_t file, const char *name, const aus_sens *s)
{
  char path[100];
  static char names[MAX_NAMES][64];

  snprintf(path, sizeof path, "sensitivity/%s", name);
  CHECK(read_names(file, path, names[0], sizeof names[0]) == s->d);
  CHECK(strcmp(names[0], "network_bandwidth") == 0);
  CHECK(strncmp(names[s->d - 1], "workload_", 9) == 0);
  check_index(file, path, "S1", s->d, s->s1);
  check_index(file, path, "ST", s->d, s->st);
  check_index(file, path, "S1_conf", s->d, s->s1_conf);
  check_index(file, path, "ST_conf", s->d, s->st_conf);
  check_index(file, path, "mu", s->d, s->mu);
  check_index(file, path, "mu_conf", s->d, s->mu_conf);
  check_index(file, path, "mu_star", s->d, s->mu_star);
  check_index(file, path, "mu_star_conf", s->d, s->mu_star_conf);
  check_index(file, path, "sigma", s->d, s->sigma);
  CHECK(read_number(file, path, "n_used") == (double)s->n_used);
  CHECK(read_number(file, path, "n_dropped") == (double)s->n_dropped);
}

/* Rows of one block have one scenario: base points and trajectories see one world each. */
static void check_scenarios(hid_t file, aus_design_kind kind, int d)
{
  hsize_t dims[2];
  double *s = read_set(file, "trials/initial/scenario", dims);
  hsize_t i;

  for (i = 0; i < dims[0]; i++)
    CHECK(s[i] == (double)aus_design_block(kind, d, (int64_t)i));
  free(s);
}

static void check_file(hid_t file, aus_design_kind kind, int64_t n)
{
  static const char *const results[] = {"penalty_frac", "average_elapsed", "replica_time",
                                        "energy"};
  static char metric[MAX_NAMES][64];
  hsize_t u[2], v[2], i;
  double *unit = read_set(file, "design/unit", u), *y = read_set(file, "trials/initial/y", v);
  double *one = calloc(v[0], sizeof *one);
  uint64_t seed = (uint64_t)read_number(file, "/", "seed");
  int d = (int)u[1], m = read_names(file, "trials/initial/y", metric[0], sizeof metric[0]), k, r;
  aus_sens s;

  CHECK(u[0] == v[0] && u[0] == (hsize_t)aus_design_rows(kind, n, d) && (int)v[1] == m);
  for (r = 0; r < 4; r++) {
    for (k = 0; k < m && strcmp(metric[k], results[r]) != 0; k++)
      continue;
    CHECK(k < m);
    for (i = 0; i < v[0]; i++)
      one[i] = y[i * v[1] + (hsize_t)k];
    CHECK((kind == AUS_DESIGN_SALTELLI
               ? aus_sens_saltelli(&s, n, d, one, seed, 0, (uint64_t)r, NULL)
               : aus_sens_morris(&s, n, d, unit, one, seed, 0, (uint64_t)r, NULL)) == AUS_OK);
    check_result(file, results[r], &s);
    if (r == 0) printf("%ld\n", (long)s.n_dropped);
    aus_sens_fini(&s);
  }
  CHECK(read_number(file, "design", "phi_p") == aus_design_phi_p((int64_t)u[0], d, unit));
  CHECK(read_number(file, "design", "discrepancy") ==
        aus_design_discrepancy((int64_t)u[0], d, unit));
  check_scenarios(file, kind, d);
  free(unit);
  free(y);
  free(one);
}

int main(int argc, char **argv)
{
  hid_t file;
  aus_design_kind kind = AUS_DESIGN_LHS;

  if (argc != 4) return 99;
  file = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT);
  CHECK(file >= 0);
  if (strcmp(argv[2], "morris") == 0) kind = AUS_DESIGN_MORRIS;
  if (strcmp(argv[2], "saltelli") == 0) kind = AUS_DESIGN_SALTELLI;
  if (file >= 0 && kind != AUS_DESIGN_LHS) check_file(file, kind, atol(argv[3]));
  if (file >= 0 && kind == AUS_DESIGN_LHS) CHECK(H5Lexists(file, "sensitivity", H5P_DEFAULT) == 0);
  H5Fclose(file);
  return bad ? 1 : 0;
}

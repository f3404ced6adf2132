/* serverless_space.h - spaces by hand for tests of sampling and boxes: an example, and invented ones.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_SPACE_H
#define AUS_TESTS_UNIT_SERVERLESS_SPACE_H

#include <math.h>
#include <stdio.h>

#include "serverless/space.h"
#include "util/rng.h"

enum { SPACE_MAX_DEVICES = 5, SPACE_MAX_APPS = 3, SPACE_MAX_X = 10 };

typedef struct space_fixture {
  aus_serverless_space space;
  aus_serverless_axis device[SPACE_MAX_DEVICES], app[SPACE_MAX_APPS];
  int device_sorted[SPACE_MAX_DEVICES], app_sorted[SPACE_MAX_APPS];
  char text[SPACE_MAX_X][32];
  char *name[SPACE_MAX_X];
  aus_serverless_node specs[SPACE_MAX_DEVICES];
} space_fixture;

/* Names in mapping order: given, or made up. */
static inline void space_name(space_fixture *f, const char *const *given)
{
  int i, d = f->space.n_devices;

  f->space.n_x = 2 + d + f->space.n_apps;
  for (i = 0; i < f->space.n_x; i++) {
    f->name[i] = f->text[i];
    if (given)
      snprintf(f->text[i], sizeof f->text[i], "%s", given[i]);
    else
      snprintf(f->text[i], sizeof f->text[i], "%s_%d",
               i < 2       ? "base"
               : i < 2 + d ? "device_prop"
                           : "workload",
               i);
  }
  f->space.x_name = f->name;
  f->space.device_axis = f->device;
  f->space.app_axis = f->app;
  f->space.device_sorted = f->device_sorted;
  f->space.app_sorted = f->app_sorted;
  f->space.specs = f->specs;
}

/* Devices rpi, xavier, board and applications dnn, aux in file order. */
static inline void space_example(space_fixture *f)
{
  static const char *const names[] = {
      "network_bandwidth",  "cluster_size", "device_prop_board", "device_prop_rpi",
      "device_prop_xavier", "workload_aux", "workload_dnn"};

  *f =
      (space_fixture){.device = {{0.1, 0.9, 0.1, NAN}, {0.1, 0.4, 0.05, NAN}, {0.1, 0.3, 0.1, NAN}},
                      .app = {{0.5, 2.5, 0.5, 30.0}, {1.0, 2.0, 0.25, 5.0}},
                      .device_sorted = {2, 0, 1},
                      .app_sorted = {1, 0}};
  f->space.n_devices = 3;
  f->space.n_apps = 2;
  f->space.cluster_size = (aus_serverless_axis){4, 16, 4, 10};
  f->space.bandwidth = (aus_serverless_axis){50, 200, 50, 100};
  space_name(f, names);
}

/* A range of up to `most` values from a lower end at a multiple of the step. */
static inline aus_serverless_axis space_axis(aus_rng *r, double step, int from, int most)
{
  double min = step * (double)aus_rng_below(r, (uint64_t)from + 1);

  /* a little beyond the last value, or just short of the next one */
  return (aus_serverless_axis){
      min,
      min + step * ((double)aus_rng_below(r, (uint64_t)most) + 0.4 * (double)aus_rng_below(r, 3)),
      step, 1};
}

/* 2 to 5 devices (n_devices, if that is not 0) with steps that a computer cannot write exactly, some of
 * them with one value, 1 to 3 applications. The shares need not be able to sum to 1. */
static inline void space_invent(space_fixture *f, uint64_t trial, int n_devices)
{
  static const double steps[] = {0.1, 0.05, 0.125, 0.2, 0.01};
  aus_rng r = aus_rng_open(19, 0, trial, AUS_RNG_TRACE);
  double step = steps[aus_rng_below(&r, 5)];
  int i;

  *f = (space_fixture){0};
  f->space.n_devices = n_devices ? n_devices : 2 + (int)aus_rng_below(&r, 4);
  f->space.n_apps = 1 + (int)aus_rng_below(&r, 3);
  for (i = 0; i < f->space.n_devices; i++) {
    f->device[i] = space_axis(&r, step * (double)(1 + aus_rng_below(&r, 2)), 2, (int)(0.8 / step));
    f->device[i].max = fmin(f->device[i].max, 1.0);
    f->device_sorted[i] = f->space.n_devices - 1 - i;
  }
  for (i = 0; i < f->space.n_apps; i++) {
    f->app[i] = space_axis(&r, aus_rng_below(&r, 2) ? 0.3 : 0.05, 5, 40);
    f->app_sorted[i] = f->space.n_apps - 1 - i;
  }
  f->space.cluster_size = space_axis(&r, aus_rng_below(&r, 2) ? 1 : 2.5, 0, 12);
  f->space.cluster_size.min += 5;
  f->space.cluster_size.max += 5;
  f->space.bandwidth = space_axis(&r, 12.5, 0, 9);
  f->space.bandwidth.min += 10.1;
  f->space.bandwidth.max += 10.1;
  space_name(f, NULL);
}

#endif

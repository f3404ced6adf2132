/* model.c - fuzz: stored models of boosted trees, UBJSON or JSON text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model that is taken predicts, saves the bytes it was read from or ones that read back the same, and XGBoost
 * itself can load it: its JSON text, where it gives one, makes the same predictions.
 */
#include <config.h>

#include <math.h>

#include "fuzz/fuzz.h"
#include "learn/xgb.h"

enum { ROWS = 5, MOST_FEATURES = 64, MOST_BYTES = 4096 };

static bool load(aus_xgb **m, const void *bytes, size_t n, int refusal)
{
  aus_err err = {0};

  return fuzz_took(aus_xgb_load(m, "model", bytes, n, &err), &err, refusal);
}

static void predict(const aus_xgb *m, float y[ROWS])
{
  static const float at[ROWS] = {-1e9f, -0.5f, 0.0f, 3.0f, 1e30f};
  float x[ROWS * MOST_FEATURES];
  aus_err err = {0};
  int i, k, d = aus_xgb_n_features(m);

  for (i = 0; i < ROWS; i++)
    for (k = 0; k < d; k++)
      x[i * d + k] = k == i ? NAN : at[(i + k) % ROWS];
  fuzz_check(aus_xgb_predict(m, ROWS, d, x, y, &err) == AUS_OK);
}

static void check_same(const aus_xgb *m, const void *bytes, size_t n)
{
  aus_xgb *again = NULL;
  float y[ROWS], z[ROWS];

  if (!load(&again, bytes, n, AUS_OK)) return;
  predict(m, y);
  predict(again, z);
  fuzz_check(memcmp(y, z, sizeof y) == 0);
  aus_xgb_destroy(again);
}

static void through_xgboost(const aus_xgb *m)
{
  char *text = NULL;
  size_t n = 0;
  aus_err err = {0};

  if (fuzz_took(aus_xgb_save_json(m, &text, &n, &err), &err, AUS_EDEP)) check_same(m, text, n);
  aus_free(text);
}

FUZZ_TARGET(model)
{
  aus_xgb *m = NULL;
  char *bytes = NULL;
  size_t n_bytes = 0;
  aus_err err = {0};

  if (!load(&m, data, n, AUS_EFORMAT)) return;
  fuzz_check(aus_xgb_n_features(m) >= 1 && aus_xgb_rounds(m) >= 0);
  if (aus_xgb_n_features(m) <= MOST_FEATURES) {
    if (fuzz_must(aus_xgb_save(m, &bytes, &n_bytes, &err), &err)) check_same(m, bytes, n_bytes);
    if (n_bytes <= MOST_BYTES) through_xgboost(m);
  }
  aus_free(bytes);
  aus_xgb_destroy(m);
}

/* acq.c - log h against 60-digit arithmetic, monotone and finite, slopes against differences.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/acq.h"
#include "unit/check.h"

/* z, log h(z), Phi(z) / h(z), phi(z) / h(z): mpmath 1.3.0 with 60 digits. */
/* clang-format off */
static const double known[][4] = {
    {-10000.0, -50000019.339619307157, 10000.000199999994, 100000002.99999994},
    {-1000.5, -500514.86045183824402, 1000.501998994508783, 1001003.2499940060374},
    {-1000.0, -500014.73445209115845, 1000.001999994000042, 1000002.999994000042},
    {-999.5, -499514.85845184407731, 999.50200099449128322, 999003.24999399403758},
    {-300.0, -45012.326536814554207, 300.0066664444617265, 90002.999933338517951},
    {-100.0, -5010.1295788002497923, 100.01999400419586505, 10002.999400419586505},
    {-38.0, -730.19618340211373916, 38.052522760041328294, 1446.9958648815704752},
    {-20.0, -206.91783850942509785, 20.099262811101281775, 402.98525622202563551},
    {-8.0, -37.122364261692633, 8.2393965068400668851, 66.915172054720535081},
    {-5.0, -16.744301162660990143, 5.3618162412880885298, 27.809081206440442649},
    {-4.25, -12.985910382809751821, 4.6625878818381056798, 20.815998497811949139},
    {-4.0, -11.849061577550663111, 4.4324837418731182906, 18.729934967492473162},
    {-3.9375, -11.573821143291861457, 4.3752290330604931184, 18.227464317675691654},
    {-3.0, -7.8696860596030285171, 3.5323375176251605167, 11.59701255287548155},
    {-2.0, -4.7687835239171141569, 2.6794168839555859839, 6.3588337679111719678},
    {-1.0, -2.4851210257126413368, 1.9042712333296918229, 2.9042712333296918229},
    {-0.5, -1.6205162643873199193, 1.5598731483480796712, 1.7799365741740398356},
    {-0.0009765625, -0.92016274499633700932, 1.2538716402159339755, 1.001224484023648373},
    {0.0, -0.91893853320467274178, 1.2533141373155002512, 1.0},
    {0.25, -0.62297823090676788688, 1.1162715463877813478, 0.72093211340305466306},
    {1.0, 0.080026218849306940029, 0.77663872520173925975, 0.22336127479826074025},
    {2.5, 0.91709206559216451701, 0.39719771838373844892, 0.0070057040406538777084},
    {6.0, 1.7917594692541144974, 0.16666666649789214306, 1.0126471416108251731e-9},
    {10.0, 2.302585092994045684, 0.1, 7.6945986267064193463e-24},
    {38.0, 3.6375861597263857694, 0.026315789473684210526, 2.8874238210726130474e-316},
    {40.0, 3.6888794541139363029, 0.025, 0.0 /* 3.7e-350 */},
};
/* clang-format on */

enum { KNOWN = sizeof known / sizeof *known };

/* |got - want| <= tol |want|, or both are nothing. */
static void check_relative(double got, double want, double tol, double z)
{
  if (!(fabs(got - want) <= tol * fabs(want) + 1e-300))
    fail_msg("z = %.17g: %.17g, want %.17g", z, got, want);
}

static void known_values(void **state)
{
  double slope;
  int i;

  (void)state;
  for (i = 0; i < KNOWN; i++) {
    const double z = known[i][0];
    const aus_acq a = aus_acq_logei(-z, 1.0, 0.0), b = aus_acq_logei(3.0 - 0.5 * z, 0.5, 3.0);

    check_relative(aus_acq_log_h(z, &slope), known[i][1], 1e-14, z);
    check_relative(slope, known[i][2], 1e-13, z);
    check_relative(a.value, known[i][1], 1e-14, z);
    check_relative(a.d_mu, -known[i][2], 1e-13, z);
    check_relative(a.d_sd, known[i][3], 1e-13, z);
    check_near(b.value, known[i][1] + log(0.5), 1e-13);
    check_relative(b.d_mu, -2.0 * known[i][2], 1e-12, z);
  }
}

/* log EI where EI itself can be computed. */
static void plain(void **state)
{
  double z;

  (void)state;
  for (z = -3.0; z <= 40.0; z += 0.01) {
    const double phi = exp(-0.5 * z * z) / sqrt(2.0 * M_PI), Phi = 0.5 * erfc(-z / sqrt(2.0));

    check_near(aus_acq_log_h(z, NULL), log(phi + z * Phi), 1e-13);
  }
}

static void rises(double from, double to, double step)
{
  double last = -INFINITY, last_slope = INFINITY, z, f, slope;

  for (z = from; z <= to; z += step) {
    f = aus_acq_log_h(z, &slope);
    if (!isfinite(f) || !isfinite(slope) || !(slope > 0.0)) fail_msg("z = %.17g: %g", z, f);
    if (!(f > last)) fail_msg("z = %.17g: %.17g after %.17g", z, f, last);
    /* log h is concave */
    if (!(slope < last_slope * (1.0 + 1e-13))) fail_msg("z = %.17g: slope %.17g", z, slope);
    last = f;
    last_slope = slope;
  }
}

static void monotone(void **state)
{
  (void)state;
  rises(-1e4, -900.0, 0.01);
  rises(-1100.0, 40.0, 0.001);
  rises(-5.00001, -4.99999, 1e-10); /* where the formula changes */
  assert_true(isfinite(aus_acq_log_h(-1e150, NULL)));
  assert_true(aus_acq_log_h(-1e4, NULL) < aus_acq_log_h(-1e4 + 1e-6, NULL));
}

static void slopes(void **state)
{
  static const double at[] = {-900, -40, -6, -5, -4, -1.5, 0, 1, 5};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof at / sizeof *at; i++) {
    const double sd = 0.3, mu = 1.0 - at[i] * sd, h = 1e-5 * sd;
    const aus_acq a = aus_acq_logei(mu, sd, 1.0);

    check_near((aus_acq_logei(mu + h, sd, 1.0).value - aus_acq_logei(mu - h, sd, 1.0).value) /
                   (2.0 * h),
               a.d_mu, 1e-6);
    check_near((aus_acq_logei(mu, sd + h, 1.0).value - aus_acq_logei(mu, sd - h, 1.0).value) /
                   (2.0 * h),
               a.d_sd, 1e-6);
    assert_true(a.d_mu < 0.0 && a.d_sd > 0.0);
  }
}

static void ucb(void **state)
{
  const aus_acq a = aus_acq_ucb(2.0, 0.5, 3.0);

  (void)state;
  check_near(a.value, -0.5, 0.0);
  check_near(a.d_mu, -1.0, 0.0);
  check_near(a.d_sd, 3.0, 0.0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_values), cmocka_unit_test(plain), cmocka_unit_test(monotone),
      cmocka_unit_test(slopes),       cmocka_unit_test(ucb),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* acq.h - acquisition functions of a posterior (mu, sd) for minimisation, larger is better.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LogEI = log(sd h(z)) with z = (best - mu) / sd and h(z) = phi(z) + z Phi(z), the logarithm of the
 * expected improvement on `best`, without cancellation however small the improvement is.
 * Source: Ament et al. 2023, section 4.1; Srinivas et al. 2010 (UCB).
 */
#ifndef AUS_DESIGN_ACQ_H
#define AUS_DESIGN_ACQ_H

typedef struct aus_acq {
  double value;
  double d_mu, d_sd; /* its slopes */
} aus_acq;

/** log h(z): increasing, finite for z between -1e150 and 1e300.
 * @param [out] slope  Phi(z) / h(z), NULL: not wanted. Local. */
double aus_acq_log_h(double z, double *slope);

/** Logarithm of the expected improvement. @param sd  above 0. Local. */
aus_acq aus_acq_logei(double mu, double sd, double best);

/** Upper confidence bound of -y: kappa sd - mu. Local. */
aus_acq aus_acq_ucb(double mu, double sd, double kappa);

#endif

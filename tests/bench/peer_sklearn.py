"""peer_sklearn.py [CASE...] - proposals with scikit-learn's Gaussian process, for the ratio beside `gp_proposal`.

SPDX-License-Identifier: GPL-3.0-or-later
Matern-5/2 with a length-scale per dimension, fitted from five starts; expected improvement on 576 candidates,
the five best polished by L-BFGS-B. Theta is made anew when n has grown by a tenth, as in auspex. Prints one JSON
line; without scikit-learn a line that says so.
"""
import json
import statistics
import sys
import time
import warnings

CASE = 'gp_proposal'
FROM, TO, D, REPS = 180, 220, 6, 5


def campaign():
    rng = numpy.random.default_rng(1)
    x = rng.random((TO, D))
    y = numpy.sin(4 * x + numpy.arange(D)).sum(axis=1)
    theta, last = None, 0
    for n in range(FROM, TO + 1):
        fresh = n >= 1.1 * last
        kernel = ConstantKernel() * Matern(numpy.ones(D), nu=2.5) + WhiteKernel(1e-4)
        gp = GaussianProcessRegressor(kernel if fresh else theta, optimizer='fmin_l_bfgs_b' if fresh else None,
                                      n_restarts_optimizer=4 if fresh else 0, normalize_y=True, random_state=0)
        gp.fit(x[:n], y[:n])
        if fresh:
            theta, last = gp.kernel_, n
        propose(gp, y[:n].min(), rng.random((576, D)))
    return TO - FROM + 1


def propose(gp, best, candidates):
    def minus(points):
        mu, sd = gp.predict(numpy.atleast_2d(points), return_std=True)
        z = (best - mu) / sd
        return -sd * (z * norm.cdf(z) + norm.pdf(z))

    start = candidates[numpy.argsort(minus(candidates))[:5]]
    ends = [minimize(lambda p: minus(p)[0], s, method='L-BFGS-B', bounds=[(0, 1)] * D,
                     options={'maxiter': 40}) for s in start]
    return min(ends, key=lambda e: e.fun).x


def main():
    times = []
    for _ in range(REPS):
        begin = time.perf_counter()
        work = campaign()
        times.append(time.perf_counter() - begin)
    median = statistics.median(times)
    print(json.dumps({'name': CASE + ':sklearn', 'size': (FROM + TO) // 2, 'ranks': 1, 'reps': REPS, 'median_s': median,
                      'min_s': min(times), 'max_s': max(times), 'work': work, 'per_s': work / median,
                      'value': 1e3 * median / work, 'revision': 'sklearn ' + sklearn.__version__}), flush=True)


if len(sys.argv) == 1 or CASE in sys.argv[1:]:
    try:
        import numpy
        import sklearn
        from scipy.optimize import minimize
        from scipy.stats import norm
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    except ImportError:
        print(json.dumps({'name': CASE + ':sklearn', 'skipped': 'no python3-sklearn'}), flush=True)
    else:
        warnings.simplefilter('ignore')
        main()

"""Seconds of predictive distributions and of standard errors.

Quantiles: 9 levels in 100,000 rows of a mixture of 8 experts with random shares, predictors and
scales; scores and modes of a tenth of these rows. The error is the largest |cdf(ppf(q)) - q|.
Standard errors: the whole summary, beside the seconds of the fit.

    OPENBLAS_NUM_THREADS=1 python benchmarks/prediction.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/prediction.py --rows 10000
"""

import argparse

import numpy as np
from _common import report, seconds
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe.distribution import MixtureDistribution
from skmoe.families import Gamma, Gaussian, Laplace, NegativeBinomial, Poisson, StudentT

N_ROWS, N_EXPERTS = 100_000, 8
LEVELS = np.linspace(0.05, 0.95, 9)[:, None]


def random_law(family, n_rows):
    """A random mixture, in units of random targets."""
    rng = np.random.default_rng(0)
    y = rng.poisson(5, (50, 1)) + isinstance(family, Gamma)
    family = family.initialize(y.astype(float))
    eta = rng.normal(0, 1, (n_rows, N_EXPERTS, 1)) + np.array(family.start)
    scale = family.initial_scale(N_EXPERTS, eta)
    if scale is not None:
        scale = family.limited(scale * np.exp(rng.normal(-0.5, 0.5, scale.shape)))
    shares = rng.dirichlet(np.full(N_EXPERTS, 0.3), n_rows)
    return MixtureDistribution(np.log(np.maximum(shares, 1e-200)), eta, scale, family)


def distributions(n_rows):
    """Seconds of the methods, family by family."""
    for kind in (Gaussian, Laplace, StudentT, Gamma, Poisson, NegativeBinomial):
        law = random_law(kind(), n_rows)
        of_quantiles, y = seconds(lambda law=law: law.ppf(LEVELS))
        of_cdf, p = seconds(lambda law=law, y=y: law.cdf(y))
        some = law[: n_rows // 10]
        drawn = some.rvs(random_state=0)
        yield {
            "family": kind.__name__,
            "quantiles s": of_quantiles,
            "cdf s": of_cdf,
            "crps s (a tenth)": seconds(lambda some=some, y=drawn: some.crps(y))[0],
            "mode s (a tenth)": seconds(some.mode)[0],
            "error": "-" if law.discrete else f"{np.abs(p - LEVELS).max():.0e}",
        }


def standard_errors(n_rows):
    """Seconds of summaries beside those of the fits."""
    rng = np.random.default_rng(0)
    shapes = [(1000, 10, 2), (10_000, 10, 4), (50_000, 30, 4), (100_000, 30, 8)]
    for n, d, n_experts in (shape for shape in shapes if shape[0] <= n_rows):
        X = rng.normal(size=(n, d))
        y = 3 * np.abs(X[:, 0]) + X[:, 1] * (X[:, 2] > 0) + 0.3 * rng.normal(size=n)
        model = MoERegressor(n_experts, random_state=0)
        of_fit, _ = seconds(lambda model=model, X=X, y=y: model.fit(X, y))
        plain, _ = seconds(lambda model=model, X=X, y=y: model.summary(X, y))
        robust, _ = seconds(lambda model=model, X=X, y=y: model.summary(X, y, robust=True))
        yield {
            "n": n,
            "d": d,
            "K": n_experts,
            "parameters": model.n_parameters_,
            "fit s": of_fit,
            "summary s": plain,
            "robust s": robust,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=N_ROWS, help="at most")
    n_rows = parser.parse_args().rows
    with threadpool_limits(1):
        title = f"Distributions of {n_rows:,} rows, 8 experts, 9 levels"
        report(title, list(distributions(n_rows)))
        report("Standard errors", list(standard_errors(n_rows)))


if __name__ == "__main__":
    main()

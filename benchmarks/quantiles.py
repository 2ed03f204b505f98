"""Seconds of quantiles, in looks at the distribution function and against scipy's root finder.

Quantiles of 1, 3, 9 and 33 levels of a mixture of 8 experts with random shares, predictors and
scales (`prediction.py`), and of 9 levels of one whose experts are far apart, or counts large. The
lesser of 2 runs, of the time of the processor. One look is `cdf` at all quantiles of 9 levels.
scipy searches the quantiles of a few rows one by one. The miss is the largest difference of
cdf(ppf(q)) and q; of counts, how many quantiles are not the first number that reaches the level.

    OPENBLAS_NUM_THREADS=1 python benchmarks/quantiles.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/quantiles.py --rows 10000
"""

import argparse
import time
from functools import partial

import numpy as np
import prediction
from _common import report, seconds
from scipy.optimize import brentq
from threadpoolctl import threadpool_limits

from skmoe.distribution import MixtureDistribution
from skmoe.families import Gamma, Gaussian, Laplace, NegativeBinomial, Poisson, StudentT

REPEATS, N_SEARCHED = 2, 20


def processor_seconds(call):
    """Least seconds of the processor of a few calls, and the answer."""
    least = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        answer = call()
        least = min(least, time.process_time() - begin)
    return least, answer


def apart(law):
    """The same with experts far apart; of counts, with large ones."""
    eta = law.eta + 7 if law.discrete else law.eta * (5 if isinstance(law.family, Gamma) else 30)
    return MixtureDistribution(law.log_weight, eta, law.scale, law.family)


def miss(law, y):
    """How far quantiles of 9 levels miss; of counts, how many do."""
    q = prediction.LEVELS
    if law.discrete:
        return int(((law.cdf(y) < q) | (law.cdf(y - 1) >= q)).sum())
    return f"{np.abs(law.cdf(y) - q).max():.0e}"


def searched(law, y):
    """The median of every row by scipy's root finder on `cdf`."""
    width = np.abs(y[-1] - y[0]) + 1
    for row in range(len(law)):
        alone, middle = law[row], y[4, row]
        brentq(lambda x, law=alone: law.cdf(x)[0] - 0.5, middle - width[row], middle + width[row])


def quantiles(family, n_rows):
    """Seconds of one family."""
    law, row = prediction.random_law(family, n_rows), {"family": type(family).__name__}
    for n_levels in (1, 3, 33):
        levels = np.linspace(0.05, 0.95, n_levels)[:, None]
        row[f"{n_levels} levels s"] = processor_seconds(partial(law.ppf, levels))[0]
    row["9 levels s"], y = processor_seconds(lambda: law.ppf(prediction.LEVELS))
    row["looks"] = row["9 levels s"] / processor_seconds(lambda: law.cdf(y))[0]
    row["miss"] = miss(law, y)
    far = apart(law)
    row["far apart s"] = processor_seconds(lambda: far.ppf(prediction.LEVELS))[0]
    of_search = seconds(lambda: searched(law[:N_SEARCHED], y[:, :N_SEARCHED]))[0] / N_SEARCHED
    row["scipy / ours"] = of_search * y.size / row["9 levels s"]
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=prediction.N_ROWS)
    n_rows = parser.parse_args().rows
    with threadpool_limits(1):
        kinds = (Gaussian, Laplace, StudentT, Gamma, Poisson, NegativeBinomial)
        table = [quantiles(kind(), n_rows) for kind in kinds]
        report(f"Quantiles of {n_rows:,} rows, 8 experts", table)


if __name__ == "__main__":
    main()

"""Data that the tests share: one small public table, and generators."""

import warnings
from contextlib import contextmanager

import numpy as np

from skmoe.exceptions import FitWarning

# Global annual temperature anomalies, 1880 to 2015, in hundredths of a degree Celsius (NASA GISS;
# a work of the US government, in the public domain).
_HUNDREDTHS = [
    -41,
    -39,
    -30,
    -32,
    -60,
    -46,
    -60,
    -64,
    -44,
    -20,
    -56,
    -59,
    -49,
    -51,
    -41,
    -33,
    -30,
    -22,
    -39,
    -32,
    -15,
    -14,
    -37,
    -43,
    -54,
    -37,
    -26,
    -55,
    -41,
    -43,
    -36,
    -38,
    -36,
    -34,
    -8,
    -7,
    -31,
    -52,
    -43,
    -19,
    -29,
    -17,
    -26,
    -28,
    -23,
    -26,
    -5,
    -19,
    -11,
    -34,
    -16,
    -9,
    -12,
    -24,
    -10,
    -22,
    -9,
    0,
    7,
    -10,
    8,
    4,
    5,
    1,
    6,
    -8,
    -7,
    6,
    -9,
    -13,
    -23,
    -8,
    -2,
    7,
    -13,
    -11,
    -22,
    4,
    5,
    4,
    -2,
    8,
    1,
    1,
    -26,
    -17,
    -7,
    -2,
    -10,
    1,
    7,
    -8,
    -3,
    22,
    -4,
    2,
    -17,
    21,
    14,
    20,
    34,
    44,
    13,
    39,
    22,
    20,
    24,
    40,
    49,
    38,
    52,
    52,
    23,
    27,
    37,
    56,
    47,
    53,
    84,
    60,
    57,
    68,
    79,
    77,
    68,
    87,
    77,
    85,
    65,
    79,
    92,
    79,
    78,
    82,
    88,
    99,
]
TEMPERATURE_ANOMALIES = np.column_stack([np.arange(1880, 2016), np.array(_HUNDREDTHS) / 100])


def two_lines(n, seed=0):
    """Rows (n, 2) and a target that follows one line left, another right, of a soft border."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 2))
    left = rng.uniform(size=n) < 1 / (1 + np.exp(4 * X[:, 1]))
    y = np.where(left, 1 + 2 * X[:, 0], -1 - X[:, 0]) + 0.3 * rng.standard_normal(n)
    return X, y


def one_hot_regimes(n, seed=0, levels=(9, 16, 7, 15, 6, 5), n_experts=3):
    """X with a few numbers and a column for every level; numbers and labels of planted experts."""
    rng = np.random.default_rng(seed)
    shares = [rng.dirichlet(np.full(size, 2.0)) for size in levels]
    drawn = [np.eye(len(share))[rng.choice(len(share), size=n, p=share)] for share in shares]
    X = np.hstack([rng.standard_normal((n, 4)), *drawn])
    W, B = rng.standard_normal((2, X.shape[1], n_experts))
    chosen = (X @ W + rng.gumbel(size=(n, n_experts))).argmax(axis=1)
    eta = (X @ B)[np.arange(n), chosen]
    y = eta + 0.3 * rng.standard_normal(n)
    return X, y, (rng.uniform(size=n) < 1 / (1 + np.exp(-eta))).astype(int)


def planted(n, d, seed, n_experts=4, n_test=10_000):
    """Train and test rows of a mixture, and the R2 of its own mean on the test rows."""
    rng = np.random.default_rng(seed)
    gate = rng.standard_normal((d, n_experts)), 0.3 * rng.standard_normal(n_experts)
    expert = rng.standard_normal((d, n_experts)), rng.standard_normal(n_experts)

    def draw(size):
        X = rng.standard_normal((size, d))
        logits = 8 * (X @ gate[0] / np.sqrt(d) + gate[1])
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        proba /= proba.sum(axis=1, keepdims=True)
        means = 2 * X @ expert[0] / np.sqrt(d) + expert[1]
        chosen = np.argmax(proba.cumsum(axis=1) > rng.uniform(size=(size, 1)), axis=1)
        y = means[np.arange(size), chosen] + 0.1 * rng.standard_normal(size)
        return X, y, np.sum(proba * means, axis=1)

    X, y, _ = draw(n)
    X_test, y_test, mean = draw(n_test)
    best = 1 - np.mean((y_test - mean) ** 2) / np.var(y_test)
    return X, y, X_test, y_test, best


@contextmanager
def quiet():
    """Without what a fit warns of; any other warning is an error as ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        yield

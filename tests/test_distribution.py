"""The predictive distribution: one law behind density, distribution function, quantiles, draws."""

import re
import tracemalloc
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from numpy.testing import assert_allclose
from scipy.integrate import quad, simpson
from sklearn.datasets import load_diabetes
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe._numerics.search import find_root
from skmoe.distribution import MixtureDistribution
from skmoe.distribution._cells import log_cell
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.families import (
    Bernoulli,
    Beta,
    Gamma,
    Gaussian,
    InverseGaussian,
    Laplace,
    LogNormal,
    NegativeBinomial,
    Poisson,
    StudentT,
    Tweedie,
    Weibull,
)
from skmoe.readers import ArrayReader
from skmoe.testing._backends import as_host

from .choosing import BACKENDS, FULL

POSITIVE = [Gamma(), LogNormal(), Weibull(), InverseGaussian()]
CONTINUOUS = [Gaussian(), Laplace(), StudentT(), StudentT(df=3), *POSITIVE, Beta()]
COUNTS = [Poisson(), NegativeBinomial()]
AMOUNTS = [Tweedie(), Tweedie(power=1.2)]
FAMILIES = [*CONTINUOUS, *COUNTS, Bernoulli()]
TAIL = np.geomspace(1e-12, 0.02, 40)[:, None]
MORE = np.concatenate([TAIL, np.linspace(0.03, 0.97, 60)[:, None], 1 - TAIL])
LEVELS = np.array([1e-12, 1e-6, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6, 1 - 1e-12])[:, None]


def random_law(family, n=60, n_experts=4, n_outputs=1, seed=0):
    """A mixture with random shares, predictors and scales, in units of random targets."""
    rng = np.random.default_rng(seed)
    shape = (50, n_outputs)
    y = rng.normal(5, 3, shape)
    if family in (*POSITIVE, *AMOUNTS):
        y = rng.gamma(2, 3, shape)
    elif isinstance(family, Beta):
        y = rng.beta(2, 3, shape)
    elif family.discrete:
        y = rng.integers(0, 2, shape) if isinstance(family, Bernoulli) else rng.poisson(5, shape)
    family = family.initialize(y.astype(float))
    eta = rng.normal(0, 1.2, (n, n_experts, n_outputs)) + np.array(family.start)
    scale = family.initial_scale(n_experts, eta)
    if isinstance(family, Beta):
        # Of wider ones half lies nearer to an end than numbers tell.
        eta, scale = 0.5 * eta, 0.3 * scale
    if scale is not None:
        scale = family.limited(scale * np.exp(rng.normal(-0.7, 0.6, scale.shape)))
    shares = rng.dirichlet(np.full(n_experts, 0.4), n)
    log_weight = np.log(np.maximum(shares, 1e-200))
    return MixtureDistribution(log_weight, eta, scale, family, flat=n_outputs == 1)


@pytest.mark.parametrize("family", CONTINUOUS, ids=str)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=FULL) for seed in (1, 2))])
def test_quantiles_undo_the_distribution_function_far_out_too(family, seed):
    law = random_law(family, seed=seed)
    assert_allclose(law.cdf(law.ppf(LEVELS)), np.broadcast_to(LEVELS, (11, 60)), rtol=1e-8)
    assert_allclose(law.sf(law.isf(LEVELS)), np.broadcast_to(LEVELS, (11, 60)), rtol=1e-8)
    low, high = law.interval(0.8)
    assert_allclose(law.cdf(high) - law.cdf(low), 0.8, rtol=1e-8)
    assert (np.diff(law.ppf(LEVELS), axis=0) > 0).all()


@pytest.mark.parametrize("family", [*COUNTS, Bernoulli()], ids=str)
def test_quantiles_of_counts_are_the_first_number_that_reaches_the_level(family):
    law = random_law(family)
    y = law.ppf(LEVELS)
    assert (y == np.floor(y)).all()
    assert (law.cdf(y) >= LEVELS - 1e-13).all()
    assert (law.cdf(y - 1) < LEVELS + 1e-13).all()
    y = law.isf(LEVELS)
    assert (law.sf(y) <= LEVELS * (1 + 1e-9)).all()
    assert (law.sf(y - 1) > LEVELS * (1 - 1e-9)).all()


@pytest.mark.parametrize("family", AMOUNTS, ids=str)
def test_quantiles_of_amounts_are_zero_as_far_as_its_probability_goes(family):
    law = random_law(family, n=30)
    zero = np.broadcast_to(law.cdf(0.0), (11, 30))
    assert zero.min() < 0.1 < zero.max()
    assert_allclose(law.pdf(0.0), law.cdf(0.0))
    y, above = law.ppf(LEVELS), law.isf(LEVELS)
    assert ((y == 0) == (zero >= LEVELS)).all()
    assert_allclose(law.cdf(y), np.maximum(zero, LEVELS), rtol=1e-8)
    assert_allclose(law.sf(above), np.minimum(law.sf(0.0), LEVELS), rtol=1e-8)
    assert (law.cdf(-1e-9) == 0).all() and (law.logpdf(-1.0) == -np.inf).all()


@pytest.mark.parametrize("family", AMOUNTS, ids=str)
def test_draws_scores_and_modes_of_amounts(family):
    law, size = random_law(family, n=2, seed=1), 40_000
    drawn = law.rvs(size, random_state=0)
    assert (np.abs(drawn.mean(axis=0) - law.mean()) < 4.5 * law.std() / size**0.5).all()
    square = (drawn - law.mean()) ** 2
    assert (np.abs(square.mean(axis=0) - law.var()) < 4.5 * square.std(axis=0) / size**0.5).all()
    zero = law.cdf(0.0)
    error = np.sqrt(zero * (1 - zero) / size)
    assert (np.abs((drawn == 0).mean(axis=0) - zero) < 4.5 * error).all()
    # The integral of the squared distance to a step, by Simpson's rule.
    y, steps = drawn[0] + 0.1, np.linspace(0, 1, 301)[:, None] ** 2
    below, above = y * steps, y + law.isf(1e-9) * steps
    score = simpson(law.cdf(below) ** 2, x=below, axis=0)
    score = score + simpson(law.sf(above) ** 2, x=above, axis=0)
    assert_allclose(law.crps(y), score, rtol=1e-4)
    grid = law.isf(np.linspace(0.001, 0.999, 30)[:, None] * law.sf(0.0))
    grid = np.concatenate([np.zeros((1, 2)), grid])
    assert (law.logpdf(law.mode()) >= law.logpdf(grid).max(axis=0) - 1e-6).all()


@pytest.mark.parametrize("family", AMOUNTS, ids=str)
def test_the_mode_of_amounts_is_zero_where_nothing_is_most_probable(family):
    eta, scale = np.log([[[1.0]], [[50.0]]]), np.array([[1.5, 2.0][: 1 + (family.power == "auto")]])
    law = MixtureDistribution(np.zeros((2, 1)), eta, scale, family.initialize(np.ones((2, 1))))
    grid = np.linspace(0.01, 60, 500)[:, None]
    assert law.pdf(0.0)[0] > 0.5 > law.pdf(grid)[:, 0].max()
    assert law.pdf(0.0)[1] < 5e-3 < law.pdf(grid)[:, 1].max()
    assert law.mode()[0] == 0 and law.mode()[1] > 20


@pytest.mark.parametrize("family", CONTINUOUS[:-1], ids=str)
def test_the_density_is_the_slope_of_the_distribution_function_and_integrates_to_one(family):
    law = random_law(family, n=3)
    # A density may have a kink at an expert's centre.
    centers = [law._alone(law, k).ppf(0.5) for k in range(4)]
    points = np.concatenate([law.ppf(MORE), centers])
    points = np.sort(points, axis=0)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(points, axis=0) / 2
    y = points[:-1] + half * (1 + nodes[:, None, None])
    pieces = half * np.tensordot(weights, law.pdf(y), axes=1)
    assert_allclose(pieces, np.diff(law.cdf(points), axis=0), atol=1e-9)
    assert_allclose(pieces.sum(axis=0), 1, atol=1e-8)


@pytest.mark.parametrize("family", COUNTS, ids=str)
def test_probabilities_of_counts_add_up_to_the_distribution_function(family):
    law = random_law(family, n=3)
    y = np.arange(400.0)[:, None]
    assert_allclose(law.pdf(y).cumsum(axis=0), law.cdf(y), atol=1e-10)
    assert (law.pdf([-1.0, 0.5, 2.0]) > 0).tolist() == [False, False, True]


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_mean_and_variance_are_those_of_draws(family):
    law = random_law(family, n=8, seed=1)
    size = 40_000
    drawn = law.rvs(size, random_state=0)
    assert drawn.shape == (size, 8)
    spread = law.std()
    known = np.isfinite(spread) & (spread > 0)
    if not isinstance(family, StudentT) or family.df != "auto":
        assert known.all()
    error = np.abs(drawn.mean(axis=0) - law.mean())[known] / (spread[known] / size**0.5)
    assert (error < 4.5).all()
    square = (drawn - law.mean()) ** 2
    # Of Student's t with three degrees of freedom the squares have no variance themselves.
    if not isinstance(family, StudentT):
        error = np.abs(square.mean(axis=0) - law.var()) / (square.std(axis=0) / size**0.5)
        assert (error < 4.5).all()
    below = (drawn <= law.ppf(0.3)).mean(axis=0)
    assert (np.abs(below - law.cdf(law.ppf(0.3))) < 4.5 * 0.5 / size**0.5).all()


# By quadrature all continuous families are alike.
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=FULL) if family in CONTINUOUS[5:] else family
        for family in FAMILIES
    ],
    ids=str,
)
def test_crps_is_the_integral_of_the_squared_distance_to_a_step(family):
    law = random_law(family, n=2, seed=2)
    y = np.concatenate([law.rvs(1, random_state=0), [law.isf(1e-4)]])
    for row in range(2):
        for value, score in zip(y[:, row], law.crps(y)[:, row], strict=True):
            assert_allclose(score, integrated_score(law[row], value), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("family", COUNTS, ids=str)
def test_crps_of_large_counts_is_the_sum_too(family):
    law = random_law(family, n=6, seed=4)
    law = MixtureDistribution(law.log_weight, law.eta + 4, law.scale, law.family)
    y = np.concatenate([law.rvs(2, random_state=0), [law.isf(1e-4)]])
    assert y.max() > 300
    z = np.arange(law.isf(1e-13).max() + 1)[:, None]
    below = law.cdf(z)
    for value, score in zip(y, law.crps(y), strict=True):
        assert_allclose(score, ((below - (z >= value)) ** 2).sum(axis=0), rtol=1e-8)


def integrated_score(law, value):
    """The score of one row by scipy's quadrature, or by a sum over whole numbers."""
    low, high = law.ppf(1e-11)[0], law.isf(1e-11)[0]
    if law.discrete:
        z = np.arange(max(low, 0), max(high, value) + 1)
        return ((law.cdf(z[:, None])[:, 0] - (z >= value)) ** 2).sum()
    centers = [law._alone(law, k).ppf(0.5)[0] for k in range(4)]
    z = law.ppf(MORE[::3])[:, 0]
    ends = np.unique(np.concatenate([[low], z, centers, [value, high]]))

    def square(t):
        return (law.cdf(t)[0] - (t >= value)) ** 2

    return sum(quad(square, *pair, epsabs=1e-9, limit=200)[0] for pair in pairwise(ends))


def test_crps_of_what_cannot_be_is_the_distance_besides():
    for family in (Bernoulli(), Poisson()):
        law = random_law(family, n=5)
        assert_allclose(law.crps(-3.0), law.crps(0.0) + 3, rtol=1e-8)
    assert_allclose(law.crps(5000.0) - law.crps(4000.0), 1000, rtol=1e-8)
    law = random_law(Bernoulli(), n=5)
    assert_allclose(law.crps(1000.0), law.crps(1.0) + 999, rtol=1e-8)


def test_one_gaussian_expert_is_the_normal_distribution():
    X, y = load_diabetes(return_X_y=True)
    model = MoERegressor(1).fit(X, y)
    law = model.predict_dist(X)
    known = scipy.stats.norm(model.predict(X), model.expert_scale_[0])
    assert_allclose(law.logpdf(y), known.logpdf(y))
    assert_allclose(law.cdf(y), known.cdf(y))
    assert_allclose(law.ppf(0.2), known.ppf(0.2))
    assert_allclose(law.std(), known.std())
    # Gneiting & Raftery (2007), equation 21.
    z = (y - known.mean()) / known.std()
    unit = scipy.stats.norm
    want = known.std() * (z * (2 * unit.cdf(z) - 1) + 2 * unit.pdf(z) - 1 / np.pi**0.5)
    assert_allclose(law.crps(y), want)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_the_mode_is_the_highest_point(family):
    law = random_law(family, n=10, seed=3)
    mode = law.mode()
    grid = law.ppf(np.linspace(0.001, 0.999, 500)[:, None])
    assert (law.logpdf(mode) >= law.logpdf(grid).max(axis=0) - 1e-6).all()
    if law.discrete:
        assert (mode == np.floor(mode)).all()


def test_values_broadcast_against_rows_and_targets():
    law = random_law(Gaussian(), n=5, n_outputs=2)
    assert law.shape == (5, 2)
    assert law.mean().shape == law.ppf(0.5).shape == law.rvs().shape == (5, 2)
    assert law.cdf(np.zeros((7, 1, 1))).shape == (7, 5, 2)
    assert law.rvs((3, 4), random_state=0).shape == (3, 4, 5, 2)
    for target in range(2):
        alone = random_law(Gaussian(), n=5, n_outputs=2)
        table = alone.ppf(0.3)[:, target]
        assert_allclose(alone.cdf(table[:, None] + np.zeros(2))[:, target], 0.3)
    with pytest.raises(ValueError, match=r"shape \(7,\).*shape \(5, 2\)"):
        law.cdf(np.zeros(7))
    with pytest.raises(ValueError, match=r"1\.5.*between 0 and 1"):
        law.ppf([[1.5]])
    with pytest.raises(ValueError, match="NaN"):
        law.cdf([1.0, np.nan])
    with pytest.raises(ValueError, match="one target"):
        law.plot()


def test_rows_can_be_chosen():
    law = random_law(Gamma(), n=9)
    for rows in (3, slice(2, 5), [1, 7], np.arange(9) > 6):
        assert_allclose(law[rows].mean(), np.atleast_1d(law.mean()[rows]))


@pytest.mark.parametrize(
    "family",
    [Gaussian(), Laplace(), StudentT(), *POSITIVE, Poisson(), NegativeBinomial(), Bernoulli()],
    ids=str,
)
@np.errstate(over="ignore")  # over a mean below one, the largest number is infinite
def test_all_lies_below_what_is_farthest(family):
    law = random_law(family, n=2)
    for far in (np.inf, 1e308):
        assert_allclose(law.cdf([far]), [1, 1])
        assert_allclose(law.sf([far]), [0, 0], atol=1e-12)
        assert_allclose(law.cdf([-far]), [0, 0], atol=1e-12)
        assert_allclose(law.sf([-far]), [1, 1])


def test_levels_zero_and_one_are_the_ends():
    assert_allclose(random_law(Gaussian(), n=2).ppf([[0.0], [1.0]]), [[-np.inf] * 2, [np.inf] * 2])
    assert_allclose(random_law(Gamma(), n=1).isf([[0.0], [1.0]]), [[np.inf], [0]])
    assert_allclose(random_law(Bernoulli(), n=1).ppf([[0.0], [1.0]]), [[0], [1]])


# -- hostile mixtures ---------------------------------------------------------------------------

FAR_OUT = np.array([1e-9, 1e-4, 0.05, 0.3, 0.5, 0.8, 0.99, 1 - 1e-9])[:, None]


def hostile_law(family, *, counts=(-6.0, 6.0), n=40):
    """Experts far apart, of scales from 1e-6 to 1e3, some with shares of 1e-12."""
    rng = np.random.default_rng(0)
    family = family.initialize(rng.uniform(1, 2, (9, 1)))
    location, K = family.location, 6
    eta = rng.normal(0, 100, (n, K, 1)) if location else rng.uniform(*counts, (n, K, 1))
    scale = 10 ** rng.uniform(-6, 3, (K, 1)) if location else 10 ** rng.uniform(-2, 0.5, (K, 1))
    if isinstance(family, StudentT) and family.df == "auto":
        scale = np.concatenate([scale, [[1.0], [1.2], [2.0], [5.0], [60.0], [200.0]]], axis=1)
    shares = rng.dirichlet(np.full(K, 0.4), n)
    shares[:, :2] = 1e-12
    scale = None if isinstance(family, Poisson) else scale
    log_weight = np.log(shares / shares.sum(axis=1, keepdims=True))
    return MixtureDistribution(log_weight, eta, scale, family)


@pytest.mark.parametrize("family", CONTINUOUS[:-1], ids=str)
def test_quantiles_of_hostile_mixtures_are_exact_to_the_last_digits(family):
    """As exact as a number can say where they are, and those of scipy's search."""
    law = hostile_law(family)
    for ask, tail, sign in ((law.ppf, law.cdf, 1), (law.isf, law.sf, -1)):
        y = ask(FAR_OUT)
        step = sign * 8 * np.finfo(float).eps * np.abs(y)
        assert (tail(y - step) <= FAR_OUT * (1 + 1e-12)).all()
        assert (tail(y + step) >= FAR_OUT * (1 - 1e-12)).all()
        assert (sign * np.diff(y, axis=0) > 0).all()
    for row in range(3):
        alone, y = law[row], law.ppf(0.3)[row]
        f = lambda x, alone=alone: alone.cdf(x)[0] - 0.3  # noqa: E731
        want = scipy.optimize.brentq(f, y - 1, y + 2, xtol=1e-15, rtol=1e-15)
        assert_allclose(y, want, rtol=1e-12, atol=1e-12)


# Others tell numbers apart by logarithms or roots, and no thirteen digits of a probability.
@pytest.mark.parametrize("family", [*CONTINUOUS[:5], Weibull()], ids=str)
def test_a_level_at_which_nothing_lies_gives_a_point_between(family):
    ready = family.initialize(np.linspace(1, 2, 9)[:, None])
    scale = np.array([[1e-2, 30.0]] * 2)[:, : ready.n_scales]
    eta = np.array([[[-20.0], [20.0]]])
    law = MixtureDistribution(np.log([[0.5, 0.5]]), eta, scale, ready)
    y = law.ppf([[0.25], [0.5], [0.75]])[:, 0]
    assert_allclose(law.cdf(y[:, None])[:, 0], [0.25, 0.5, 0.75], rtol=1e-13)
    assert y[0] < y[1] < y[2]


@pytest.mark.parametrize("counts", [(-800, -690), (-9, 2), (-2, 7), (5, 9), (3, 25)], ids=str)
@pytest.mark.parametrize("family", COUNTS, ids=str)
def test_quantiles_of_hostile_counts_are_the_first_number_that_reaches_the_level(family, counts):
    law = hostile_law(family, counts=counts)
    levels = np.concatenate([FAR_OUT, [[1e-30], [1e-300]]])
    y, above = law.ppf(levels), law.isf(levels)
    one = np.maximum(1, 2 * np.finfo(float).eps * y)
    assert (y == np.floor(y)).all() and (above == np.floor(above)).all()
    assert (law.cdf(y) >= levels).all() and (law.cdf(y - one) < levels).all()
    one = np.maximum(1, 2 * np.finfo(float).eps * above)
    assert (law.sf(above) <= levels).all() and (law.sf(above - one) > levels).all()


@pytest.mark.parametrize("family", COUNTS, ids=str)
def test_a_level_that_a_count_reaches_exactly_gives_that_count(family):
    law = random_law(family, n=40)
    y = law.ppf([[0.05], [0.3], [0.9]]) + np.arange(3)[:, None]
    assert (law.ppf(law.cdf(y)) == y).all()
    assert (law.isf(law.sf(y)) == y).all()


def test_many_levels_take_no_more_memory_than_their_answers():
    law = random_law(Gaussian(), n=2500, n_experts=8)
    levels = np.linspace(0.01, 0.99, 99)[:, None]
    tracemalloc.start()
    size = law.ppf(levels).nbytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size + 8_000_000


# -- cells of rounded targets ------------------------------------------------------------------

# Log survival functions of scipy, and what they need to be told of the scales.
STANDARD = {
    "gaussian": (Gaussian(), [[1.0]], scipy.stats.norm()),
    "laplace": (Laplace(), [[1.0]], scipy.stats.laplace()),
    "student_t": (StudentT(), [[1.0, 3.0]], scipy.stats.t(3.0)),
    "a few degrees of freedom": (StudentT(df=40.0), [[1.0]], scipy.stats.t(40.0)),
    "gamma": (Gamma(), [[0.5]], scipy.stats.gamma(4, scale=0.25)),
    "lognormal": (LogNormal(), [[0.5]], scipy.stats.lognorm(0.5, scale=np.exp(-0.125))),
    "weibull": (Weibull(), [[0.5]], scipy.stats.weibull_min(2, scale=1 / scipy.special.gamma(1.5))),
    "inverse gaussian": (InverseGaussian(), [[0.5]], scipy.stats.invgauss(0.25, scale=4.0)),
    "gamma without a mode": (Gamma(), [[2.0]], scipy.stats.gamma(0.25, scale=4.0)),
}


def log_cells(family, scale, y, width, kind=float):
    """Log probabilities of cells around the values y, at a predictor of zero."""
    ready = family.initialize(np.linspace(1.0, 2.0, 9)[:, None])
    y, scale, width = (np.asarray(part, dtype=kind) for part in (y, scale, [width]))
    return log_cell(ready, y[:, None], width, np.zeros((len(y), 1, 1), kind), scale)[:, 0, 0]


@pytest.mark.parametrize("name", STANDARD)
def test_cells_have_the_probability_between_their_ends(name):
    family, scale, law = STANDARD[name]
    y = np.array([0.01, 0.2, 0.7, 1.0, 1.4, 3.0])
    for width in (0.01, 0.5, 2.0, 30.0):
        low, high = y - width / 2, y + width / 2
        left = low + high < 2 * law.median()
        between = np.where(left, law.cdf(high) - law.cdf(low), law.sf(low) - law.sf(high))
        assert_allclose(log_cells(family, scale, y, width), np.log(between), rtol=1e-9, atol=1e-10)


# Without a hill, cells are differences.
@pytest.mark.parametrize("name", [name for name in STANDARD if name != "inverse gaussian"])
def test_cells_far_out_and_small_ones_keep_their_digits(name):
    family, scale, law = STANDARD[name]
    # Beyond the middle, of a cell that is so wide that its far end does not count.
    far = np.array([12.0, 30.0, 150.0])
    if not isinstance(family, StudentT):
        assert_allclose(log_cells(family, scale, far + 1000, 2000.0), law.logsf(far), rtol=1e-9)
    small = log_cells(family, scale, 2 * far, 1e-7)
    assert_allclose(small, law.logpdf(2 * far) - np.log(1e7), rtol=1e-9)
    if family.support[0] < 0:
        both = log_cells(family, scale, [-35.0, 35.0], 1.0)
        assert_allclose(both[0], both[1], rtol=1e-12)
    assert np.isfinite(log_cells(family, scale, [1e-3, 1.0, 1e30], 1e-300)).all()
    single = log_cells(family, scale, far, 1.0, np.float32)
    assert single.dtype == np.float32
    assert_allclose(single, log_cells(family, scale, far, 1.0), rtol=1e-4)


def test_cells_of_a_family_of_ones_own_are_differences_of_its_distribution_function():
    gaussian = Gaussian().initialize(np.linspace(-1.0, 1.0, 9)[:, None])
    own = SimpleNamespace(cdf=gaussian.cdf, sf=gaussian.sf, log_density=gaussian.log_density)
    y, eta, scale = np.array([[-9.0], [0.2], [7.0]]), np.zeros((3, 1, 1)), np.ones((1, 1))
    for width in (1e-12, 0.5):
        known = log_cell(gaussian, y, np.array([width]), eta, scale)
        assert_allclose(log_cell(own, y, np.array([width]), eta, scale), known, rtol=1e-8)
    # Neither side has any probability that is a number.
    assert np.isfinite(log_cell(own, y + 1e3, np.array([0.5]), eta, scale)).all()


def test_score_samples_of_rounded_targets():
    rng = np.random.default_rng(0)
    X, own = rng.normal(size=(200, 1)), np.arange(200) % 2
    Y = np.where(own == 0, 1, -1)[:, None] * X + 0.3 * rng.normal(size=(200, 2))
    Y = np.round(2 * Y) / [2, 1]
    model = MoERegressor(2, gate="constant", init=own, max_iter=10, tol=1e-2).fit(X, Y)
    half = np.array([0.25, 0.5])
    center, scale = model.predict_experts(X), model.expert_scale_
    ends = [scipy.stats.norm.cdf((Y[:, None, :] + end - center) / scale) for end in (half, -half)]
    # Given the expert, outputs are independent; only then is it summed over experts.
    joint = np.log(np.sum(model.gate_proba(X) * np.prod(ends[0] - ends[1], axis=2), axis=1))
    assert_allclose(model.score_samples(X, Y, spacing=2 * half), joint, rtol=1e-9)
    batches = model.score_samples(ArrayReader(X, Y), spacing=2 * half)
    assert_allclose(np.concatenate(list(batches)), joint, rtol=1e-9)
    # All there is, up to the rounding of the gate's shares, which sum to one.
    assert_allclose(model.score_samples(X, spacing=1e9), 0, atol=1e-15)


@pytest.mark.parametrize(
    ("model", "spacing", "message"),
    [
        (MoERegressor(1, family="poisson"), 1.0, "family Poisson, whose targets have prob"),
        (MoERegressor(1, family="bernoulli"), 1.0, "family Bernoulli, whose targets have prob"),
        (MoEClassifier(1), 1.0, "family Categorical, whose targets have prob"),
        (MoERegressor(1), 0.0, "spacing=0.0 was given; a finite number above 0"),
        (MoERegressor(1), [1.0, 2.0], "one for each of the 1 outputs"),
        (MoERegressor(1), "auto", "spacing='auto' was given; numbers are allowed"),
        (MoERegressor(1), np.nan, "spacing=nan was given"),
    ],
    ids=str,
)
def test_steps_that_are_none_are_refused_in_words(model, spacing, message):
    X, y = np.arange(8.0)[:, None], np.array([0, 1, 0, 1, 1, 0, 1, 1])
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, y).score_samples(X, y, spacing=spacing)


MODELS = {
    "softmax": MoERegressor(3, random_state=0),
    "top_k": MoERegressor(4, gate="top_k", random_state=0),
    "hierarchical": HMERegressor(depth=2, random_state=0),
    "trees": MoERegressor(2, expert=DecisionTreeRegressor(max_depth=2), random_state=0),
    "spread that depends on x": MoERegressor(
        2, expert=MLPExpert(hidden_layer_sizes=(4,), heteroscedastic=True), random_state=0
    ),
    "mixed": MoERegressor(
        2,
        expert=MixedExpert([("line", "linear"), ("net", MLPExpert((4,), heteroscedastic=True))]),
        random_state=0,
    ),
    "student_t": MoERegressor(2, family="student_t", random_state=0),
    "gamma": MoERegressor(2, family="gamma", random_state=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_mixture_knows_its_distribution(name):
    X, y = (table[:200] for table in load_diabetes(return_X_y=True))
    model = MODELS[name].fit(X, y)
    law = model.predict_dist(X)
    assert_allclose(law.mean(), model.predict(X))
    assert_allclose(law.logpdf(y), model.score_samples(X, y), rtol=1e-7)
    cell = law.cdf(y + 0.5) - law.cdf(y - 0.5)
    assert_allclose(np.exp(model.score_samples(X, y, spacing=1.0)), cell, atol=1e-12)
    assert_allclose(law.weights, model.gate_proba(X), atol=1e-12)
    mean, std = model.predict(X, return_std=True)
    assert_allclose(mean, law.mean())
    assert_allclose(std, law.std())
    assert_allclose(law.var_within() + law.var_between(), law.var())
    quantiles = model.predict_quantiles(X, [0.1, 0.9])
    assert quantiles.shape == (len(X), 2)
    assert_allclose(quantiles.T, law.ppf(np.array([[0.1], [0.9]])))
    assert_allclose(model.predict_quantiles(X, 0.1), quantiles[:, 0])
    assert_allclose(model.sample(X, 3, random_state=0), law.rvs(3, random_state=0))


def test_several_targets_have_their_own_quantiles_and_are_drawn_together():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(400, 1))
    sign = np.where(rng.uniform(size=400) < 0.5, -1, 1)
    Y = np.column_stack([sign + 0.1 * rng.normal(size=400), 10 * sign + rng.normal(size=400)])
    model = MoERegressor(2, gate="constant", random_state=0).fit(X, Y)
    assert model.predict_quantiles(X[:5], [0.2, 0.5, 0.8]).shape == (5, 2, 3)
    drawn = model.sample(X, random_state=0)
    assert drawn.shape == (400, 2)
    # Given the expert the targets are independent; it is the expert that they share.
    assert np.corrcoef(drawn.T)[0, 1] > 0.95


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("family", [Gaussian(), StudentT(), *POSITIVE[:3], Poisson()], ids=str)
def test_the_distribution_stays_in_the_library_of_the_data(backend, family):
    plain = random_law(family, n=15)
    y = plain.rvs(random_state=0)[:, None]
    ready = family.initialize(y)
    law = MixtureDistribution(plain.log_weight, plain.eta, plain.scale, ready)
    tables = [law.log_weight, law.eta, law.scale]
    tables = [None if table is None else backend.array(table) for table in tables]
    moved = MixtureDistribution(*tables, family.initialize(backend.array(y)))
    tolerance = max(1e-7, 20 * backend.tolerance)
    calls = [("mean",), ("var_between",), ("ppf", 0.05), ("isf", 0.3), ("cdf", 2.0), ("crps", 2.0)]
    for method, *values in calls:
        got = getattr(moved, method)(*values)
        assert backend.holds(got)
        want = getattr(law, method)(*values)
        assert_allclose(as_host(got), want, rtol=tolerance, atol=tolerance)
    if hasattr(family, "fall"):
        points = 0.1 + np.abs(plain.eta[:, 0, :])
        got = log_cell(moved.family, backend.array(points), backend.array([0.7]), *tables[1:])
        assert backend.holds(got)
        want = log_cell(ready, points, np.array([0.7]), plain.eta, plain.scale)
        assert_allclose(as_host(got), want, rtol=tolerance, atol=20 * tolerance)
    height = law.logpdf(as_host(moved.mode()).astype(float))
    assert_allclose(height, law.logpdf(law.mode()), atol=1e-3)
    assert backend.holds(moved.rvs(random_state=0))


def test_the_picture_shows_the_mixture_and_its_experts():
    import matplotlib

    matplotlib.use("Agg")
    law = random_law(Gaussian(), n=3)
    ax = law.plot()
    assert [line.get_label() for line in ax.lines] == ["row 0", "row 1", "row 2"]
    one = law.plot(rows=[1])
    assert len(one.lines) == 5
    mixture = one.lines[-1]
    assert_allclose(mixture.get_ydata(), law[1].pdf(mixture.get_xdata()[:, None])[:, 0])
    parts = sum(line.get_ydata() for line in one.lines[:-1])
    assert_allclose(parts, mixture.get_ydata(), rtol=1e-6, atol=1e-12)
    assert (random_law(Poisson(), n=2).plot().lines[0].get_xdata() % 1 == 0).all()
    matplotlib.pyplot.close("all")


# -- extremes ------------------------------------------------------------------------------------


def law_of_counts(family, means, dtype, scale=0.02):
    """A law of one expert with these means."""
    means = np.asarray(means)
    family = family.initialize(np.ones((1, 1), dtype=dtype))
    scales = None if isinstance(family, Poisson) else np.array([[scale]], dtype=dtype)
    eta = np.log(means)[:, None, None].astype(dtype)
    return MixtureDistribution(np.zeros((len(means), 1), dtype=dtype), eta, scales, family)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("family", COUNTS, ids=str)
def test_quantiles_of_counts_beyond_those_told_apart_are_normal_quantiles(family, dtype):
    """And so are draws; a score is that of a normal distribution."""
    means = np.array([3e8, 1e12, 3e17])
    law = law_of_counts(family, means, dtype)
    center, spread = law.mean(), law.std()
    assert_allclose(center, means, rtol=1e-5 if dtype is np.float32 else 1e-12)
    rounding = np.finfo(dtype).eps * means
    levels = np.array([0.05, 0.5, 0.95])[:, None]
    normal = scipy.stats.norm(center, spread)
    # Gamma distributed rates are skewed a little.
    slack = 0.02 * spread + 2 * rounding
    assert (abs(law.ppf(levels) - normal.ppf(levels)) < slack).all()
    assert (abs(law.isf(levels) - normal.isf(levels)) < slack).all()
    drawn = law.rvs(400, random_state=0).astype(float)
    assert (abs(drawn.mean(axis=0) - center) < 5 * spread / 20 + rounding).all()
    assert_allclose(drawn.std(axis=0)[:2], spread[:2], rtol=0.2)
    if not isinstance(family, Poisson):
        assert_allclose(law.crps(center), spread * (2**0.5 - 1) / np.pi**0.5, rtol=0.01)


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e-14), (np.float32, 1e-5)])
def test_amounts_of_more_parts_than_rounding_tells_apart_are_normal(dtype, scale):
    family = Tweedie(power=1.5).initialize(np.ones((1, 1), dtype=dtype))
    eta, scale = np.zeros((1, 1, 1), dtype=dtype), np.array([[scale]], dtype=dtype)
    law = MixtureDistribution(np.zeros((1, 1), dtype=dtype), eta, scale, family)
    normal = scipy.stats.norm(law.mean(), law.std())
    assert law.cdf(2 * law.mean()) == law.sf(law.mean() / 2) == 1
    levels = np.array([0.05, 0.5, 0.9, 0.95])[:, None]
    slack = 1e-4 * law.std() + 2 * np.finfo(dtype).eps
    assert (abs(law.ppf(levels) - normal.ppf(levels)) < slack).all()
    assert (abs(law.isf(levels) - normal.isf(levels)) < slack).all()


def test_counts_of_any_size_can_be_drawn():
    law = law_of_counts(Poisson(), [1e30, 5.0], np.float64)
    drawn = law.rvs(300, random_state=0)
    assert_allclose(drawn[:, 0].mean(), 1e30)
    assert abs(drawn[:, 1].mean() - 5) < 0.7


@pytest.mark.parametrize("f", [np.sign, np.cbrt, lambda x: np.nan * x])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_searches_end(f, dtype):
    """Also where a function gives them nothing to go by."""
    looks = []
    far = np.geomspace(1, 1e30, 64)[:, None].astype(dtype)

    def look(x, rows):
        looks.append(x.size)
        return f(x - (far if rows is None else far[rows])), 0 * x

    none = 0 * far
    for tolerance in (None, none):
        find_root(look, none, far / 3, none + 1, tolerance)
    # To go so far by fours, and to halve an interval to rounding, unless nothing is a number.
    assert len(looks) < 250 or np.isnan(f(0.0))
    for tolerance in (None, none):
        find_root(look, none + 10, far, none + 1, tolerance)
    assert len(looks) < 900


@pytest.mark.parametrize("slope", [0.0, np.nan])
def test_searches_do_without_slopes(slope):
    aim, none = np.array([[0.3, -2e5, 7.0]]), np.zeros((1, 3))
    found = find_root(lambda x, rows: (x, slope * x), aim, none, none + 1, none + 1e-12)
    assert_allclose(found, aim, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("unit", [1e160, 1e-200])
@pytest.mark.parametrize(
    "family",
    ["gaussian", "student_t", "laplace", "gamma", "lognormal", "weibull", "inverse_gaussian"],
)
def test_units_far_from_one_change_nothing_but_the_units(family, unit):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 1))
    y = np.exp(0.3 * X[:, 0] + 0.1 * rng.standard_normal(100))
    models = [MoERegressor(1, family=family, tol=1e-10).fit(X, k * y) for k in (1, unit)]
    (law, far), X = (model.predict_dist(X) for model in models), X[:20]
    assert_allclose(far.std() / unit, law.std(), rtol=1e-4)
    assert_allclose(models[1].predict(X, return_std=True)[1] / unit, law.std()[:20], rtol=1e-4)
    for ask in ("mean", "mode"):
        assert_allclose(getattr(far, ask)() / unit, getattr(law, ask)(), rtol=1e-4)
    levels = np.array([1e-6, 0.05, 0.9])[:, None]
    assert_allclose(far.ppf(levels) / unit, law.ppf(levels), rtol=1e-3)
    assert_allclose(far.isf(levels) / unit, law.isf(levels), rtol=1e-3)
    assert_allclose(far.cdf(unit * y), law.cdf(y), atol=1e-3)
    assert_allclose(far.crps(unit * y) / unit, law.crps(y), rtol=1e-3)
    assert_allclose(far.rvs(random_state=0) / unit, law.rvs(random_state=0), rtol=1e-3)


def test_a_variance_is_finite_where_the_squared_unit_is_not():
    X = np.arange(50.0)[:, None]
    one = MoERegressor(1, expert=LinearExpert(alpha=1.0))
    law = one.fit(X, 1e154 * X[:, 0]).predict_dist(X)
    law = MixtureDistribution(law.log_weight, law.eta, np.array([[0.01]]), law.family)
    assert_allclose(law.var() ** 0.5, law.std())
    assert_allclose(law.var_within() + law.var_between(), law.var())


@pytest.mark.parametrize("size", [-1, 2.5, (3, -2), "many"])
def test_sizes_that_are_none_are_refused_in_words(size):
    with pytest.raises(ValueError, match=r"size=.* was given; None, a whole number .* Pass"):
        random_law(Gaussian()).rvs(size)


def test_no_levels_no_draws_and_no_rows():
    law = random_law(Gaussian(), n_outputs=2)
    assert law.ppf(np.zeros((0, 1, 1))).shape == (0, 60, 2)
    assert law.rvs(0).shape == (0, 60, 2)
    assert law[:0].std().shape == (0, 2)
    X = np.arange(30.0)[:, None]
    model = MoERegressor(1, family="poisson").fit(X, X[:, 0])
    assert model.predict_quantiles(X, []).shape == (30, 0)


def test_answers_are_written_once():
    """Beside the table of answers there is a block's."""
    law = random_law(Gaussian(), n=100_000, n_experts=2)
    for ask in (law.std, lambda: law.cdf([[1.0], [2.0]])):
        tracemalloc.start()
        size = ask().nbytes
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < size + 1_000_000


def test_a_picture_of_large_counts_has_few_points():
    import matplotlib

    matplotlib.use("Agg")
    line = law_of_counts(NegativeBinomial(), [1e14], np.float64).plot().lines[-1]
    assert 100 < len(line.get_xdata()) < 1000
    matplotlib.pyplot.close("all")

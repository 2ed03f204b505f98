"""Checks of families, each one property."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.testing import assert_allclose
from sklearn.base import clone

from ..families._base import ScaleSums
from ._backends import as_host, available
from ._problems import (
    EXPERTS,
    OBJECT_CHECKS,
    ROWS,
    applying,
    named,
    needs_float64,
    problem_of,
    takes,
    targets_of,
)

__all__ = ["FAMILY_CHECKS", "check_family"]


class Scatter(NamedTuple):
    """A family that knows its targets, and predictors and scales to try it at."""

    family: Any
    problem: Any
    eta: Any
    scale: Any

    def array(self, values):
        """Host values on the backend."""
        return self.problem.backend.array(values)

    def log_prob(self, eta):
        """Log densities (n, K) of the problem's targets."""
        return as_host(self.family.log_prob(self.problem.y, self.array(eta), self._scales()))

    def _scales(self):
        return None if self.scale is None else self.array(self.scale)

    def with_scale(self, scale):
        """The same at other scales."""
        return self._replace(scale=scale)

    def _first_row(self, y):
        """Targets (n,) and the first row's predictors for each, on the backend."""
        return self.array(y[:, None]), self.array(np.repeat(self.eta[:1], len(y), axis=0))

    def density(self, y):
        """Densities (n, K) of targets (n,) at the first row's predictors."""
        return np.exp(as_host(self.family.log_prob(*self._first_row(y), self._scales())))

    def cdf(self, y):
        """Distribution functions (n, K) of targets (n,) at the first row's predictors."""
        return as_host(self.family.cdf(*self._first_row(y), self._scales()))[:, :, 0]

    def whole_numbers(self):
        """Whole numbers that can be targets, if they are all that can; else None."""
        if np.ptp(self.cdf(np.linspace(0.1, 0.9, 9)), axis=0).any():
            return None
        y = np.arange(60.0)
        if self.family.labels:
            return y[: self.family.n_classes]
        return y if takes(self.family, y[:, None]) else y[: int(as_host(self.problem.y).max()) + 1]

    def told(self, y, rtol):
        """Whether numbers are told apart from the ends of the support so well."""
        limits = np.finfo(self.problem.backend.dtype)
        low, high = self.family.support
        below = (y >= limits.smallest_normal) | (low != 0) | self.family.atom
        return below & (high - y > 10 * limits.eps / rtol)

    def tolerance(self, value):
        """`value`, or what the dtype allows."""
        return max(value, self.problem.backend.tolerance)


def _scatter(family, problem):
    ready = clone(family).initialize(problem.y)
    rng = np.random.default_rng(1)
    eta = 0.5 * rng.standard_normal((ROWS, EXPERTS, ready.n_outputs))
    scale = ready.initial_scale(EXPERTS, problem.X)
    if scale is not None:
        scale = as_host(scale) * np.linspace(0.5, 1.5, EXPERTS)[:, None]
    return Scatter(ready, problem, eta, scale)


@needs_float64
def check_family_score(scatter):
    """The working score times the precision is the derivative of the log density."""
    family, eta, scale = scatter.family, scatter.array(scatter.eta), scatter._scales()
    score = as_host(family.working(scatter.problem.y, eta, scale)[0])
    precision = family.precision(scale)
    score = score * (precision if isinstance(precision, float) else as_host(precision))
    step = 1e-5
    for column in range(scatter.eta.shape[2]):
        move = np.zeros(scatter.eta.shape)
        move[:, :, column] = step
        numeric = scatter.log_prob(scatter.eta + move) - scatter.log_prob(scatter.eta - move)
        assert_allclose(score[:, :, column], numeric / (2 * step), rtol=1e-6, atol=1e-7)


@needs_float64
def check_family_scale_slope(scatter):
    """`scale_slope` is the derivative of the log density with respect to the log scales."""
    if scatter.scale is None:
        return
    eta, scales = scatter.array(scatter.eta), scatter._scales()
    slope = as_host(scatter.family.scale_slope(scatter.problem.y, eta, scales))
    step = 1e-5
    for column in range(scatter.scale.shape[1]):
        factor = np.ones(scatter.scale.shape)
        factor[:, column] = np.exp(step)
        high = scatter.with_scale(scatter.scale * factor).log_prob(scatter.eta)
        low = scatter.with_scale(scatter.scale / factor).log_prob(scatter.eta)
        assert_allclose(slope[:, :, column], (high - low) / (2 * step), rtol=1e-6, atol=1e-7)


def check_family_scale_update(scatter):
    """Updates of the scales alone end where the slope is zero, or at a limit."""
    if scatter.scale is None:
        return
    problem, family = scatter.problem, scatter.family
    scales, eta = scatter._scales(), scatter.array(0.3 * scatter.eta)
    count = scatter.array(as_host(problem.resp).sum(axis=0)[:, None])
    for _ in range(60):
        sums = ScaleSums(count, *family.scale_sums(problem.y, eta, scales, problem.resp))
        scales = family.update_scale(scales, sums)
    slope = as_host(family.scale_sums(problem.y, eta, scales, problem.resp)[0])
    slope = slope.sum(axis=0) if family.shared else slope
    moved = as_host(family.limited(scales * 1.01)) / as_host(family.limited(scales / 1.01))
    free = np.abs(moved - 1.01**2) < 1e-4
    free = free.all(axis=0) if family.shared else free
    assert_allclose(slope[free], 0, atol=scatter.tolerance(1e-5) * ROWS)


def check_family_total(scatter):
    """The distribution function goes from 0 to 1 and is the integral or sum of the density."""
    tolerance = scatter.tolerance(1e-8)
    ends = scatter.cdf(np.array([-1e15, 1e15]))
    assert_allclose(ends, [[0] * EXPERTS, [1] * EXPERTS], atol=tolerance)
    if (counts := scatter.whole_numbers()) is not None:
        density = scatter.density(counts)
        assert_allclose(density.cumsum(axis=0), scatter.cdf(counts), atol=tolerance)
        if hasattr(scatter.family, "growth"):
            growth = scatter.family.growth(2, scatter.array(scatter.eta[:1]), scatter._scales())
            assert_allclose(as_host(growth)[0, :, 0], density[3] / density[2], rtol=100 * tolerance)
        return
    centers = as_host(scatter.family.mean(scatter.array(scatter.eta[:1]), scatter._scales()))
    points = np.quantile(as_host(scatter.problem.y), np.linspace(0, 1, 15))
    # A density may have a kink at the centre.
    points = np.unique(np.concatenate([points, centers.ravel()]))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    # They crowd at the lower end, where a density may have no bound.
    share = (1 + nodes) / 2
    weights = 3 * share**5 * weights
    for low, high in pairwise(points):
        inside = (high - low) * weights @ scatter.density(low + (high - low) * share**6)
        assert_allclose(
            inside, np.diff(scatter.cdf(np.array([low, high])), axis=0)[0], atol=tolerance
        )


def check_family_tails(scatter):
    """`cdf` and `sf` make one; `ppf` and `isf` undo them, of whole numbers roughly."""
    family, tolerance = scatter.family, scatter.tolerance(1e-9)
    if family.labels:
        return
    eta, scale = scatter.array(scatter.eta), scatter._scales()
    below = as_host(family.cdf(scatter.problem.y, eta, scale))
    above = as_host(family.sf(scatter.problem.y, eta, scale))
    assert_allclose(below + above, 1, atol=tolerance)
    for level in (1e-9, 0.2, 0.7):
        q = scatter.array([[[level]]])
        ends = [f(q, eta, scale) for f in (family.ppf, family.isf)]
        for end, tail in zip(ends, (family.cdf, family.sf), strict=True):
            assert end.shape == eta.shape
            if not family.discrete:
                # `cdf` takes one target for all experts: expert by expert, then.
                for k in range(EXPERTS):
                    again = as_host(tail(end[:, k, :], eta, scale))[:, k, :]
                    want = level
                    if family.atom:
                        least = as_host(tail(0 * end[:, k, :], eta, scale))[:, k, :]
                        at_least = tail == family.cdf
                        want = np.maximum(level, least) if at_least else np.minimum(level, least)
                    rtol = scatter.tolerance(1e-7)
                    told = scatter.told(as_host(end)[:, k, :], rtol)
                    assert_allclose(np.where(told, again, want), want, rtol=rtol)


def check_family_variance(scatter):
    """The variance is that of random targets, where the fourth moment lets it be known."""
    family, size = scatter.family, 20000
    if family.labels:
        return
    eta = scatter.array(np.repeat(scatter.eta[:1], size, axis=0))
    variance = as_host(family.variance(eta, scatter._scales()))[0]
    drawn = family.sample(eta, scatter._scales(), np.random.RandomState(0))
    square = (drawn - drawn.mean(axis=0)) ** 2
    known = np.isfinite(variance)
    gap = np.abs(square.mean(axis=0) - variance)[known]
    assert (gap < 5 * square.std(axis=0)[known] / size**0.5).all()


def check_family_sample(scatter):
    """Random targets follow the distribution function (Kolmogorov and Smirnov), and the mean."""
    size = 4000
    eta = scatter.array(np.repeat(scatter.eta[:1], size, axis=0))
    drawn = scatter.family.sample(eta, scatter._scales(), np.random.RandomState(0))
    assert drawn.shape == (size, EXPERTS, scatter.problem.y.shape[1])
    for expert in range(EXPERTS):
        y = np.sort(drawn[:, expert, 0])
        values, last = np.unique(y, return_index=True)
        below = np.append(last[1:], size) / size
        cdf = scatter.cdf(values)[:, expert]
        # Exceeded once in a thousand times; seeded, so it is always the same draw.
        assert np.abs(below - cdf).max() < 1.95 / size**0.5 + 1 / size + scatter.tolerance(0)
        if not scatter.family.labels:
            mean = as_host(scatter.family.mean(eta, scatter._scales()))[0, expert, 0]
            assert abs(y.mean() - mean) < 4 * y.std() / size**0.5


def check_family_link(scatter):
    """The link takes means back to predictors, up to what the mean leaves open."""
    mean = scatter.family.mean(scatter.array(scatter.eta), scatter._scales())
    again = scatter.family.mean(scatter.family.link(mean), scatter._scales())
    assert_allclose(as_host(again), as_host(mean), rtol=scatter.tolerance(1e-8))


def check_family_far(scatter):
    """Far from every prediction log densities are still finite numbers."""
    for far in (1e15, -1e15):
        assert np.isfinite(scatter.log_prob(far * np.ones_like(scatter.eta))).all()


def check_family_namespace(scatter):
    """Results stay in the library, on the device and in the dtype of the data."""
    family, y, backend = scatter.family, scatter.problem.y, scatter.problem.backend
    eta, scale = scatter.array(scatter.eta), scatter._scales()
    methods = [family.log_prob, family.cdf]
    if not family.labels:
        methods += [family.log_density, family.sf]
        assert backend.holds(family.variance(eta, scale))
        assert backend.holds(family.ppf(scatter.array([[[0.3]]]), eta, scale))
    for method in methods:
        assert backend.holds(method(y, eta, scale))
    assert backend.holds(family.mean(eta, scale))
    assert backend.holds(family.working(y, eta, scale)[0])


FAMILY_CHECKS = [
    check_family_score,
    check_family_scale_slope,
    check_family_scale_update,
    check_family_total,
    check_family_tails,
    check_family_variance,
    check_family_sample,
    check_family_link,
    check_family_far,
    check_family_namespace,
]


def check_family(family, *, backends=None, checks=None):
    """Run the contract of families.

    Parameters
    ----------
    family : Family
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `FAMILY_CHECKS`.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.families import Gaussian
    >>> from skmoe.testing import available, check_family
    >>> check_family(Gaussian(), backends=available()[:1])
    """
    for check in OBJECT_CHECKS if checks is None else []:
        check(family)
    for backend in backends or available():
        for n_classes in targets_of(family):
            scatter = _scatter(family, problem_of(backend, family, n_classes))
            for check in applying(checks or FAMILY_CHECKS, backend):
                with named(check, family, backend, n_classes=n_classes):
                    check(scatter)

"""The whole distribution of y given x."""

import copy
import math

import numpy as np
from sklearn.utils import check_random_state

from .._rows.arrays import (
    allowing_underflow,
    array_namespace,
    block_length,
    drawn,
    exp,
    host,
    like,
    zeros,
)
from .._rows.validation import check_numbers, check_share, check_size
from ._marginal import Marginal

__all__ = ["MixtureDistribution"]

# Rows that a plot shows unless told which.
_ROWS_SHOWN = 5

# Entries of a row for which blocks have their whole length; of more, fewer rows make a block.
_ENTRIES = 32

# Points of a curve.
_POINTS = 400


class MixtureDistribution:
    r"""The distribution of y given x, for many rows at once.

    A mixture :math:`p(y \mid x) = \sum_k g_k(x) f(y; \eta_k(x), \phi_k)` for every row, with the
    methods of scipy.stats' frozen distributions. What `predict_dist` returns; there is no need
    to make one by hand.

    Values and levels broadcast against the rows, as in scipy.stats: a number is asked about for all
    rows, an array of shape (n_samples,) row by row, one of shape (m, 1) gives (m, n_samples).
    Several targets stand along a last axis, each by itself (marginally); the density of
    all together is the estimator's `score_samples`, and `rvs` draws them together.

    Parameters
    ----------
    log_weight : array of shape (n_samples, n_experts)
        Logarithms of the experts' shares.
    eta : array of shape (n_samples, n_experts, n_outputs)
        The experts' predictors, in scaled units.
    scale : array of shape ([n_samples,] n_experts, n_scales), or None
        Scales of the family.
    family : Family
        An initialised family; knows the units of y.
    flat : bool, default=True
        Whether results have no axis for the (single) target.

    Attributes
    ----------
    weights : array of shape (n_samples, n_experts)
        The experts' shares.
    discrete : bool
        Whether y is a count; `pdf` then is the probability of a whole number.
    shape : tuple of int
        What values and levels are broadcast against: (n_samples,) or (n_samples, n_outputs).

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> y = np.where(np.arange(200) % 2, 3, -3) * x[:, 0] + 0.1 * np.sin(60 * x[:, 0])
    >>> model = MoERegressor(2, gate="constant", random_state=0).fit(x, y)
    >>> law = model.predict_dist([[1.0]])

    Two lines, so two modes, and a mean where there is next to nothing:

    >>> law.mean().round(), law.std().round(), abs(law.mode()).round()
    (array([0.]), array([3.]), array([3.]))
    >>> bool(law.pdf(0.0)[0] < 1e-6)
    True
    >>> law.interval(0.9)[1].round(1)
    array([3.1])
    """

    groups = None

    def __init__(self, log_weight, eta, scale, family, flat=True):
        self.log_weight = log_weight
        self.eta = eta
        self.scale = scale
        self.family = family
        self.flat = flat

    def __len__(self):
        return self.eta.shape[0]

    def __getitem__(self, rows):
        """The distributions of some rows: a position, a slice, positions or a mask."""
        chosen = np.atleast_1d(np.arange(len(self))[rows])
        xp = array_namespace(self.eta)
        at = like(chosen, self.eta, dtype=xp.int64)
        by_row = self.scale is not None and self.scale.ndim == 3
        new = MixtureDistribution(
            xp.take(self.log_weight, at, axis=0),
            xp.take(self.eta, at, axis=0),
            xp.take(self.scale, at, axis=0) if by_row else self.scale,
            self.family,
            self.flat,
        )
        return new if self.groups is None else new.with_groups(self.groups[chosen])

    def with_groups(self, groups):
        """The same of rows in groups, which have one expert each in a draw of `rvs`.

        Parameters
        ----------
        groups : ndarray of shape (n_samples,)
            A number for every row, the same for the rows of a group.

        Returns
        -------
        MixtureDistribution
        """
        new = copy.copy(self)
        new.groups = groups
        return new

    def __repr__(self):
        name = type(self.family).__name__
        return f"MixtureDistribution({len(self)} rows, {self.eta.shape[1]} experts, {name})"

    @property
    def weights(self):
        """The experts' shares, of shape (n_samples, n_experts)."""
        return exp(self.log_weight)

    @property
    def discrete(self):
        """Whether y is a count."""
        return self.family.discrete

    @property
    def shape(self):
        """What values and levels are broadcast against."""
        return (len(self),) if self.flat else (len(self), self.eta.shape[2])

    # -- blocks of rows, targets and units ----------------------------------------------------

    def _marginals(self):
        """Every target's own distribution, with the centre and the spread of its units."""
        units, n_outputs = self.family.units, self.eta.shape[2]
        for output in range(n_outputs):
            family = self.family.for_output(output)
            # Scales come target by target, then degrees of freedom target by target.
            scale = None if self.scale is None else self.scale[..., output::n_outputs]
            eta = self.eta[:, :, output : output + 1]
            center, spread = 0.0, 1.0
            if units is not None:
                center, spread = units.center[output], units.spread[output]
            yield Marginal(self.log_weight, eta, scale, family), center, spread

    @allowing_underflow
    def _by_target(self, n_points, ask):
        """Answers `ask(marginal, rows, center, spread, output)` (n, M) of all blocks and targets.

        Returns
        -------
        array of shape (M, n, n_outputs)
        """
        n = len(self)
        # Tables of all points under all experts, too, are to stay in a cache.
        whole = block_length(self.eta)
        length = min(whole, max(_ENTRIES * whole // (self.eta.shape[1] * max(n_points, 1)), 1))
        table = zeros((n_points, n, self.eta.shape[2]), self.eta)
        for output, (marginal, center, spread) in enumerate(self._marginals()):
            for start in range(0, n if n_points else 0, length):
                rows = slice(start, min(start + length, n))
                table[:, rows, output] = ask(marginal.rows(rows), rows, center, spread, output).T
        return table

    def _numbers(self, ask):
        """One number for every row and target, of the shape of the distribution."""
        table = self._by_target(1, lambda marginal, rows, *units: ask(marginal, *units[:2]))
        return array_namespace(table).reshape(table, self.shape)

    def _numbers_given(self, values, name):
        """Values or levels in the namespace of the distribution."""
        known = hasattr(values, "__dlpack__") and not isinstance(values, np.ndarray)
        return like(values if known else check_numbers(values, name), self.eta)

    def _values(self, values, ask):
        """Answers to values that broadcast against the rows, of the broadcast shape."""
        xp = array_namespace(self.eta)
        values = self._numbers_given(values, "values")
        if bool(xp.any(xp.isnan(values))):
            raise ValueError(
                "Missing values (NaN) were given; numbers are allowed. Leave them out."
            )
        try:
            shape = np.broadcast_shapes(values.shape, self.shape)
        except ValueError:
            shape = ()
        if shape[len(shape) - len(self.shape) :] != self.shape:
            raise ValueError(
                f"Values of shape {values.shape} were given for a distribution of shape "
                f"{self.shape}; shapes that broadcast to it are allowed. For m values in every "
                f"row pass them as an array of shape (m, {', '.join('1' * len(self.shape))})."
            )
        n_points = math.prod(shape[: len(shape) - len(self.shape)])
        table = xp.reshape(xp.broadcast_to(values, shape), (n_points, len(self), self.eta.shape[2]))
        answers = self._by_target(
            n_points,
            lambda marginal, rows, center, spread, output: ask(
                marginal, table[:, rows, output].T, center, spread
            ),
        )
        return xp.reshape(answers, shape)

    # -- moments ------------------------------------------------------------------------------

    def mean(self):
        """Expected targets.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._numbers(lambda law, center, spread: law.moments()[0] * spread + center)

    def var(self):
        """Variances: within the experts and between their predictions, together.

        Infinite where a Student t expert has two degrees of freedom or fewer.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._numbers(lambda law, center, spread: sum(law.moments()[1:]) * spread * spread)

    def var_within(self):
        """Variance around an expert's prediction, averaged over the experts.

        What is left once it is known which expert answers.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._numbers(lambda law, center, spread: law.moments()[1] * spread * spread)

    def var_between(self):
        """Variance of the experts' predictions.

        What is due to not knowing which expert answers.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._numbers(lambda law, center, spread: law.moments()[2] * spread * spread)

    def std(self):
        """Standard deviations.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        # In scaled units: the square of 1e160 is no number.
        sqrt = array_namespace(self.eta).sqrt
        return self._numbers(lambda law, center, spread: sqrt(sum(law.moments()[1:])) * spread)

    # -- density and distribution function ----------------------------------------------------

    def logpdf(self, y):
        """Log density of y, for counts log probability.

        Parameters
        ----------
        y : array-like that broadcasts against the rows

        Returns
        -------
        array
        """
        xp = array_namespace(self.eta)

        def ask(law, y, center, spread):
            log_spread = xp.log(spread) if self.family.units is not None else 0.0
            return law.logpdf((y - center) / spread) - log_spread

        return self._values(y, ask)

    def pdf(self, y):
        """Density of y, for counts the probability.

        Parameters
        ----------
        y : array-like that broadcasts against the rows

        Returns
        -------
        array
        """
        return array_namespace(self.eta).exp(self.logpdf(y))

    def cdf(self, y):
        """Probability of at most y.

        Parameters
        ----------
        y : array-like that broadcasts against the rows

        Returns
        -------
        array
        """
        return self._values(y, lambda law, y, center, spread: law.cdf((y - center) / spread))

    def sf(self, y):
        """Probability of more than y, exact where it is small.

        Parameters
        ----------
        y : array-like that broadcasts against the rows

        Returns
        -------
        array
        """
        return self._values(y, lambda law, y, center, spread: law.sf((y - center) / spread))

    # -- quantiles ----------------------------------------------------------------------------

    def ppf(self, q):
        """Quantiles: where `cdf` is q; for counts the first number at which it is q or more.

        Parameters
        ----------
        q : array-like that broadcasts against the rows
            Levels between 0 and 1.

        Returns
        -------
        array

        Raises
        ------
        ValueError
            If a level is not between 0 and 1.
        """
        return self._quantiles(q, Marginal.ppf, self.family.support)

    def isf(self, q):
        """Quantiles that are exceeded with probability q, exact for small q.

        Parameters
        ----------
        q : array-like that broadcasts against the rows
            Probabilities between 0 and 1.

        Returns
        -------
        array

        Raises
        ------
        ValueError
            If a probability is not between 0 and 1.
        """
        return self._quantiles(q, Marginal.isf, self.family.support[::-1])

    def _quantiles(self, q, method, ends):
        xp = array_namespace(self.eta)
        q = self._numbers_given(q, "q")
        if not bool(xp.all((q >= 0) & (q <= 1))):
            raise ValueError(
                f"The levels {host(q).ravel()[:5]} were given; numbers between 0 and 1 are "
                "allowed. Pass 0.95 for 95 percent."
            )

        def ask(law, q, center, spread):
            value = method(law, q)
            for level, end in zip((0.0, 1.0), ends, strict=True):
                value = xp.where(q == level, end, value)
            return value * spread + center

        return self._values(q, ask)

    def median(self):
        """Medians.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self.ppf(0.5)

    def interval(self, confidence=0.95):
        """Central intervals: as much probability below as above.

        Parameters
        ----------
        confidence : float, default=0.95
            Probability inside, between 0 and 1.

        Returns
        -------
        low, high : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        outside = (1 - check_share(confidence, "confidence")) / 2
        return self.ppf(outside), self.isf(outside)

    def mode(self):
        """Where the density is highest, as `pdf` has it.

        Of amounts, zero where its probability is a larger number than the density elsewhere, which
        depends on the units of y.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._numbers(lambda law, center, spread: law.mode() * spread + center)

    # -- draws and scores ---------------------------------------------------------------------

    def rvs(self, size=None, random_state=None):
        """Random targets: first an expert is drawn, then a target around its prediction.

        Of rows in groups (`groups=` of `predict_dist`), all of a group have one expert in a draw.

        Parameters
        ----------
        size : int, tuple of int or None, default=None
            Draws for every row; None is one, without an axis for it.
        random_state : int, RandomState instance or None, default=None

        Returns
        -------
        array of shape ([size, ]n_samples) or ([size, ]n_samples, n_outputs)

        Raises
        ------
        ValueError
            If the size is not made of whole numbers of at least 0.
        """
        random_state = check_random_state(random_state)
        lead = check_size(size)
        draws, n = math.prod(lead), len(self)
        expert = drawn(self.weights, lead, random_state)
        if self.groups is not None:
            _, first, own = np.unique(self.groups, return_index=True, return_inverse=True)
            expert = expert[..., first[own]]
        expert = expert.ravel()
        row = np.tile(np.arange(n), draws)
        eta, scale = host(self.eta)[row, expert, None, :], None
        if self.scale is not None:
            table = host(self.scale)
            scale = table[row, expert] if table.ndim == 3 else table[expert]
            scale = scale[:, None, :]
        y = self.family.sample(eta, scale, random_state)[:, 0, :]
        if self.family.units is not None:
            y = self.family.units.on_host().restored(y)
        return like(y.reshape(*lead, *self.shape), self.eta)

    def crps(self, y):
        r"""Continuous ranked probability score, in units of y: lower is better.

        :math:`\int (F(z) - 1[y \le z])^2 dz`, in closed form for Gaussian experts [1]_, as a sum
        for counts, by quadrature for the others. For a certain prediction it is the absolute
        error.

        Parameters
        ----------
        y : array-like that broadcasts against the rows

        Returns
        -------
        array

        References
        ----------
        .. [1] Grimit, E. P., Gneiting, T., Berrocal, V. J. & Johnson, N. A. (2006). The
           continuous ranked probability score for circular variables and its application to
           mesoscale forecast ensemble verification. Quarterly Journal of the Royal Meteorological
           Society 132, 2925-2942, equation 5.
        .. [2] Gneiting, T. & Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
           estimation. Journal of the American Statistical Association 102, 359-378.
        """

        def ask(law, y, center, spread):
            return law.crps((y - center) / spread) * spread

        return self._values(y, ask)

    # -- picture ------------------------------------------------------------------------------

    def plot(self, ax=None, *, rows=None):
        """Draw the densities of a few rows; of a single row also what every expert adds to it.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        rows : list of int or None, default=None
            Positions of the rows; None takes the first five.

        Returns
        -------
        ax : matplotlib Axes

        Raises
        ------
        ValueError
            If there are several targets.
        """
        from matplotlib import pyplot as plt

        if not self.flat:
            raise ValueError(
                f"A distribution of {self.shape[1]} targets was to be drawn; one target is "
                "allowed. Draw densities of `pdf` target by target."
            )
        ax = plt.subplots(layout="constrained")[1] if ax is None else ax
        shown = self[list(range(min(len(self), _ROWS_SHOWN))) if rows is None else rows]
        low, high = float(host(shown.ppf(0.001)).min()), float(host(shown.isf(0.001)).max())
        y = np.linspace(low, high, _POINTS)
        if self.discrete:
            y = np.arange(low, high + 1, max(1, (high - low) // _POINTS))
        density = host(shown.pdf(y[:, None]))
        style = {"marker": "o", "markersize": 3} if self.discrete else {}
        if len(shown) == 1:
            for k in range(self.eta.shape[1]):
                alone = self._alone(shown, k)
                part = host(shown.weights)[0, k] * host(alone.pdf(y[:, None]))[:, 0]
                ax.plot(y, part, "--", linewidth=1, label=f"expert {k}")
        names = range(len(density[0])) if rows is None else rows
        for name, curve in zip(names, density.T, strict=True):
            ax.plot(y, curve, label="mixture" if len(shown) == 1 else f"row {name}", **style)
        ax.set(xlabel="y", ylabel="probability" if self.discrete else "density", ylim=(0, None))
        ax.legend()
        return ax

    @staticmethod
    def _alone(law, k):
        """The distribution around one expert's prediction."""
        scale = None if law.scale is None else law.scale[..., k : k + 1, :]
        return MixtureDistribution(
            0 * law.log_weight[:, :1], law.eta[:, k : k + 1, :], scale, law.family, law.flat
        )

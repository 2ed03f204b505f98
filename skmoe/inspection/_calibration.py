"""Whether y falls where it is expected."""

import numpy as np
from scipy.stats import binom
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.arrays import host
from .._rows.validation import check_count, check_share
from ._style import GREY, INK, expert_colour, percent, split_axes, thin_frame
from ._targets import check_one_target, flat_targets

__all__ = ["CalibrationDisplay"]

# Central intervals of which the coverage is counted.
_LEVELS = np.linspace(0.05, 0.95, 19)

_PIT = "PIT: predicted P(Y \N{LESS-THAN OR EQUAL TO} y)"


class CalibrationDisplay:
    """Whether y falls where it is expected: PIT histogram, and coverage of central intervals.

    The probability integral transform (PIT) of a row is the predicted probability of at most the
    y that was observed. Over rows the mixture has not been fitted to, it is uniform where the
    predictive distribution is right; a U says that the distribution is too narrow, a hill that it
    is too wide, a slope that predictions are too high or too low. Bands are what chance alone
    would give. Use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    pit : ndarray of shape (n_samples,)
        Probability that the model gives to a smaller target than each row has.
    levels : ndarray of shape (n_levels,)
        Nominal probabilities of central intervals.
    coverage : ndarray of shape (n_levels,)
        Shares of the rows inside these intervals.
    bins : int, default=10
        Bars of the histogram.
    confidence : float, default=0.95
        Probability of the bands.

    Attributes
    ----------
    bars_ : matplotlib BarContainer
        The histogram; 1 is the height that is expected.
    band_ : tuple of float
        The heights between which chance keeps a bar.
    coverage_line_ : matplotlib Line2D
    axes_ : ndarray of matplotlib Axes of shape (2,)
        The histogram and the coverage.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure

    See Also
    --------
    PredictiveDisplay : The predictive distribution along a feature.
    sklearn.calibration.CalibrationDisplay : The same question about a classifier's probabilities.

    References
    ----------
    .. [1] Dawid, A. P. (1984). Statistical theory: the prequential approach. Journal of the
       Royal Statistical Society A 147, 278-292.
    .. [2] Czado, C., Gneiting, T. & Held, L. (2009). Predictive model assessment for count data.
       Biometrics 65, 1254-1261.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import CalibrationDisplay
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-1, 1, size=(400, 1))
    >>> y = np.abs(x[:, 0]) + 0.1 * rng.standard_normal(400)
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x[:200], y[:200])
    >>> display = CalibrationDisplay.from_estimator(model, x[200:], y[200:])
    >>> bool(np.abs(display.coverage - display.levels).max() < 0.1)
    True
    """

    def __init__(self, *, pit, levels, coverage, bins=10, confidence=0.95):
        self.pit = pit
        self.levels = levels
        self.coverage = coverage
        self.bins = bins
        self.confidence = confidence

    @classmethod
    def from_estimator(
        cls, regressor, X, y, *, bins=10, confidence=0.95, random_state=0, ax=None, **kwargs
    ):
        """Draw the calibration of a fitted regressor.

        Parameters
        ----------
        regressor : MoERegressor or HMERegressor
            A fitted mixture with one target.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows that the mixture was not fitted to.
        y : array-like of shape (n_samples,)
        bins : int, default=10
            Bars of the histogram.
        confidence : float, default=0.95
            Probability of the bands.
        random_state : int, RandomState instance or None, default=0
            Draws the PIT of counts, and of zeros among amounts, anywhere in the jump of the
            distribution function at y.
        ax : matplotlib Axes, sequence of two Axes or None, default=None
            Axes to draw on, one is divided into two; None makes a new figure.
        **kwargs : dict
            For `bar` of the histogram.

        Returns
        -------
        CalibrationDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If it is no regressor with one target, or a setting is not as described.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_one_target(regressor)
        bins = check_count(bins, "bins")
        confidence = check_share(confidence, "confidence")
        law, given = regressor.predict_dist(X), y
        y = flat_targets(y)
        check_consistent_length(law.weights, y)
        # Of a fit with exposures that are not told here, y cannot be judged: this says so.
        regressor.responsibilities(X, given)
        pit = host(law.cdf(y))
        if law.discrete or law.family.atom:
            below = host(law.cdf(y - 1)) if law.discrete else np.where(y == 0, 0.0, pit)
            pit = below + check_random_state(random_state).uniform(size=len(y)) * (pit - below)
        coverage = (np.abs(2 * pit - 1) <= _LEVELS[:, None]).mean(axis=1)
        return cls(
            pit=pit, levels=_LEVELS, coverage=coverage, bins=bins, confidence=confidence
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of two Axes or None, default=None
            Axes to draw on, one is divided into two; None makes a new figure.
        **kwargs : dict
            For `bar` of the histogram.

        Returns
        -------
        CalibrationDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.axes_ = split_axes(ax, (8, 3.6), 2)
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        self._plot_histogram(self.axes_[0], kwargs)
        self._plot_coverage(self.axes_[1])
        for own in self.axes_:
            thin_frame(own)
        return self

    def _chance(self, probability):
        """Shares of the rows between which chance keeps what has a probability."""
        n = len(self.pit)
        return np.array(binom.interval(self.confidence, n, probability)) / n

    def _plot_histogram(self, ax, kwargs):
        """Bars of the PIT, of height 1 where all is as expected."""
        counts, edges = np.histogram(np.clip(self.pit, 0, 1), self.bins, (0, 1))
        self.band_ = tuple(self.bins * self._chance(1 / self.bins))
        style = {"align": "edge", "color": expert_colour(4), "edgecolor": "white", **kwargs}
        heights = counts / len(self.pit) * self.bins
        self.bars_ = ax.bar(edges[:-1], heights, width=1 / self.bins, **style)
        ax.axhspan(*self.band_, color=GREY, alpha=0.35, linewidth=0, zorder=2)
        ax.axhline(1, color=INK, linewidth=1, linestyle="--")
        ax.set(
            xlim=(0, 1), xlabel="PIT: predicted P(Y \N{LESS-THAN OR EQUAL TO} y)", ylabel="density"
        )
        ax.set_ylim(0, 1.1 * max(heights.max(), self.band_[1]))

    def _plot_coverage(self, ax):
        """Observed against nominal coverage."""
        fine = np.linspace(0, 1, 101)
        ax.fill_between(fine, *self._chance(fine), color=GREY, alpha=0.35, linewidth=0)
        ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--")
        style = {"color": expert_colour(0), "marker": "o", "markersize": 4}
        (self.coverage_line_,) = ax.plot(self.levels, self.coverage, **style)
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="nominal coverage", ylabel="observed coverage")
        words = f"grey: {percent(self.confidence)} by chance"
        ax.text(0.98, 0.04, words, ha="right", fontsize=9, color=INK)

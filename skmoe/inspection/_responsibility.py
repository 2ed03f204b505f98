"""How clearly rows belong to the experts."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.arrays import host
from .._rows.validation import check_count
from ._style import (
    check_mixture,
    expert_colour,
    expert_label,
    get_axes,
)

__all__ = ["ResponsibilityDisplay"]

# Rows with less say nothing about an expert, and would fill the first bar.
_LEAST = 1e-4


class ResponsibilityDisplay:
    """How clearly rows belong to the experts: a rootogram of responsibilities for each of them.

    A hill at 1 are rows that an expert explains alone, rows in the middle are shared. Heights are
    square roots of the numbers of rows, so that few rows are seen beside many; rows with a
    responsibility below 1e-4 are left out. Beside each is written for how many rows the expert is
    the most responsible one, of how many rows that are drawn. Use :meth:`from_estimator`
    to create a display.

    Parameters
    ----------
    responsibilities : ndarray of shape (n_samples, n_experts)
        What is counted, expert by expert.
    bins : int, default=20
        Number of bars for every expert.

    Attributes
    ----------
    counts_ : ndarray of shape (n_experts, bins)
        Numbers of rows.
    steps_ : list of matplotlib StepPatch
        A rootogram per expert.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    UsageDisplay : The shares of the rows that the experts have.

    References
    ----------
    .. [1] Leisch, F. (2004). FlexMix: a general framework for finite mixture models and latent
       class regression in R. Journal of Statistical Software 11 (8).

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import ResponsibilityDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = ResponsibilityDisplay.from_estimator(model, x, y)
    >>> display.counts_.shape
    (2, 20)
    """

    def __init__(self, *, responsibilities, bins=20):
        self.responsibilities = responsibilities
        self.bins = bins

    @classmethod
    def from_estimator(cls, estimator, X, y, *, bins=20, ax=None, **kwargs):
        """Draw the responsibilities of a fitted mixture.

        Parameters
        ----------
        estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
            A fitted mixture.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        bins : int, default=20
            Number of bars for every expert.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `stairs`.

        Returns
        -------
        ResponsibilityDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If bins is not a positive whole number.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        bins = check_count(bins, "bins")
        table = host(estimator.responsibilities(X, y))
        return cls(responsibilities=table, bins=bins).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `stairs`.

        Returns
        -------
        ResponsibilityDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        n_experts = self.responsibilities.shape[1]
        self.ax_ = ax = get_axes(ax, (6, 1.1 + 0.62 * n_experts))
        self.figure_ = ax.figure
        edges = np.linspace(0, 1, self.bins + 1)
        self.counts_ = np.array([self._counts(k, edges) for k in range(n_experts)])
        heights = np.sqrt(self.counts_ / max(self.counts_.max(), 1))
        most = np.bincount(self.responsibilities.argmax(axis=1), minlength=n_experts)
        self.steps_ = []
        for k in range(n_experts):
            floor = n_experts - 1 - k
            style = {"fill": True, "facecolor": expert_colour(k), "edgecolor": "white"}
            steps = ax.stairs(
                floor + 0.85 * heights[k], edges, baseline=floor, **{**style, **kwargs}
            )
            self.steps_.append(steps)
            ax.axhline(floor, color=expert_colour(k), linewidth=1)
            words = f"{most[k]:,}\nof {self.counts_[k].sum():,} rows"
            ax.text(1.02, floor + 0.35, words, va="center", fontsize=9)
        self._label(n_experts)
        return self

    def _counts(self, k, edges):
        """Numbers of rows between the edges."""
        own = self.responsibilities[:, k]
        return np.histogram(own[own >= _LEAST], edges)[0]

    def _label(self, n_experts):
        """Words on the axes; heights stand for square roots and carry no scale."""
        ax = self.ax_
        floors = np.arange(n_experts)[::-1]
        ax.set_yticks(floors + 0.35, [expert_label(k) for k in range(n_experts)])
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
        ax.set(xlim=(0, 1), ylim=(-0.05, n_experts), xlabel="responsibility")
        ax.set_title("square roots of the numbers of rows", fontsize=9, loc="left")

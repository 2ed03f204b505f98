"""How many rows go to each expert."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils.validation import _check_sample_weight

from .._rows.arrays import host
from ._style import (
    check_mixture,
    expert_colour,
    expert_label,
    get_axes,
    percent,
    thin_frame,
)

__all__ = ["UsageDisplay"]


class UsageDisplay:
    """The experts' shares of the rows: two bars for every expert.

    One is the mean gate probability, the share that an expert has in the answers. The other is the
    share of the rows for which it is the most probable expert. Use :meth:`from_estimator` to
    create a display.

    Parameters
    ----------
    mean_proba : ndarray of shape (n_experts,)
        Mean gate probabilities.
    share_most_probable : ndarray of shape (n_experts,)
        Shares of the rows for which an expert is the most probable.

    Attributes
    ----------
    mean_bars_, most_probable_bars_ : matplotlib BarContainer
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    ResponsibilityDisplay : How clearly rows belong to the experts once y is known.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import UsageDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.1 * np.random.default_rng(0).standard_normal(200)
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = UsageDisplay.from_estimator(model, x)
    >>> display.share_most_probable.round(1)
    array([0.5, 0.5])
    """

    def __init__(self, *, mean_proba, share_most_probable):
        self.mean_proba = mean_proba
        self.share_most_probable = share_most_probable

    @classmethod
    def from_estimator(cls, estimator, X, *, sample_weight=None, ax=None, **kwargs):
        """Draw the shares of the rows of X.

        Parameters
        ----------
        estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
            A fitted mixture.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as two rows.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `barh`.

        Returns
        -------
        UsageDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        proba = host(estimator.gate_proba(X))
        weight = None if sample_weight is None else host(sample_weight)
        weight = _check_sample_weight(weight, proba, ensure_non_negative=True)
        owner = np.bincount(proba.argmax(axis=1), weight, minlength=proba.shape[1])
        return cls(
            mean_proba=weight @ proba / weight.sum(), share_most_probable=owner / weight.sum()
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `barh`.

        Returns
        -------
        UsageDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        n_experts = len(self.mean_proba)
        self.ax_ = ax = get_axes(ax, (6, 1.3 + 0.5 * n_experts))
        self.figure_ = ax.figure
        self.mean_bars_ = self._plot_bars(self.mean_proba, -0.2, {}, kwargs)
        self.most_probable_bars_ = self._plot_bars(
            self.share_most_probable, 0.2, {"hatch": "////", "fill": False}, kwargs
        )
        largest = max(self.mean_proba.max(), self.share_most_probable.max())
        ax.set(xlabel="share of the rows", xlim=(0, 1.14 * largest), ylim=(n_experts - 0.45, -0.55))
        ax.set_yticks(range(n_experts), [expert_label(k) for k in range(n_experts)])
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_formatter(lambda share, _: percent(share))
        thin_frame(ax)
        self._plot_key()
        return self

    def _plot_bars(self, shares, shift, style, kwargs):
        """A bar per expert with its percentage at the end."""
        colours = [expert_colour(k) for k in range(len(shares))]
        style = {"height": 0.36, "color": colours, "edgecolor": colours, **style}
        bars = self.ax_.barh(np.arange(len(shares)) + shift, shares, **{**style, **kwargs})
        self.ax_.bar_label(bars, [percent(share) for share in shares], padding=3, fontsize=9)
        return bars

    def _plot_key(self):
        """Which bar is which, above the bars."""
        from matplotlib.patches import Patch

        handles = [
            Patch(facecolor="#777777", edgecolor="#777777", label="mean gate probability"),
            Patch(fill=False, edgecolor="#777777", hatch="////", label="most probable expert"),
        ]
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "borderaxespad": 0.2}
        self.ax_.legend(handles=handles, frameon=False, fontsize=9, **place)

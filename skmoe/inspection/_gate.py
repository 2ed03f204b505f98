"""Which expert answers where."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.arrays import host
from .._rows.validation import check_count
from ._regions import ROOM, crossed, middle, tints
from ._rows import (
    check_percentiles,
    chosen_features,
    dense_sample,
    grids,
    held_words,
    moved_rows,
    subset,
)
from ._style import (
    GREY,
    INK,
    check_mixture,
    expert_colour,
    expert_label,
    expert_style,
    feature_names,
    get_axes,
    legend,
    mark_rows,
    note_above,
    shortened,
    thin_frame,
)

__all__ = ["GateDisplay"]


class GateDisplay:
    """The gate: probability of every expert along one feature or over a plane of two.

    Use :meth:`from_estimator` to create a display. The other features are held: at their median,
    or at the most frequent value of a feature with at most ten values.

    Parameters
    ----------
    grid : list of ndarray of shape (grid_resolution,)
        Values of the one or two features that are shown.
    gate_proba : ndarray of shape (grid_resolution, n_experts) or \
            (grid_resolution, grid_resolution, n_experts)
        Gate probabilities; of two features the first runs along the second axis.
    feature_names : list of str
        Names of the features that are shown.
    points : ndarray of shape (n_points, len(grid)) or None, default=None
        Rows of the data to mark.
    note : str or None, default=None
        A line above the picture: what is held, and which experts answer elsewhere only.

    Attributes
    ----------
    lines_ : list of matplotlib Line2D
        A curve per expert; of one feature only.
    image_ : matplotlib AxesImage
        The regions of the most probable expert, the fainter the less sure; of two features only.
    contours_ : matplotlib QuadContourSet or None
        Where the most probable expert has a probability of 1/2 and of 9/10; of two features only.
    points_ : matplotlib Line2D or None
        The rows of the data.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    UsageDisplay : How many rows go to each expert.
    sklearn.inspection.DecisionBoundaryDisplay : The regions of a classifier's prediction.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import GateDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.1 * np.random.default_rng(0).standard_normal(200)
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = GateDisplay.from_estimator(model, x)
    >>> len(display.lines_)
    2
    """

    def __init__(self, *, grid, gate_proba, feature_names, points=None, note=None):
        self.grid = grid
        self.gate_proba = gate_proba
        self.feature_names = feature_names
        self.points = points
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        features=None,
        *,
        grid_resolution=200,
        percentiles=(0.01, 0.99),
        subsample=1000,
        ax=None,
        **kwargs,
    ):
        """Draw the gate of a fitted mixture.

        Parameters
        ----------
        estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
            A fitted mixture.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows that say between which values a feature moves and where the others are held.
        features : int, str, list of one or two of these, or None, default=None
            Features to show, by position or name. None takes all of one or two; of more, the one
            or two along which the gate moves most between the 10 % and the 90 % quantile.
        grid_resolution : int, default=200
            Number of values along a feature.
        percentiles : tuple of float, default=(0.01, 0.99)
            Quantiles of a feature between which it moves.
        subsample : int or None, default=1000
            Rows of X that are marked, drawn with a fixed seed; 0 for none, None for 10,000.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the curves, or `imshow` of the regions.

        Returns
        -------
        GateDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If features, grid_resolution or percentiles are not as described.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        names = feature_names(estimator)
        n_points = check_count(grid_resolution, "grid_resolution", minimum=2)
        sample = dense_sample(estimator, X)
        positions = chosen_features(features, names, estimator.gate_proba, sample)
        values = grids(sample.table[:, positions], check_percentiles(percentiles), n_points)
        cells = crossed(values)
        asked = moved_rows(sample, positions, cells)
        proba = host(estimator.gate_proba(asked))
        marked = sample.table[subset(len(sample.rows), subsample)][:, positions]
        return cls(
            grid=list(values.T),
            gate_proba=proba.reshape(*[n_points] * len(positions), -1),
            feature_names=[names[position] for position in positions],
            points=marked if len(marked) else None,
            note=held_words(estimator, sample, positions, asked),
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the curves, or `imshow` of the regions.

        Returns
        -------
        GateDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.ax_ = get_axes(ax, (6, 3.6) if len(self.grid) == 1 else (6, 4.2))
        self.figure_, self.points_ = self.ax_.figure, None
        self.ax_.set_xlabel(shortened(self.feature_names[0]), parse_math=False)
        if len(self.grid) == 1:
            self._plot_curves(kwargs)
        else:
            self._plot_regions(kwargs)
        note_above(self.ax_, self.note)
        return self

    def _plot_curves(self, kwargs):
        """A curve per expert, and the rows as a rug below."""
        (values,), n_experts = self.grid, self.gate_proba.shape[-1]
        every = max(len(values) // 8, 1)
        self.lines_ = []
        for k, proba in enumerate(self.gate_proba.T):
            # Markers of curves that lie upon one another stay apart.
            place = {"markevery": (k * every // n_experts, every), "markersize": 5}
            style = {"label": expert_label(k), "linewidth": 2, **place, **expert_style(k)}
            self.lines_ += self.ax_.plot(values, proba, **{**style, **kwargs})
        if self.points is not None:
            height = np.full(len(self.points), -0.05)
            rug = {"marker": "|", "linestyle": "", "color": GREY, "markersize": 6, "alpha": 0.4}
            (self.points_,) = self.ax_.plot(self.points[:, 0], height, **rug)
        self.ax_.set(ylabel="gate probability", ylim=(-0.09, 1.04), xlim=(values[0], values[-1]))
        thin_frame(self.ax_)
        legend(self.ax_)

    def _plot_regions(self, kwargs):
        """Tints of the most probable experts, lines of equal certainty, the rows as points."""
        from matplotlib.patches import Patch

        across, up = self.grid
        top, owner = self.gate_proba.max(axis=2), self.gate_proba.argmax(axis=2)
        ends = {"extent": (across[0], across[-1], up[0], up[-1]), "origin": "lower"}
        colours = tints(top, owner, self.gate_proba.shape[2])
        self.image_ = self.ax_.imshow(colours, **{**ends, "aspect": "auto", **kwargs})
        self.points_ = mark_rows(self.ax_, self.points)
        self.contours_ = self._plot_contours(across, up, top)
        self.ax_.set_ylabel(shortened(self.feature_names[1]), parse_math=False)
        self.ax_.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
        shown = np.unique(owner)
        for k in shown:
            self._plot_number(k, owner == k)
        handles = [Patch(color=expert_colour(k), label=expert_label(k)) for k in shown]
        legend(self.ax_, handles=handles)

    def _plot_contours(self, across, up, top):
        """Lines on which the most probable expert has 1/2 and 9/10."""
        levels = [level for level in (0.5, 0.9) if top.min() < level < top.max()]
        if not levels:
            return None
        lines = {"colors": INK, "linewidths": 0.8, "linestyles": "dashed"}
        contours = self.ax_.contour(across, up, top, levels=levels, **lines)
        self.ax_.clabel(contours, fmt=lambda level: f"{100 * level:.0f} %", fontsize=8)
        return contours

    def _plot_number(self, k, owned):
        """The number of an expert where its region is widest, if there is room for it."""
        row, column, room = middle(owned)
        if room < ROOM * len(owned):
            return
        box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": expert_colour(k)}
        place = self.grid[0][column], self.grid[1][row]
        self.ax_.text(*place, str(k), ha="center", va="center", fontsize=9, bbox=box)

"""The predictive distribution along a feature."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.arrays import host
from .._rows.validation import check_choice, check_count
from ._rows import (
    check_percentiles,
    dense_sample,
    feature_position,
    grids,
    held_words,
    moved_rows,
    movement,
    subset,
)
from ._style import (
    expert_colour,
    feature_names,
    get_axes,
    legend,
    mark_rows,
    note_above,
    shortened,
    thin_frame,
    tint,
)
from ._targets import SHADES, check_levels, check_one_target, flat_targets, heights_of

__all__ = ["PredictiveDisplay"]


class PredictiveDisplay:
    """What a mixture expects of y along one feature: a fan of quantiles, or the density itself.

    The other features are held: at their median, or at the most frequent value of a feature with
    at most ten values. The density shows several modes, which quantiles hide. Use
    :meth:`from_estimator` to create a display.

    Parameters
    ----------
    grid : ndarray of shape (grid_resolution,)
        Values of the feature.
    quantiles : ndarray of shape (grid_resolution, n_quantiles)
        Of y at the values of the grid.
    levels : ndarray of shape (n_quantiles,)
        Probabilities of the quantiles, increasing.
    heights : ndarray of shape (n_heights,)
        Values of y.
    density : ndarray of shape (n_heights, grid_resolution)
        Density of y, for counts the probability.
    feature_name : str
        Below the horizontal axis.
    target_name : str, default="y"
        Beside the vertical axis.
    points : ndarray of shape (n_points, 2) or None, default=None
        Rows of the data to mark: the feature and y.
    note : str or None, default=None
        A line above the picture: what is held, and which experts answer elsewhere only.

    Attributes
    ----------
    bands_ : list of matplotlib FillBetweenPolyCollection
        The fan, from outside; empty where the density is drawn.
    line_ : matplotlib Line2D or None
        The median, or the middle one of an odd number of quantiles, of the fan.
    image_ : matplotlib QuadMesh or None
        The density.
    points_ : matplotlib Line2D or None
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    CalibrationDisplay : Whether y falls where it is expected.
    sklearn.inspection.PartialDependenceDisplay : Averages over the other features.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import PredictiveDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = PredictiveDisplay.from_estimator(model, x, y=y)
    >>> display.quantiles.shape
    (200, 7)
    """

    def __init__(
        self,
        *,
        grid,
        quantiles,
        levels,
        heights,
        density,
        feature_name,
        target_name="y",
        points=None,
        note=None,
    ):
        self.grid = grid
        self.quantiles = quantiles
        self.levels = levels
        self.heights = heights
        self.density = density
        self.feature_name = feature_name
        self.target_name = target_name
        self.points = points
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        regressor,
        X,
        feature=None,
        y=None,
        *,
        quantiles=(0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975),
        shade=None,
        grid_resolution=200,
        percentiles=(0.01, 0.99),
        subsample=1000,
        ax=None,
        **kwargs,
    ):
        """Draw the predictive distribution of a fitted regressor.

        Parameters
        ----------
        regressor : MoERegressor or HMERegressor
            A fitted mixture with one target.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows that say between which values the feature moves and where the others are held.
        feature : int, str or None, default=None
            Feature to show, by position or name; None takes the one along which the prediction
            moves most between the 10 % and the 90 % quantile.
        y : array-like of shape (n_samples,), default=None
            With y, rows of X are marked.
        quantiles : sequence of float
            Increasing probabilities; the first and the last make the outermost band.
        shade : {"sqrt", "log", "linear"} or None, default=None
            Draws the density, on this scale, instead of the fan; "sqrt" and "log" show small modes
            beside large ones.
        grid_resolution : int, default=200
            Number of values of the feature.
        percentiles : tuple of float, default=(0.01, 0.99)
            Quantiles of the feature between which it moves.
        subsample : int or None, default=1000
            Rows that are marked, drawn with a fixed seed; None for 10,000.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `fill_between` of the bands, or `pcolormesh` of the density.

        Returns
        -------
        PredictiveDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If it is no regressor with one target, or a setting is not as described.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_one_target(regressor)
        levels = check_levels(quantiles)
        names = feature_names(regressor)
        n_points = check_count(grid_resolution, "grid_resolution", minimum=2)
        sample = dense_sample(regressor, X)
        if feature is None:
            position = int(movement(regressor.predict, sample).argmax())
        else:
            position = feature_position(feature, names, sample)
        grid = grids(sample.table[:, [position]], check_percentiles(percentiles), n_points)
        asked = moved_rows(sample, [position], grid)
        fan = host(regressor.predict_quantiles(asked, levels))
        law = regressor.predict_dist(asked)
        heights = heights_of(law)
        points = None
        if y is not None:
            marked = subset(len(sample.rows), subsample)
            own = flat_targets(y)[sample.rows][marked]
            points = np.column_stack([sample.table[marked, position], own])
        return cls(
            grid=grid[:, 0],
            quantiles=fan,
            levels=levels,
            heights=heights,
            density=host(law.pdf(heights[:, None])),
            feature_name=names[position],
            target_name=str(getattr(y, "name", None) or "y"),
            points=points,
            note=held_words(regressor, sample, [position], asked),
        ).plot(ax=ax, shade=shade, **kwargs)

    def plot(self, ax=None, *, shade=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        shade : {"sqrt", "log", "linear"} or None, default=None
            Draws the density, on this scale, instead of the fan.
        **kwargs : dict
            For `fill_between` of the bands, or `pcolormesh` of the density.

        Returns
        -------
        PredictiveDisplay

        Raises
        ------
        ValueError
            If shade is not as described.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        if shade is not None:
            check_choice(shade, "shade", list(SHADES))
        self.ax_ = ax = get_axes(ax, (6, 4))
        self.figure_, self.image_, self.bands_, self.line_ = ax.figure, None, [], None
        if shade is None:
            self._plot_fan(kwargs)
        else:
            self._plot_density(shade, kwargs)
        self.points_ = mark_rows(ax, self.points)
        ax.set_xlabel(shortened(self.feature_name), parse_math=False)
        ax.set_ylabel(shortened(self.target_name), parse_math=False)
        ax.set_xlim(self.grid[0], self.grid[-1])
        note_above(ax, self.note)
        return self

    def _plot_fan(self, kwargs):
        """Bands between quantiles, the darker the nearer to the median."""
        n_bands = len(self.levels) // 2
        for i in range(n_bands):
            low, high = self.quantiles[:, i], self.quantiles[:, -1 - i]
            label = f"{100 * self.levels[i]:g} % to {100 * self.levels[-1 - i]:g} %"
            colour = tint(expert_colour(0), 0.2 + 0.5 * i / max(n_bands - 1, 1))
            style = {"color": colour, "linewidth": 0, "label": label, **kwargs}
            self.bands_.append(self.ax_.fill_between(self.grid, low, high, **style))
        if len(self.levels) % 2:
            label = f"{100 * self.levels[n_bands]:g} %"
            style = {"color": "#00304d", "linewidth": 1.8, "label": label, "zorder": 3}
            (self.line_,) = self.ax_.plot(self.grid, self.quantiles[:, n_bands], **style)
        thin_frame(self.ax_)
        legend(self.ax_, title="quantiles of y", alignment="left")

    def _plot_density(self, shade, kwargs):
        """The density as an image."""
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("density", ["white", expert_colour(0)])
        style = {"cmap": colours, "shading": "nearest", "rasterized": True, **kwargs}
        scaled, words = SHADES[shade]
        self.image_ = self.ax_.pcolormesh(self.grid, self.heights, scaled(self.density), **style)
        self.figure_.colorbar(self.image_, ax=self.ax_, label=words)

"""How a fit climbed."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ._style import GREY, INK, check_mixture, expert_colour, get_axes, thin_frame

__all__ = ["ConvergenceDisplay"]

# Passes that are few enough to be marked one by one.
_MARKED = 40

# A first gain so many times as large as all others would leave them a flat line.
_HIDING = 50


class ConvergenceDisplay:
    """How a fit climbed: the objective after every pass, behind it what starts were compared by.

    Use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    history : list of float
        Objective after every pass.
    start_histories : list of list of float, default=()
        What starts were compared by after every round of short climbs: see `start_histories_`.
    validation_scores : list of float, default=()
        Mean log density of held-out rows after every epoch, drawn on a second axis.
    objective_label : str, default="objective"
        Words on the axis.

    Attributes
    ----------
    line_ : matplotlib Line2D
    start_lines_ : list of matplotlib Line2D
    validation_line_ : matplotlib Line2D or None
    validation_ax_ : matplotlib Axes or None
        The second axis, for the held-out rows.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import ConvergenceDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = ConvergenceDisplay.from_estimator(model)
    >>> len(display.line_.get_ydata()) == len(model.history_)
    True
    """

    def __init__(
        self, *, history, start_histories=(), validation_scores=(), objective_label="objective"
    ):
        self.history = history
        self.start_histories = start_histories
        self.validation_scores = validation_scores
        self.objective_label = objective_label

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **kwargs):
        """Draw the climb of a fitted mixture.

        Parameters
        ----------
        estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
            A fitted mixture.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the objective.

        Returns
        -------
        ConvergenceDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If it has learnt by `partial_fit`.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        if not hasattr(estimator, "history_"):
            raise ValueError(
                "The mixture has learnt from batches, and no climb was recorded; one that `fit` "
                "has fitted is allowed. Follow score_samples of held-out rows from batch to batch."
            )
        return cls(
            history=estimator.history_,
            start_histories=estimator.start_histories_,
            validation_scores=estimator.validation_scores_,
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the objective.

        Returns
        -------
        ConvergenceDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.ax_ = ax = get_axes(ax, (6, 3.6))
        self.figure_ = ax.figure
        self.start_lines_ = [self._plot_start(own) for own in self.start_histories]
        if self.start_lines_:
            self.start_lines_[0].set_label("starts")
        style = {"color": expert_colour(0), "linewidth": 2, "label": "objective", **kwargs}
        if len(self.history) <= _MARKED:
            style = {"marker": "o", "markersize": 3.5, **style}
        (self.line_,) = ax.plot(range(len(self.history)), self.history, **style)
        ax.set(xlabel="pass over the rows", ylabel=self.objective_label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.ticklabel_format(axis="y", useOffset=False)
        thin_frame(ax)
        self._look_closer()
        self._plot_validation()
        return self

    def _plot_start(self, own):
        """The short run of one start."""
        (line,) = self.ax_.plot(
            range(len(own)), own, color=GREY, linewidth=0.8, marker=".", markersize=3, zorder=1
        )
        return line

    def _look_closer(self):
        """Leave the first pass below the axes, with its value in words, where it hides the rest."""
        first, rest = self.history[0], self.history[1:]
        if not rest or min(rest) - first <= _HIDING * (max(rest) - min(rest)):
            return
        shown = [value for own in self.start_histories for value in own[1:]] + rest
        low, high = min(shown), max(shown)
        margin = 0.1 * (high - low) or 0.01 * abs(high) or 1.0
        self.ax_.set_ylim(low - margin, high + margin)
        words = f"pass 0: {first:.4g}, below"
        style = {"xycoords": "axes fraction", "ha": "right", "fontsize": 9, "color": INK}
        self.ax_.annotate(words, (0.99, 0.03), **style)

    def _plot_validation(self):
        """Scores of held-out rows on an axis of their own."""
        self.validation_ax_ = self.validation_line_ = None
        lines = [self.line_, *self.start_lines_[:1]]
        if len(self.validation_scores):
            self.validation_ax_ = self.ax_.twinx()
            style = {"color": expert_colour(5), "linestyle": "--", "label": "held-out rows"}
            epochs = np.arange(len(self.validation_scores)) + 1
            (self.validation_line_,) = self.validation_ax_.plot(
                epochs, self.validation_scores, **style
            )
            self.validation_ax_.set_ylabel("mean log density of held-out rows")
            self.validation_ax_.spines["top"].set_visible(False)
            lines.append(self.validation_line_)
        if len(lines) > 1:
            place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": len(lines)}
            self.ax_.legend(handles=lines, frameon=False, **place)

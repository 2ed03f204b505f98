"""How many experts: the criterion against their number."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.validation import check_choice
from ._style import INK, check_mixture, expert_colour, get_axes, thin_frame

__all__ = ["ElbowDisplay"]


class ElbowDisplay:
    """How many experts: a criterion against their number, with the number that was chosen.

    Use :meth:`from_selection` or :meth:`from_estimator` to create a display.

    Parameters
    ----------
    n_experts : ndarray of shape (n_candidates,)
        The numbers that were tried.
    scores : ndarray of shape (n_candidates,)
        The criterion.
    best_n_experts : int
        The number that was chosen.
    criterion : str
        Name of the criterion.
    std_errors : ndarray of shape (n_candidates,) or None, default=None
        Standard errors of the scores, or of their differences to the best.
    degenerate : ndarray of bool of shape (n_candidates,) or None, default=None
        Fits that were excluded.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The fits that were compared.
    error_bars_ : matplotlib LineCollection or None
    degenerate_ : matplotlib Line2D or None
        The fits that were excluded, as hollow markers with a cross.
    best_ : matplotlib Line2D
        A ring around the fit that was chosen.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    skmoe.model_selection.select_n_experts : Makes the choice.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe.inspection import ElbowDisplay
    >>> display = ElbowDisplay(
    ...     n_experts=np.arange(1, 5),
    ...     scores=np.array([510.0, 420.0, 433.0, 401.0]),
    ...     best_n_experts=2,
    ...     criterion="bic",
    ...     degenerate=np.array([False, False, False, True]),
    ... ).plot()
    >>> display.ax_.get_ylabel()
    'BIC (lower is better)'
    """

    def __init__(
        self, *, n_experts, scores, best_n_experts, criterion, std_errors=None, degenerate=None
    ):
        self.n_experts = n_experts
        self.scores = scores
        self.best_n_experts = best_n_experts
        self.criterion = criterion
        self.std_errors = std_errors
        self.degenerate = degenerate

    @classmethod
    def from_selection(cls, selection, *, criterion=None, ax=None, **kwargs):
        """Draw what a choice was made from.

        Parameters
        ----------
        selection : Selection
            What :func:`skmoe.model_selection.select_n_experts` returns.
        criterion : str, default=None
            A criterion of `selection.scores`; None takes the one that decided.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the fits.

        Returns
        -------
        ElbowDisplay

        Raises
        ------
        ValueError
            If the criterion has not been computed.
        """
        check_matplotlib_support(f"{cls.__name__}.from_selection")
        criterion = selection.criterion if criterion is None else criterion
        check_choice(criterion, "criterion", list(selection.scores))
        errors = selection.std_errors if criterion == "cv" else None
        return cls(
            n_experts=np.asarray(selection.n_experts),
            scores=np.asarray(selection.scores[criterion]),
            best_n_experts=selection.best_n_experts_,
            criterion=criterion,
            std_errors=None if errors is None else np.asarray(errors),
            degenerate=np.asarray(selection.degenerate),
        ).plot(ax=ax, **kwargs)

    @classmethod
    def from_estimator(cls, estimator, *, criterion=None, ax=None, **kwargs):
        """Draw what a mixture with `n_experts="auto"` was chosen from.

        Parameters
        ----------
        estimator : MoERegressor or MoEClassifier
            A mixture fitted with `n_experts="auto"`.
        criterion : str, default=None
            A criterion of `estimator.selection_.scores`; None takes the one that decided.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the fits.

        Returns
        -------
        ElbowDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If its number of experts was given, or the criterion has not been computed.
        """
        check_mixture(estimator)
        if getattr(estimator, "selection_", None) is None:
            raise ValueError(
                f"The mixture was fitted with {estimator.n_experts_} experts without a choice; one "
                "with a selection_ is allowed. Fit with n_experts='auto', or call "
                "select_n_experts and pass its result to ElbowDisplay.from_selection."
            )
        return cls.from_selection(estimator.selection_, criterion=criterion, ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `plot` of the fits.

        Returns
        -------
        ElbowDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.ax_ = ax = get_axes(ax, (6, 3.6))
        self.figure_, self.error_bars_, self.degenerate_ = ax.figure, None, None
        left_out = np.zeros(len(self.scores), dtype=bool)
        if self.degenerate is not None:
            left_out = self.degenerate
        fine = ~left_out & np.isfinite(self.scores)
        style = {"color": expert_colour(0), "marker": "o", "linewidth": 2, **kwargs}
        (self.line_,) = ax.plot(self.n_experts[fine], self.scores[fine], **style)
        if self.std_errors is not None:
            self._plot_errors(fine)
        left_out = left_out & np.isfinite(self.scores)
        chosen = self.n_experts == self.best_n_experts
        ring = {"marker": "o", "markersize": 15, "fillstyle": "none", "markeredgewidth": 2}
        ring |= {
            "linestyle": "",
            "color": expert_colour(5),
            "label": f"{self.best_n_experts} chosen",
        }
        (self.best_,) = ax.plot(self.n_experts[chosen], self.scores[chosen], **ring)
        ax.set(xlabel="number of experts", ylabel=_words(self.criterion), xticks=self.n_experts)
        ax.margins(x=0.06, y=0.12)
        thin_frame(ax)
        handles, labels = ax.get_legend_handles_labels()
        if left_out.any():
            crossed, words = self._plot_degenerate(left_out)
            handles, labels = [*handles, crossed], [*labels, words]
        ax.legend(handles, labels, frameon=False)
        return self

    def _plot_errors(self, fine):
        """Bars of one standard error to both sides."""
        place = self.n_experts[fine], self.scores[fine], self.std_errors[fine]
        style = {"fmt": "none", "ecolor": expert_colour(0), "capsize": 4}
        bars = self.ax_.errorbar(*place, **style, label="standard error")
        self.error_bars_ = bars.lines[2][0]

    def _plot_degenerate(self, left_out):
        """Hollow markers with a cross, and what the legend says of them."""
        place = self.n_experts[left_out], self.scores[left_out]
        style = {"linestyle": "", "color": INK, "marker": "s", "markersize": 8}
        (cross,) = self.ax_.plot(*place, **{**style, "marker": "x", "markersize": 5})
        (self.degenerate_,) = self.ax_.plot(*place, **style, fillstyle="none")
        return (self.degenerate_, cross), "degenerate, left out"


def _words(criterion):
    """Words on the axis, with the direction in which the criterion is better."""
    if criterion == "cv":
        return "cross-validated log density\n(higher is better)"
    name = "-2 log evidence" if criterion == "evidence" else criterion.upper()
    return f"{name} (lower is better)"

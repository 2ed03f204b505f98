"""What linear experts have learnt, side by side."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.arrays import host
from .._rows.validation import check_count
from ._rows import dense_sample
from ._style import (
    GREY,
    check_mixture,
    coef_names,
    expert_label,
    expert_style,
    get_axes,
    legend,
    short_names,
    thin_frame,
)

__all__ = ["ExpertDisplay"]


class ExpertDisplay:
    """The coefficients of linear experts side by side, features with the largest first.

    Use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    coef : ndarray of shape (n_experts, n_features)
        What the dots show.
    feature_names : list of str
        One for every column of `coef`.
    interval : ndarray of shape (2, n_experts, n_features) or None, default=None
        Lower and upper ends of the intervals.
    xlabel : str, default="coefficient"
        Words on the axis.
    max_features : int, default=15
        Features to show: those with the largest coefficients.

    Attributes
    ----------
    features_ : ndarray of int
        Positions of the features that are shown, from above.
    dots_ : list of matplotlib ErrorbarContainer
        One per expert.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    export_text : Gate and experts as text.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.inspection import ExpertDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> display = ExpertDisplay.from_estimator(model)
    >>> np.sort(display.coef[:, 0]).round(1)
    array([-1.,  1.])
    """

    def __init__(
        self, *, coef, feature_names, interval=None, xlabel="coefficient", max_features=15
    ):
        self.coef = coef
        self.feature_names = feature_names
        self.interval = interval
        self.xlabel = xlabel
        self.max_features = max_features

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        output=None,
        standardize=True,
        confidence=0.95,
        max_features=15,
        ax=None,
        **kwargs,
    ):
        """Draw the coefficients of a fitted mixture of linear experts.

        Parameters
        ----------
        estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
            A fitted mixture.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Rows from which the standard deviations of the features are taken.
        y : array-like of shape (n_samples,), default=None
            With X and y, the rows of the fit, confidence intervals are drawn (see `inference` of
            the estimator). A coefficient that the rows do not determine has none.
        output : label or int, default=None
            Whose coefficients: a class of a classifier with several, or the position of a
            regressor's output. Needed where there are several.
        standardize : bool, default=True
            Whether coefficients are multiplied by the standard deviations of their features in X,
            so that they can be compared; without X they stay as they are.
        confidence : float, default=0.95
            Probability that an interval covers the coefficient.
        max_features : int, default=15
            Features to show: those with the largest coefficients.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `errorbar`.

        Returns
        -------
        ExpertDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If the experts are not linear, y is given without X, or output names none; with y, if
            the estimator has no standard errors.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        if not hasattr(estimator, "expert_coef_"):
            raise ValueError(
                f"The experts are of the kind {type(estimator.expert_).__name__}, which has no "
                "coefficients; linear experts are allowed. Draw their answers with "
                "PredictiveDisplay, or fit with expert='linear'."
            )
        if X is None and y is not None:
            raise ValueError("y was given without X; intervals need both. Pass X too.")
        chosen = _output(estimator, output)
        coef, interval = host(estimator.expert_coef_)[chosen], None
        if y is not None:
            ends = estimator.inference(X, y).intervals(confidence)["expert_coef_"]
            interval = np.stack([end[chosen] for end in ends])
        spread, xlabel = 1.0, "coefficient per unit of the feature"
        if standardize and X is not None:
            columns = estimator._units.columns(dense_sample(estimator, X).table)
            spread = np.nanstd(columns, axis=0)
            xlabel = "coefficient per standard deviation of the feature"
        return cls(
            coef=coef * spread,
            feature_names=coef_names(estimator),
            interval=None if interval is None else interval * spread,
            xlabel=xlabel,
            max_features=check_count(max_features, "max_features"),
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        **kwargs : dict
            For `errorbar`.

        Returns
        -------
        ExpertDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        n_experts = len(self.coef)
        order = np.argsort(-np.abs(self.coef).max(axis=0), kind="stable")
        self.features_ = order[: self.max_features]
        height = 0.24 + 0.065 * n_experts
        self.ax_ = ax = get_axes(
            ax, (6.4, 0.7 + max(height * len(self.features_), 0.24 * n_experts))
        )
        self.figure_ = ax.figure
        ax.axvline(0, color=GREY, linewidth=1, zorder=0)
        self.dots_ = [self._plot_expert(k, kwargs) for k in range(n_experts)]
        places = np.arange(len(self.features_))
        for place in places[1::2]:
            ax.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", zorder=-1)
        names = short_names([self.feature_names[i] for i in self.features_], 28)
        ax.set_yticks(places, names, parse_math=False)
        ax.tick_params(axis="y", length=0)
        ax.set(xlabel=self.xlabel, ylim=(len(places) - 0.5, -0.5))
        thin_frame(ax)
        legend(ax)
        return self

    def _plot_expert(self, k, kwargs):
        """Dots of one expert, a little apart from those of the others, with their intervals."""
        n_experts = len(self.coef)
        shift = 0.7 * ((k + 0.5) / n_experts - 0.5)
        values, error = self.coef[k, self.features_], None
        if self.interval is not None:
            error = np.abs(self.interval[:, k][:, self.features_] - values)
            error[~np.isfinite(error)] = np.nan
        look = expert_style(k)
        style = {"color": look["color"], "marker": look["marker"], "linestyle": "none"}
        style |= {
            "markersize": 6 if n_experts <= 4 else 5,
            "elinewidth": 1.4,
            "label": expert_label(k),
            **kwargs,
        }
        return self.ax_.errorbar(values, np.arange(len(values)) + shift, xerr=error, **style)


def _output(estimator, output):
    """Index of the coefficients of one output: all of them where there is only one."""
    if estimator.expert_coef_.ndim == 2:
        return slice(None)
    n_outputs = estimator.expert_coef_.shape[1]
    known = list(host(estimator.classes_)) if hasattr(estimator, "classes_") else range(n_outputs)
    if output is None or output not in known:
        raise ValueError(
            f"output={output!r} was given for experts of {n_outputs} outputs; one of "
            f"{[getattr(label, 'item', lambda label=label: label)() for label in known]} is "
            "allowed."
        )
    return slice(None), list(known).index(output)

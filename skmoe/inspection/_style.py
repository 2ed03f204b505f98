"""What the displays share: how experts look, where axes come from, what is refused."""

from textwrap import wrap

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..estimators._base import BaseMixtureOfExperts

__all__ = [
    "GREY",
    "INK",
    "check_mixture",
    "coef_names",
    "expert_colour",
    "expert_label",
    "expert_style",
    "feature_names",
    "get_axes",
    "legend",
    "mark_rows",
    "note_above",
    "percent",
    "short_names",
    "shortened",
    "split_axes",
    "thin_frame",
    "tint",
]

# Colours of Okabe & Ito, told apart with any colour vision; yellow, faint on white, is last, and
# grey stands for their black, on which no data would be seen.
_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#6B6B6B",
    "#F0E442",
)
_LINES = ("-", "--", "-.", ":", (0, (6, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 2.5)), (0, (9, 3)))
_MARKERS = "o^sDvPX*"
INK, GREY, GREY_INK = "#222222", "#999999", "#555555"


def expert_colour(k):
    """Colour of an expert; after eight they repeat."""
    return _COLOURS[k % len(_COLOURS)]


def expert_style(k):
    """Colour, line and marker of an expert: lines and markers stay apart in grey."""
    turn, place = divmod(k, len(_COLOURS))
    style = (place + 3 * turn) % len(_LINES)
    return {"color": _COLOURS[place], "linestyle": _LINES[style], "marker": _MARKERS[style]}


def expert_label(k):
    """Name of an expert."""
    return f"expert {k}"


def percent(share):
    """A share as text; what is not nothing is not written as nothing."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def shortened(name, longest=40):
    """A name of at most `longest` characters, without some of its middle."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[:half]}\N{HORIZONTAL ELLIPSIS}{name[-half:]}"


def short_names(names, longest):
    """Names of at most `longest` characters, or of as many more as it takes to tell them apart."""
    short = [shortened(name, longest) for name in names]
    apart = len(set(short)) == len(set(names))
    return short if apart else short_names(names, longest + 4)


def tint(colour, strength):
    """A colour mixed with white, as red, green and blue."""
    from matplotlib.colors import to_rgb

    return 1 - strength * (1 - np.array(to_rgb(colour)))


def check_mixture(estimator):
    """Raise unless `estimator` is a fitted mixture."""
    if isinstance(estimator, Pipeline):
        raise TypeError(
            "A Pipeline was given; a fitted mixture is allowed. Pass its last step, "
            "pipeline[-1], and the columns that step sees, pipeline[:-1].transform(X)."
        )
    if not isinstance(estimator, BaseMixtureOfExperts):
        raise TypeError(
            f"An object of type {type(estimator).__name__} was given; a fitted mixture of skmoe is "
            "allowed. Pass for example MoERegressor().fit(X, y)."
        )
    check_is_fitted(estimator)


def feature_names(estimator, given=None):
    """Names of the columns: those given, those seen in fit, or x0, x1, ..."""
    n_features = estimator.n_features_in_
    if given is None:
        known = getattr(estimator, "feature_names_in_", None)
        return [f"x{i}" for i in range(n_features)] if known is None else list(map(str, known))
    if len(given) != n_features:
        raise ValueError(
            f"{len(given)} feature names were given for a mixture of {n_features} features; pass "
            "one name for each."
        )
    return list(map(str, given))


def coef_names(estimator, given=None):
    """Names of the columns that coefficients belong to, given those of the features or none."""
    return estimator._units.column_names(feature_names(estimator, given))


def note_above(ax, words):
    """A line in small grey letters above the axes; nothing for None."""
    if words is not None:
        ax.set_title("\n".join(wrap(words, 72)), fontsize=8, color=GREY_INK, loc="left")


def get_axes(ax, size):
    """The axes given, or those of a new figure of `size` inches."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def split_axes(ax, size, n_columns):
    """Axes side by side: those given, those that one is divided into, or new ones."""
    if isinstance(ax, (list, tuple, np.ndarray)):
        if len(ax) != n_columns:
            raise ValueError(
                f"ax has {len(ax)} axes; this display draws on {n_columns}. Pass one axes, which "
                f"is divided, or {n_columns}."
            )
        return np.asarray(ax)
    ax = get_axes(ax, size)
    ax.set_axis_off()
    cells = ax.get_subplotspec().subgridspec(1, n_columns)
    return np.array([ax.figure.add_subplot(cell) for cell in cells])


def thin_frame(ax):
    """Leave away the lines of the frame that carry no scale."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax, **options):
    """Legend to the right of the axes where a layout makes room for it, else inside."""
    if ax.figure.get_layout_engine() is not None:
        options = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0, **options}
    return ax.legend(frameon=False, **options)


def mark_rows(ax, points):
    """Rows of the data (n_points, 2) as dots; None where there are none."""
    if points is None:
        return None
    look = {"marker": ".", "linestyle": "", "color": INK, "markersize": 3, "alpha": 0.5}
    return ax.plot(*points.T, zorder=2.5, **look)[0]

"""A start that the user gives: labels, responsibilities or a fitted mixture."""

import reprlib

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .._rows.arrays import host, like
from ._teaching import taught

__all__ = ["check_given", "is_given", "responsibilities_of", "started_at"]

# How far the sums of given responsibilities may be from one: they may have been rounded.
_ROUNDING = 2e-2

# Newton steps after which gate and experts have learnt what is given.
_STEPS = 10


def is_given(init):
    """Whether `init` is a start, not the name of a kind."""
    return not isinstance(init, str)


def check_given(init, settings):
    """Raise a ValueError if the settings leave a given start nothing to say."""
    if not any(hasattr(init, name) for name in ("responsibilities", "shape", "__len__")):
        raise ValueError(
            f"init={reprlib.repr(init)} was given; labels of shape (n_samples,), responsibilities "
            "of shape (n_samples, n_experts), a fitted mixture, or the name of a kind of starts "
            "is allowed. Pass init='auto' if you have no start."
        )
    for forbidden, given, remedy in (
        (settings.n_experts == "auto", "n_experts='auto'", "the number of experts that it is for"),
        (settings.n_init > 1, f"n_init={settings.n_init}", "n_init=1: there is one start"),
        (settings.depth is not None, "grow=True", "grow=False"),
        (
            not settings.has_statistics(),
            "neural gates or experts, which learn by small steps from where they are drawn",
            "init='auto' with them",
        ),
    ):
        if forbidden:
            raise ValueError(f"init= was given as a start together with {given}. Pass {remedy}.")


def responsibilities_of(init, given, weight, n_rows, n_experts):
    """The table that `init` stands for, (n, n_experts) on the host; zeros where it is not known.

    Parameters
    ----------
    init : array-like or fitted estimator
    given : Given
        The rows as given.
    weight : array of shape (n,) or None
        Checked weights.
    n_rows, n_experts : int

    Raises
    ------
    ValueError
        If it is not of these rows and that many experts, or an expert is left without a row.
    """
    if hasattr(init, "responsibilities"):
        table = _told_by(init, given, n_experts)
    else:
        try:
            own = host(init) if hasattr(init, "__array_namespace__") else np.asarray(init)
            if np.iscomplexobj(own):
                raise TypeError("A cast would keep one half.")
            own = own.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                "init= was given with entries that are not numbers. Pass labels from 0 to "
                f"{n_experts - 1}, -1 where they are not known (sklearn's LabelEncoder makes them "
                "of names), or probabilities."
            ) from None
        if own.shape not in ((n_rows,), (n_rows, n_experts)):
            raise ValueError(
                f"init= was given with the shape {own.shape}; labels of shape ({n_rows},) or "
                f"responsibilities of shape ({n_rows}, {n_experts}) are allowed: X has {n_rows} "
                f"rows, and {n_experts} experts are asked for. In cross-validation, where a fit "
                "sees some rows only, pass a fitted mixture as FrozenEstimator(mixture)."
            )
        table = _of_labels(own, n_experts) if own.ndim == 1 else _checked(own)
    total = (table if weight is None else host(weight)[:, None] * table).sum(axis=0)
    idle = [int(k) for k in np.flatnonzero(~(total > 0))]
    if idle:
        raise ValueError(
            f"init= gives no row (of weight above 0) to the experts {idle}, of {n_experts}. Pass a "
            "start in which every expert has rows, or fewer experts."
        )
    return table


def _told_by(init, given, n_experts):
    """Responsibilities under a fitted mixture."""
    name = type(init).__name__
    try:
        check_is_fitted(init)
    except NotFittedError:
        raise ValueError(
            f"init={name} is not fitted yet. Searches and cross-validation clone what they fit, "
            "and a clone forgets: pass sklearn.frozen.FrozenEstimator(mixture) there."
        ) from None
    if init.n_experts_ != n_experts:
        raise ValueError(
            f"init={name} has {init.n_experts_} experts, and {n_experts} are asked for. Pass a "
            f"mixture of {n_experts}, or its responsibilities with columns added or put together."
        )
    try:
        return host(init.responsibilities(given.X, given.y, **given.carried.given())).astype(
            np.float64
        )
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"init={name} cannot tell the responsibilities of these rows: {error} Pass a mixture "
            "fitted to such X and y, or a table of responsibilities."
        ) from error


def _of_labels(labels, n_experts):
    """Table of zeros and ones; a row of zeros where the label is -1."""
    allowed = np.isin(labels, np.arange(-1, n_experts))
    if not allowed.all():
        wrong = np.unique(labels[~allowed])[:5].tolist()
        raise ValueError(
            f"init= was given with the labels {wrong}; whole numbers from 0 to {n_experts - 1}, "
            "and -1 where the label is not known, are allowed."
        )
    labels = labels.astype(int)
    return np.eye(n_experts)[labels] * (labels >= 0)[:, None]


def _checked(table):
    """Responsibilities, each row divided by its sum."""
    total = table.sum(axis=1, keepdims=True)
    wrong = ~((table >= 0).all(axis=1) & (np.abs(total[:, 0] - 1) <= _ROUNDING))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"init= was given with {table[row].tolist()} in row {row}; the responsibilities of a "
            "row are numbers of at least 0 that sum to 1. Pass labels, with -1 for a row of which "
            "nothing is known."
        )
    return table / total


def started_at(mixture, table, blocks):
    """Mixture that has learnt a table of responsibilities from rows, with their weights."""
    weight = host(blocks.weights())[:, None]
    resp = like(weight * table, blocks.X, mixture.params.dtype)
    return taught(mixture, blocks.with_weight(resp), _STEPS)

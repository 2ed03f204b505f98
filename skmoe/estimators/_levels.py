"""Labels that have an order: where it comes from, and codes in it."""

import numpy as np
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import _safe_indexing

from .._rows.arrays import array_namespace, host, like, take_rows
from .._rows.tables import is_frame

__all__ = ["OrderedEncoder", "levels_of"]

_SHOWN = 10


def levels_of(labels):
    """Categories of a column of an ordered type, from the lowest; None for other columns."""
    if is_frame(labels) and labels.shape[1] == 1:
        labels = _safe_indexing(labels, 0, axis=1)
    dtype = getattr(labels, "dtype", None)
    # An Enum of polars is an order by what it is made for.
    if getattr(dtype, "ordered", False) or type(dtype).__name__ == "Enum":
        return list(dtype.categories)
    return None


class OrderedEncoder:
    """Codes of labels in their order, as `LabelEncoder` gives them in the sorted one.

    Parameters
    ----------
    levels : list or None
        The labels from the lowest to the highest; None takes numbers by value.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels that `fit` was given, in their order.
    """

    def __init__(self, levels):
        self.levels = levels

    def fit(self, labels):
        """Learn which labels there are."""
        self._sorted = LabelEncoder().fit(labels)
        known = host(self._sorted.classes_)
        order = np.arange(len(known)) if self.levels is None else self._order(known.tolist())
        if self.levels is None and known.dtype.kind not in "biuf":
            raise ValueError(
                f"y holds text without an order, {known[:_SHOWN].tolist()} by the alphabet, but "
                "family='ordinal' needs one. Pass family=Ordinal(levels=[...]) with the labels "
                "from the lowest to the highest, a column of an ordered categorical type, or "
                "numbers."
            )
        self._rank = np.argsort(order)
        self.classes_ = take_rows(self._sorted.classes_, order)
        return self

    def _order(self, known):
        """Positions of sorted labels from the lowest to the highest."""
        labels = np.asarray(self.levels).tolist()
        if not isinstance(labels, list) or len(set(labels)) < max(len(labels), 2):
            raise ValueError(
                f"levels={self.levels!r} was given; a list of at least 2 labels, each once, from "
                "the lowest to the highest, is allowed."
            )
        place = {label: place for place, label in enumerate(labels)}
        if unknown := [label for label in known if label not in place]:
            raise ValueError(
                f"y holds the labels {unknown[:_SHOWN]}, which levels={self.levels!r} lacks. Name "
                "all labels there, from the lowest to the highest, or leave out their rows."
            )
        return np.argsort([place[label] for label in known])

    def transform(self, labels):
        """Codes (n,) of known labels."""
        codes = self._sorted.transform(labels)
        return array_namespace(codes).take(like(self._rank, codes), codes, axis=0)

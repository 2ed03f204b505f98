"""Predictions taken apart: who answers, and with which terms."""

import numpy as np

__all__ = ["explanation"]


def explanation(
    X, rows, weight, prediction, coef, intercept, names, targets, by_feature=None, offset=None
):
    """Every expert's weight, prediction and linear terms for every row.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
    rows : sequence of length n_samples
        Labels of the rows.
    weight : ndarray of shape (n_samples, n_experts)
    prediction : ndarray of shape (n_samples, n_experts, n_answers)
        Expected targets or class probabilities.
    coef : ndarray of shape (n_experts, n_targets, n_columns)
    intercept : ndarray of shape (n_experts, n_targets)
    names : list of str
        Of the features.
    targets : list or None
        Names of the targets, if they are to be told apart.
    by_feature : callable or None
        Takes a table (..., n_columns) to sums over the columns of every feature; None where they
        are the same.
    offset : ndarray of shape (n_samples, n_targets) or None
        Known terms.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    n_experts, n_targets = intercept.shape
    levels = [list(rows), range(n_experts), *([] if targets is None else [targets])]
    keys = ["row", "expert", *([] if targets is None else ["target"])]
    index = pd.MultiIndex.from_product(levels, names=keys)
    terms = coef * X[:, None, None, :]
    terms = (terms if by_feature is None else by_feature(terms)).reshape(len(index), -1)
    wide = np.repeat(weight[:, :, None], n_targets, axis=2)
    frame = pd.DataFrame(terms, index=index, columns=names)
    if offset is not None:
        known = np.broadcast_to(offset[:, None, :], (len(X), n_experts, n_targets))
        frame.insert(0, "offset", known.ravel())
    frame.insert(0, "intercept", np.tile(intercept.ravel(), len(X)))
    frame.insert(0, "prediction", prediction[:, :, -n_targets:].ravel())
    frame.insert(0, "weight", wide.ravel())
    return frame

"""A fitted mixture as text."""

from .._rows.validation import check_count
from ..gates import HierarchicalGate
from ._style import check_mixture, coef_names, expert_label
from ._words import answers, expert_logits, node_questions, read_columns

__all__ = ["export_text"]


def export_text(estimator, *, feature_names=None, decimals=2, max_features=3):
    """What gate and experts of a fitted mixture say, as text.

    A tree of decisions is written like scikit-learn's decision trees. A rule is the border between
    two branches, where both are equally probable; the decisions are soft, so that rows near the
    border go both ways. Of a flat gate with coefficients, the logits of the experts are written,
    less their mean: the expert with the largest is the most probable. Only the leading terms of
    every linear form stand there; the other features are held at their means (after a fit to sparse
    X at zero).

    Parameters
    ----------
    estimator : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
        A fitted mixture.
    feature_names : list of str, default=None
        Names of the features; None takes those seen in fit, or x0, x1, ...
    decimals : int, default=2
        Digits after the point; small numbers get as many digits that count.
    max_features : int, default=3
        Features that a line names: those that move it most over the rows of the fit.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If the estimator is not a mixture.
    ValueError
        If there are not as many names as features, or a number is not as described.

    See Also
    --------
    TreeDisplay : A hierarchical gate as a picture.
    sklearn.tree.export_text : The same for a decision tree.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import HMERegressor
    >>> from skmoe.inspection import export_text
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.where(x[:, 0] > 0.5, 9 + 3 * x[:, 0], 4 - 2 * x[:, 0])
    >>> y = y + 0.2 * np.cos(np.arange(200))
    >>> model = HMERegressor(depth=1, random_state=0).fit(x, y)
    >>> print(export_text(model, feature_names=["time"], decimals=1))
    |--- time >  0.5
    |   |--- expert 0
    |   |   |--- y = 9.1 + 2.9 time
    |   |   |--- scale 0.15
    |--- time <= 0.5
    |   |--- expert 1
    |   |   |--- y = 4.0 - 2.0 time
    |   |   |--- scale 0.14
    """
    check_mixture(estimator)
    columns = read_columns(
        estimator,
        coef_names(estimator, feature_names),
        decimals=check_count(decimals, "decimals", minimum=0),
        max_features=check_count(max_features, "max_features"),
    )
    said = answers(estimator, columns)
    if isinstance(estimator.gate_, HierarchicalGate):
        lines = _tree_lines(estimator.gate_.leaf_paths(), node_questions(estimator, columns), said)
    elif hasattr(estimator, "gate_coef_"):
        lines = _flat_lines(expert_logits(estimator, columns), said)
    else:
        lines = [f"gate: {type(estimator.gate_).__name__}", *_flat_lines(None, said)]
    return "\n".join(lines)


def _branch(depth, text):
    return "|   " * depth + f"|--- {text}"


def _expert_lines(depth, k, lines):
    """An expert and the lines about it: beside it if there is one, below it otherwise."""
    if len(lines) == 1:
        return [_branch(depth, f"{expert_label(k)}: {lines[0]}")]
    return [_branch(depth, expert_label(k)), *(_branch(depth + 1, line) for line in lines)]


def _flat_lines(logits, said):
    """Logits and answers of all experts."""
    logits = [[]] * len(said) if logits is None else [[logit] for logit in logits]
    return [
        line
        for k, (logit, lines) in enumerate(zip(logits, said, strict=True))
        for line in _expert_lines(0, k, logit + lines)
    ]


def _tree_lines(leaves, questions, said, path=()):
    """Everything below a node, rules first."""
    if path in leaves:
        k = leaves.index(path)
        return _expert_lines(len(path), k, said[k])
    lines = []
    for turn, rule in enumerate(questions[path].rules()):
        below = _tree_lines(leaves, questions, said, (*path, turn))
        lines += [_branch(len(path), rule), *below]
    return lines

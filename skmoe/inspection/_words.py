"""What linear gates and experts say, in words."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from .._rows.arrays import host
from ..families._base import LogLink
from ._style import percent

__all__ = [
    "Columns",
    "Question",
    "answers",
    "branch_shares",
    "expert_logits",
    "node_questions",
    "read_columns",
]

# Of a question, only features that move it at least this much as far as the first one.
_MINOR = 0.1

# Thresholds that are written at either end where there are many.
_ENDS = 4

# A logit that moves less than this from a row to another is a constant.
_LEAST_LOGIT = 1e-3


class Columns(NamedTuple):
    """What is known of the columns that coefficients belong to.

    Attributes
    ----------
    names : list of str
    center, spread : ndarray of shape (n_features,)
        Of the rows that the mixture was fitted to.
    decimals : int
        Digits after the point of the numbers that are written.
    max_features : int
        Features that a sentence names.
    """

    names: Any
    center: Any
    spread: Any
    decimals: int = 2
    max_features: int = 3

    def leading(self, coef, least=0.0):
        """Positions of the features that a linear form moves most with, and if there are more."""
        size = np.abs(coef) * self.spread
        order = np.argsort(-size, kind="stable")
        count = np.count_nonzero(size > least * size.max())
        return order[:count][: self.max_features], count > self.max_features

    def rest(self, coef, intercept, shown):
        """The intercept with the features that are not shown at their means."""
        left_out = np.setdiff1d(np.arange(len(coef)), shown)
        return intercept + coef[left_out] @ self.center[left_out]

    def settled(self, coef, intercept):
        """Logits (..., n_features) without the terms that move no probability."""
        still = np.abs(coef) * self.spread < _LEAST_LOGIT
        return np.where(still, 0.0, coef), intercept + np.where(still, coef, 0.0) @ self.center

    def number(self, value):
        """A number as text: a small one with as many digits that count."""
        if abs(value) < 10.0 ** (1 - self.decimals):
            return f"{value:#.{max(self.decimals, 2)}g}"
        return f"{value:.{self.decimals}f}"

    def place(self, value, i):
        """A value of a feature as text: digits that count for how far the feature spreads."""
        extra = -np.floor(np.log10(self.spread[i])) - 1 if self.spread[i] > 0 else 0
        digits = self.decimals + max(int(extra), 0)
        # Adding zero takes the sign from a zero.
        return f"{round(value, digits) + 0.0:.{digits}f}"

    def summed(self, coef, positions, text=""):
        """Features times their coefficients as a sum that `text` begins."""
        for i in positions:
            sign = "-" if coef[i] < 0 else "+" if text else ""
            size = "" if coef[i] == 1 else f"{self.number(abs(coef[i]))} "
            text = " ".join(filter(None, [text, sign, f"{size}{self.names[i]}"]))
        return text

    def form(self, coef, intercept):
        """A linear form: intercept and leading terms, and dots for those left out."""
        shown, more = self.leading(coef)
        text = self.summed(coef, shown, self.number(self.rest(coef, intercept, shown)))
        return f"{text} + ..." if more else text


class Question(NamedTuple):
    """What a node of a tree asks.

    Attributes
    ----------
    text : str
        The question; of two branches the side that is compared with a border.
    border : str
        The border; empty if there is none to compare with.
    turns : list of str
        What leads to each branch: ">" or "<=" a border, the logits of several, or the shares of
        the rows where no feature decides.
    """

    text: str
    border: str
    turns: list

    def asked(self):
        """The question with its mark."""
        return f"{self.text} > {self.border} ?" if self.border else self.text

    def yes_or_no(self):
        """The answers that lead to the branches: yes and no where there is a border."""
        return [{">": "yes", "<=": "no"}.get(turn, turn) for turn in self.turns]

    def rules(self):
        """The rule of every branch as text."""
        if not self.border:
            return [f"{self.text}: {turn}" for turn in self.turns]
        return [f"{self.text} {turn:<2} {self.border}" for turn in self.turns]


def read_columns(estimator, names, **options):
    """Columns of a fitted mixture."""
    scaling = estimator._units.X
    center, spread = (np.asarray(host(part), dtype=float) for part in scaling[:2])
    spread = np.where(np.isfinite(spread), spread, 0.0)
    return Columns(names, center, spread, **options)


def _centred(columns, coef, intercept):
    """Logits less their mean over the branches or experts, which no probability depends on."""
    coef, intercept = coef - coef.mean(axis=0), intercept - intercept.mean()
    return zip(*columns.settled(coef, intercept), strict=True)


def _two_way(columns, coef, intercept):
    """The question of a node with two branches, from the logit of the second one."""
    coef, intercept = columns.settled(coef, intercept)
    shown, more = columns.leading(coef, _MINOR)
    if not len(shown):
        return Question(
            "no feature decides", "", [percent(expit(-intercept)), percent(expit(intercept))]
        )
    unit = coef[shown[0]]
    border = columns.place(-columns.rest(coef, intercept, shown) / unit, shown[0])
    turns = ["<=", ">"] if unit > 0 else [">", "<="]
    text = columns.summed(coef / unit, shown)
    return Question(f"{text} + ..." if more else text, border, turns)


def _many_way(columns, coef, intercept):
    """The question of a node with several branches, with the logit of each."""
    forms = [columns.form(*own) for own in _centred(columns, coef, intercept)]
    return Question("largest logit", "", forms)


def _question(estimator, columns, places):
    """The question of the node whose branches stand at `places`."""
    if not hasattr(estimator, "node_coef_"):
        kind = type(estimator.gate_.nodes[0]).__name__
        return Question(kind, "", [f"branch {turn}" for turn in range(len(places))])
    coef = host(estimator.node_coef_)[places]
    intercept = host(estimator.node_intercept_)[places]
    if len(places) == 2:
        return _two_way(columns, coef[1] - coef[0], intercept[1] - intercept[0])
    return _many_way(columns, coef, intercept)


def node_questions(estimator, columns):
    """Questions of a hierarchical gate by the path to their node."""
    branches = estimator.gate_.branches
    places = {}
    for place, path in enumerate(branches):
        places.setdefault(path[:-1], []).append(place)
    return {node: _question(estimator, columns, own) for node, own in places.items()}


def branch_shares(estimator, X):
    """Shares of the rows that pass every branch."""
    passed = host(estimator.gate_proba(X)).mean(axis=0)
    spans = zip(estimator.gate_.branches, estimator.gate_.spans, strict=True)
    return {path: float(passed[start:stop].sum()) for path, (start, stop) in spans}


def expert_logits(estimator, columns):
    """The logit of every expert in a linear gate, centred over the experts."""
    logits = _centred(columns, host(estimator.gate_coef_), host(estimator.gate_intercept_))
    return [f"logit = {columns.form(*own)}" for own in logits]


def _targets(estimator, n_outputs):
    """What the linear forms of an expert stand for."""
    if hasattr(estimator, "classes_"):
        classes = host(estimator.classes_)
        return [f"logit of {label}" for label in (classes if n_outputs > 1 else classes[1:])]
    names = ["y"] if n_outputs == 1 else [f"y{i}" for i in range(n_outputs)]
    family = estimator.expert_.family
    if family.location:
        return names
    return [f"{'log' if isinstance(family, LogLink) else 'logit of'} {name}" for name in names]


def answers(estimator, columns):
    """What every expert predicts: a list of lines for each."""
    if not hasattr(estimator, "expert_coef_"):
        return [[_kind(estimator.expert_)]] * estimator.n_experts_
    if hasattr(estimator, "expert_thresholds_"):
        return _ordered_answers(estimator, columns)
    coef, intercept = host(estimator.expert_coef_), host(estimator.expert_intercept_)
    if coef.ndim == 2:
        coef, intercept = coef[:, None], intercept[:, None]
    targets = _targets(estimator, coef.shape[1])
    scales = getattr(estimator, "expert_scale_", None)
    scales = [[]] * len(coef) if scales is None else np.reshape(host(scales), (len(coef), -1))
    return [
        [f"{name} = {columns.form(*form)}" for name, *form in zip(targets, *own, strict=True)]
        + [f"scale {', '.join(map(columns.number, scale))}"] * bool(len(scale))
        for *own, scale in zip(coef, intercept, scales, strict=True)
    ]


def _ordered_answers(estimator, columns):
    """The linear form of every expert, and the classes with the thresholds between them."""
    classes = list(map(str, host(estimator.classes_)))
    pairs = zip(host(estimator.expert_coef_), host(estimator.expert_thresholds_), strict=True)
    lines = []
    for coef, thresholds in pairs:
        cuts = [
            f"| {columns.number(own)} | {name}"
            for own, name in zip(thresholds, classes[1:], strict=True)
        ]
        if len(cuts) > 2 * _ENDS:
            cuts[_ENDS:-_ENDS] = ["..."]
        lines.append(
            [f"logit of higher = {columns.form(coef, 0.0)}", " ".join([classes[0], *cuts])]
        )
    return lines


def _kind(expert):
    """Name of what stands for experts without coefficients."""
    return type(getattr(expert, "estimator", expert)).__name__

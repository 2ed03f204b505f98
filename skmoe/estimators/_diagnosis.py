"""What a person should know of a fit that has ended: warnings with a number and a remedy."""

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from .._rows.arrays import array_namespace, exp, host
from ..exceptions import (
    AlikeExpertsWarning,
    ConstantGateWarning,
    DegenerateWarning,
    IdleExpertWarning,
    NotConvergedWarning,
    RoundedTargetsWarning,
    SeparationWarning,
)
from ..gates._averaged import AveragedGate
from ..starts._race import is_blind
from ..starts._reviving import dead_experts
from ._data_diagnosis import data_diagnosis, is_free

__all__ = ["diagnosis", "separation", "warn_of"]

# Standard deviation, over rows and experts, of predictions that count as the same, in standard
# deviations of y or in logits.
_ALIKE = 1e-3

# Standard deviation over rows of a probability that counts as constant.
_CONSTANT = 0.01

# Rows that are left in doubt, all together, where something is told apart without error, and rows
# that an expert answers if it answers none.
_NO_ROW = 0.5

# Part of an equal share of the rows that is a small one.
_SMALL_SHARE = 0.2

# Rows in doubt in one direction only that stand for none.
_NO_ERROR = 0.01

# Part of the largest eigenvalue above which columns determine a direction.
_DETERMINED = 1e-10


class Signs(NamedTuple):
    """Sums over the rows of a fit, over their total weight.

    Attributes
    ----------
    share : ndarray of shape (K,)
        Mean probability of every expert.
    square : ndarray of shape (K,)
        Mean squared probability.
    products : ndarray of shape (K, K)
        Mean products of the experts' predictors, each less the mean of all experts for the row.
    """

    share: Any
    square: Any
    products: Any

    def spread(self):
        """Root mean square, over all rows and experts by their shares, of what sets them apart.

        Every expert counts in every row: behind a gate that is sure of every row, experts of
        which each is right in its own place do not say the same.
        """
        share = self.share / self.share.sum()
        square = share @ self.products.diagonal() - share @ self.products @ share
        return math.sqrt(max(float(square), 0.0))


def _signs(mixture, blocks):
    def sums(X, y, weight):
        xp = array_namespace(X)
        gate, eta, _ = mixture.components(X)
        gate = exp(gate)
        apart = xp.reshape(xp.permute_dims(eta, (1, 0, 2)), (eta.shape[1], -1))
        apart = apart - xp.mean(apart, axis=0, keepdims=True)
        rows = xp.broadcast_to(weight[:, None], (eta.shape[0], eta.shape[2]))
        products = (apart * xp.reshape(rows, (1, -1))) @ apart.T
        return weight @ gate, weight @ gate**2, products, xp.sum(weight)

    *totals, weight = blocks.sum(sums)
    return Signs(*(host(total).astype(float) / float(weight) for total in totals))


def diagnosis(rows, weighted, ready, mixture, trace, state):
    """Kinds and texts of what a person should be warned about: of the rows, then of the fit.

    Parameters
    ----------
    rows : Blocks
        Checked, as given, with weights that count rows.
    weighted : bool
        Whether the rows were given weights.
    ready : Ready
        Where the last climb began.
    mixture : Mixture
    trace : Trace
    state : dict
        What is known of columns and classes, by the attribute that tells it.

    Returns
    -------
    list of (type, str)
    """
    found = [
        *data_diagnosis(rows, weighted, mixture, ready.units, state),
        *_of_the_climb(mixture, trace),
    ]
    if trace.stopped:
        return found
    # What one of several climbs has no use for, their average does not suffer from.
    if mixture.n_experts() > 1 and not isinstance(mixture.gate, AveragedGate):
        signs, busy = _signs(mixture, ready.blocks), _busy(mixture, ready.blocks)
        found += _of_the_experts(mixture, signs, busy, trace.weight, ready.advantage)
    return found + list(separation(mixture, ready.blocks))


def warn_of(problems):
    """Warn the caller of `fit`."""
    for kind, text in problems:
        warnings.warn(text, kind, stacklevel=8)


def _of_the_climb(mixture, trace):
    if trace.problem:
        yield NotConvergedWarning, trace.problem
    elif not (trace.converged or trace.stopped):
        gain = trace.expected_gain() / trace.weight
        expected = f"the gain still expected is {gain:.3g} per row, above tol={trace.tol:g}"
        if not trace.tol < gain < math.inf:
            expected = f"too few to tell whether the gain still to come is below tol={trace.tol:g}"
        yield (
            NotConvergedWarning,
            f"The fit did not converge in {trace.max_iter} passes, the most that max_iter allows: "
            f"{expected}. Increase max_iter, or tol if that gain does not matter.",
        )
    tried = mixture.gate.routes and not trace.stopped
    if tried and (dead := dead_experts(mixture.gate.usage_)):
        remedy = "a larger balance or noise of TopKGate"
        if mixture.has_statistics:
            remedy = "a larger k: restarting them from rows explained badly did not help"
        yield (
            IdleExpertWarning,
            f"The experts {dead} answer next to no row. Use fewer experts than "
            f"{mixture.n_experts()}, or {remedy}.",
        )
    if rounded := _rounded(mixture.expert):
        yield from _of_the_steps(mixture.expert.family, rounded)
    if mixture.expert.at_bound():
        family = mixture.expert.family
        of = " times the standard deviation of y" if family.location else ""
        yield (
            DegenerateWarning,
            f"The fit is degenerate: an expert's scale has reached its lower bound, "
            f"min_scale={family.min_scale:g}{of}. "
            "That expert passes through its rows exactly; the log-likelihood means little. "
            "Use fewer experts, a larger penalty (alpha) or a larger min_scale.",
        )


def _rounded(expert):
    """Outputs of which some expert's scale has come down to what rounding leaves."""
    banks = [bank for bank in getattr(expert, "banks", [expert]) if hasattr(bank, "scale")]
    return sorted({output for bank in banks for output in bank.family.rounded(bank.scale)})


def _of_the_steps(family, outputs):
    """Of targets that are rounded, with experts that are as near to them as rounding allows."""
    spread = host(family.units.spread)
    step = _numbers(family.ties[output].spacing for output in outputs)
    least = _numbers(family.floor[output] * spread[output] for output in outputs)
    of = f" of the outputs {outputs}" if family.n_outputs > 1 else ""
    yield (
        RoundedTargetsWarning,
        f"y is rounded: its values{of} lie on a grid of step {step}, and an expert's scale has "
        f"come down to {least}, the least that rounding leaves. Log densities then tell of the "
        f"step and not of the fit: compare models by score_samples(X, y, spacing={step}) on "
        "held-out rows. Fewer experts or a larger min_scale keep experts from single values.",
    )


def _numbers(values):
    return ", ".join(f"{value:.4g}" for value in values)


def _busy(mixture, blocks):
    """Whether an expert has most of the responsibility for some row, or no small share, (K,).

    Only networks are asked: nothing brings those back that the climb has left behind.
    """
    if mixture.expert.has_statistics:
        return np.ones(mixture.n_experts(), dtype=bool)

    def sums(X, y, weight):
        resp = mixture.responsibilities(X, y)
        return weight @ resp, weight @ array_namespace(X).astype(resp > 0.5, resp.dtype)

    total, most = (host(table).astype(float) for table in blocks.sum(sums))
    return (total > _SMALL_SHARE * total.mean()) | (most >= _NO_ROW)


def _of_the_experts(mixture, signs, busy, weight, advantage):
    n_experts = mixture.n_experts()
    idle = [int(k) for k in ((weight * signs.share < _NO_ROW) | ~busy).nonzero()[0]]
    if idle and not mixture.gate.routes:
        rows = float(weight * signs.share[idle].max())
        yield (
            IdleExpertWarning,
            f"The experts {idle} answer no row: the largest of them has {rows:.2g} rows all "
            "together, and more than half of none. "
            f"Use fewer experts than {n_experts}, n_experts='auto', or other starts (n_init, "
            "init).",
        )
    spread = signs.spread()
    alike = len(idle) < n_experts - 1 and spread < _ALIKE and _scales_alike(mixture.expert)
    if alike:
        told = "" if advantage is None else f", and one has {advantage:.3g} nats more evidence"
        location = mixture.expert.family.location
        unit = "standard deviations of y" if location else "on the scale of their logits"
        yield (
            AlikeExpertsWarning,
            f"The {n_experts} experts have ended alike: their predictions differ by {spread:.1g} "
            f"{unit}{told}. Use n_experts=1 or 'auto'; if there are more, look for them "
            "from other starts (n_init, init) or with fixed penalties (LinearExpert(alpha=0.1), "
            "SoftmaxGate(alpha=0.1)).",
        )
    varies = math.sqrt(max(float((signs.square - signs.share**2).max()), 0.0))
    if varies < _CONSTANT and not (alike or idle or is_blind(mixture.gate)):
        yield (
            ConstantGateWarning,
            f"The gate has ended constant: over the rows no expert's probability varies by more "
            f"than {varies:.1g}. Use gate='constant', which says so with fewer parameters; if x "
            "tells who answers, other starts (n_init, init) or a fixed penalty "
            "(SoftmaxGate(alpha=0.1)).",
        )


def _scales_alike(expert):
    scale = getattr(expert, "scale", None)
    if scale is None:
        return True
    scale = host(scale).astype(float)
    return bool((scale.max(axis=0) < (1 + _ALIKE) * scale.min(axis=0)).all())


def separation(mixture, blocks):
    """Of parts without a penalty: which coefficients grow without end.

    A predictor runs away in a direction in which all rows that move are predicted without error.
    """
    if mixture.cost() or not mixture.has_statistics:
        return
    free = [is_free(part) and bool((host(part.coefficients) > 0).any()) for part in mixture.inside]
    if not any(free):
        return

    def sums(X, y, weight):
        resp = mixture.responsibilities(X, y) * weight[:, None]
        own = mixture.seen(X)
        of_experts = resp if own.trials is None else resp * own.trials
        found = (
            mixture.gate.doubts(own.X, resp) if free[0] else [],
            own.expert.doubts(own.X, y, of_experts) if free[1] else [],
        )
        # Of very wide tables there is no matrix of the columns squared.
        return tuple(
            tuple((own.total() if part.gradient_only else own).sums() for own in doubts)
            for part, doubts in zip(mixture.inside, found, strict=True)
        )

    of_gate, of_experts = blocks.sum(sums)
    doubt = min((_rows_in_doubt(*pair).min() for pair in of_gate), default=np.inf)
    if doubt < np.inf:
        yield (
            SeparationWarning,
            f"The gate tells experts apart without error: in some direction {doubt:.1g} rows are "
            "in doubt, so that without a penalty its coefficients grow without end. Use "
            "SoftmaxGate(alpha=...) above 0 if they are to be read.",
        )
    for pair in of_experts:
        doubt = _rows_in_doubt(*pair).reshape(mixture.n_experts(), -1).min(axis=1)
        sure = [int(k) for k in np.isfinite(doubt).nonzero()[0]]
        if sure:
            yield (
                SeparationWarning,
                f"The experts {sure} predict rows without error: in some direction "
                f"{doubt[sure].max():.1g} rows are in doubt, so that without a penalty their "
                "coefficients grow without end. Use LinearExpert(alpha=...) above 0.",
            )


def _rows_in_doubt(rows, doubted):
    """Rows in doubt in the direction that has fewest of them, by predictor; infinity if some are.

    Parameters
    ----------
    rows, doubted : arrays of shape (M, D, D)
        As of `Doubts.sums`.
    """
    least = []
    for own, part in zip(host(rows).astype(float), host(doubted).astype(float), strict=True):
        values, vectors = np.linalg.eigh(own)
        known = values > _DETERMINED * values[-1]
        root = vectors[:, known] / np.sqrt(values[known])
        share = np.linalg.eigvalsh(root.T @ part @ root).min(initial=1.0)
        total, count = part[-1, -1], own[-1, -1]
        few = max(count * share, 0.0)
        # A border between few rows is not yet one without error.
        sure = count > _NO_ROW and (total < _NO_ROW or few < _NO_ERROR)
        least.append(min(total, few) if sure else np.inf)
    return np.array(least)

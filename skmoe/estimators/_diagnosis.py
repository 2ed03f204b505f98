"""What a person should know of a fit that has ended: warnings with a number and a remedy."""

import math
import warnings
from typing import Any, NamedTuple

from .._rows.arrays import array_namespace, exp, host
from ..exceptions import (
    AlikeExpertsWarning,
    ConstantGateWarning,
    DegenerateWarning,
    IdleExpertWarning,
    NotConvergedWarning,
    SeparationWarning,
)
from ..gates._averaged import AveragedGate
from ..starts._race import is_blind
from ..starts._reviving import dead_experts

__all__ = ["diagnosis", "warn_of"]

# Standard deviation, over rows and experts, of predictions that count as the same, in standard
# deviations of y or in logits.
_ALIKE = 1e-3

# Standard deviation over rows of a probability that counts as constant.
_CONSTANT = 0.01

# Rows that are left in doubt, all together, where something is told apart without error, and rows
# that an expert answers if it answers none.
_NO_ROW = 0.5


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
    doubt : ndarray of shape (K,)
        Of labels, p (1 - p) summed over the classes, for every expert's share of the rows.
    """

    share: Any
    square: Any
    products: Any
    doubt: Any

    def spread(self):
        """Root mean square, over all rows and experts by their shares, of what sets them apart.

        Every expert counts in every row: behind a gate that is sure of every row, experts of
        which each is right in its own place do not say the same.
        """
        share = self.share / self.share.sum()
        square = share @ self.products.diagonal() - share @ self.products @ share
        return math.sqrt(max(float(square), 0.0))


def _signs(mixture, blocks):
    labels = mixture.expert.family.labels

    def sums(X, y, weight):
        xp = array_namespace(X)
        gate, eta, _ = mixture.components(X)
        gate = exp(gate)
        own = gate * weight[:, None]
        apart = xp.reshape(xp.permute_dims(eta, (1, 0, 2)), (eta.shape[1], -1))
        apart = apart - xp.mean(apart, axis=0, keepdims=True)
        rows = xp.broadcast_to(weight[:, None], (eta.shape[0], eta.shape[2]))
        products = (apart * xp.reshape(rows, (1, -1))) @ apart.T
        doubt = xp.zeros_like(weight @ gate)
        if labels:
            proba = mixture.expert.predict(X)
            doubt = xp.sum(own * xp.sum(proba * (1 - proba), axis=2), axis=0)
        return weight @ gate, weight @ gate**2, products, doubt, xp.sum(weight)

    *totals, weight = blocks.sum(sums)
    return Signs(*(host(total).astype(float) / float(weight) for total in totals))


def diagnosis(mixture, trace, blocks, advantage):
    """Kinds and texts of what a person should be warned about.

    Parameters
    ----------
    mixture : Mixture
    trace : Trace
    blocks : Blocks
    advantage : float or None
        Log evidence of one expert over the best of several, where one was as good.

    Returns
    -------
    list of (type, str)
    """
    found = list(_of_the_climb(mixture, trace))
    if mixture.n_experts() > 1 and not trace.stopped:
        found += _of_the_experts(mixture, _signs(mixture, blocks), trace.weight, advantage)
    return found


def warn_of(problems):
    """Warn the caller of `fit`."""
    for kind, text in problems:
        warnings.warn(text, kind, stacklevel=5)


def _of_the_climb(mixture, trace):
    if trace.problem:
        yield NotConvergedWarning, trace.problem
    elif not (trace.converged or trace.stopped):
        yield (
            NotConvergedWarning,
            f"The fit did not converge in max_iter={trace.max_iter} passes: the gain still "
            f"expected is {trace.expected_gain() / trace.weight:.3g} per row, above "
            f"tol={trace.tol:g}. Increase max_iter, or tol if that gain does not matter.",
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


def _of_the_experts(mixture, signs, weight, advantage):
    n_experts = mixture.n_experts()
    idle = [int(k) for k in (weight * signs.share < _NO_ROW).nonzero()[0]]
    if idle and not mixture.gate.routes:
        rows = float(weight * signs.share[idle].max())
        yield (
            IdleExpertWarning,
            f"The experts {idle} answer no row: all together they have {rows:.2g} rows at most. "
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
    yield from _separated(mixture, signs, weight)


def _scales_alike(expert):
    scale = getattr(expert, "scale", None)
    if scale is None:
        return True
    scale = host(scale).astype(float)
    return bool((scale.max(axis=0) < (1 + _ALIKE) * scale.min(axis=0)).all())


def _is_free(part):
    """Whether no penalty holds the coefficients: there is none on others either."""
    return float(part.with_params(part.params + part.coefficients).log_prior()) == 0


def _separated(mixture, signs, weight):
    """Of parts without a penalty."""
    gate, expert = mixture
    if isinstance(gate, AveragedGate):
        # Of which no coefficients are read.
        return
    free = gate.params.shape[0] > 0 and not is_blind(gate) and _is_free(gate)
    doubt = float(weight * (signs.share - signs.square).sum())
    if free and doubt < _NO_ROW:
        yield (
            SeparationWarning,
            f"The gate tells the experts apart without error: all together {doubt:.1g} rows are in "
            "doubt, so that without a penalty its coefficients grow without end. Use "
            "SoftmaxGate(alpha=...) above 0 if they are to be read.",
        )
    if not expert.family.labels or expert.params.shape[0] == 0 or not _is_free(expert):
        return
    sure = [int(k) for k in (weight * signs.doubt < _NO_ROW).nonzero()[0]]
    if sure:
        yield (
            SeparationWarning,
            f"The experts {sure} tell the classes of their rows apart without error: all together "
            f"{float(weight * signs.doubt[sure].max()):.1g} rows are in doubt, so that without a "
            "penalty their coefficients grow without end. Use LinearExpert(alpha=...) above 0.",
        )

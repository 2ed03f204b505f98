"""Experts: the expected target under each of them, each kind of expert in one function."""

from itertools import chain

from .._rows.arrays import host
from ..experts import LinearExpert, MixedExpert, MLPExpert
from ..experts._mlp import FARTHEST
from ._families import mean
from ._networks import outputs
from ._refusals import refuse_part

__all__ = ["predict"]


def predict(bank, design):
    """Expected target under every expert, a tensor of shape (n, K, n_targets or n_classes)."""
    # The type itself: experts derived from one of these may compute something else.
    if type(bank) not in _PREDICT:
        raise refuse_part("expert", bank)
    return _PREDICT[type(bank)](bank, design)


def _linear(bank, design):
    scale = None if bank.scale is None else host(bank.scale)
    return mean(bank.family, _predictors(bank, design), scale)


def _predictors(bank, design):
    """Linear predictors (n, K, C)."""
    weights = host(bank.weights)
    n_experts, n_outputs, size = weights.shape
    table = design.linear(weights.reshape(n_experts * n_outputs, size), bank.positions)
    return table.reshape(0, n_experts, n_outputs)


def _mlp(bank, design):
    family, scale, seen = bank.family, bank.scale, design.bent(FARTHEST)
    if bank.heteroscedastic and family.ordered:
        raise ValueError(
            "The model has MLPExpert(heteroscedastic=True) with thresholds that vary with x, which "
            "no graph is written for; heteroscedastic=False is allowed with family='ordinal'."
        )
    added = outputs(bank.networks, seen, bank.positions)
    if bank.heteroscedastic:
        # Behind the predictors stand logarithms of scales, of which no mean depends.
        added = added.take(range(family.n_outputs), axis=2)
    eta = _predictors(bank.linear, seen) + added
    return mean(family, eta, None if scale is None else host(scale))


def _mixed(bank, design):
    tables = [predict(own, design) for own in bank.banks]
    places = list(chain.from_iterable(bank.places))
    order = sorted(range(len(places)), key=places.__getitem__)
    return design.table.graph.concat(tables).take(order)


_PREDICT = {LinearExpert: _linear, MLPExpert: _mlp, MixedExpert: _mixed}

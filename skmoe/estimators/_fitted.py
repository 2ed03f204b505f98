"""What a fit leaves behind: attributes in the units given."""

import numpy as np

from .._rows.arrays import array_namespace, host, like
from ..experts import LinearExpert
from ..gates import HierarchicalGate
from ..solvers import Memory

__all__ = [
    "climb_attributes",
    "exact_likelihood",
    "feature_names",
    "model_attributes",
    "parameter_attributes",
]


def climb_attributes(mixture, units, trace):
    """What a fit sets that describes its climb."""
    shift = trace.weight * units.log_spread()
    objective = trace.history[-1] - shift
    return {
        "_memory": Memory(trace.weight),
        "n_iter_": trace.n_iter,
        "converged_": trace.converged,
        "log_likelihood_": objective - mixture.log_prior(),
        "objective_": objective,
        "history_": [value - shift for value in trace.history],
        "validation_scores_": [score - units.log_spread() for score in trace.scores],
    }


def exact_likelihood(mixture, units, blocks, trace):
    """The likelihood of y given x, where that is not what the fit has climbed."""
    if mixture.gate.exact:
        return {}
    density = float(blocks.sum(mixture.log_likelihood))
    return {"log_likelihood_": density - trace.weight * units.log_spread()}


def feature_names(state):
    """Names of the features, x0, x1 and so on where there are none."""
    names = state.get("feature_names_in_")
    return [f"x{i}" for i in range(state["n_features_in_"])] if names is None else list(names)


def model_attributes(mixture, units, state):
    """What a fit sets that describes the mixture; `state` is what is known of the columns."""
    return {
        "_mixture": mixture,
        "_units": units,
        "gate_": mixture.gate,
        "expert_": mixture.expert,
        "n_experts_": mixture.n_experts(),
        "_categories": state.get("_categories", {}),
        "categories_": {own.name: own.levels for own in state.get("_categories", {}).values()},
        "coef_names_": units.column_names(feature_names(state)),
        "n_parameters_": mixture.n_parameters_given_x(),
        "_x_center": units.X.center if units.inputs is None else units.inputs.typical,
        **parameter_attributes(mixture, units),
    }


def parameter_attributes(mixture, units):
    """The fitted attributes that the parameters are reported as, the experts' first."""
    # Of a column of the smallest numbers there are, a coefficient may be beyond the largest.
    with np.errstate(over="ignore"):
        return {
            **_expert_attributes(mixture.expert, units),
            **_gate_attributes(mixture.gate, units),
        }


def _gate_attributes(gate, units):
    """Coefficients and intercepts of linear gates in the units given."""
    if gate.linear:
        coef, intercept = in_units(gate, units.X)
        return {"gate_coef_": coef, "gate_intercept_": intercept}
    nodes = gate.nodes if isinstance(gate, HierarchicalGate) else []
    if nodes and all(node.linear for node in nodes):
        xp = array_namespace(units.X.center)
        tables = [in_units(node, units.X) for node in nodes]
        coef, intercept = (xp.concat(part, axis=0) for part in zip(*tables, strict=True))
        return {"node_coef_": coef, "node_intercept_": intercept}
    return {}


def _expert_attributes(expert, units):
    """Coefficients, intercepts and scales of linear experts in the units given."""
    if not isinstance(expert, LinearExpert):
        return {}
    coef, intercept = in_units(expert, units.X)
    attributes = expert.family.attributes(coef, intercept, expert.scale)
    if coef.shape[1] > 1:
        return attributes
    return {name: table[:, 0, ...] for name, table in attributes.items()}


def in_units(part, scaling):
    """Coefficients (..., d) and intercepts (...) of a linear part in the units of X as given."""
    coef, intercept = part.weights[..., :-1], part.weights[..., -1]
    if part.positions is not None:
        n_features = scaling.center.shape[0]
        own = [position % n_features for position in part.positions]
        table = np.zeros((*coef.shape[:-1], n_features))
        table[..., own] = host(coef)
        coef = like(table, coef)
    intercept = intercept - coef @ (scaling.center / scaling.spread)
    return coef / scaling.spread, intercept

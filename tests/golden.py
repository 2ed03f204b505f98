"""Golden pickles: one small fitted model of every kind, and what it answers.

    python tests/golden.py              # writes those that are not there yet
    python tests/golden.py hme top_k    # writes some anew, by their names

tests/golden/ holds a pickle for every name in KINDS, and answers.json what each model said of ten
rows when it was stored. test_golden.py loads them and asks again: what users have stored must go
on being read, and mean the same, whatever becomes of the attributes inside.

When a change breaks them, there are two ways, and neither is to write them anew and say nothing:

1. Read what older versions have stored: in `__setstate__` of the class that has changed, translate
   the old state. Leave the pickles as they are; they now test that reader. Add a pickle of the new
   state under a new name.
2. If that is not worth it, give skmoe a new version number, say in the changelog that models have
   to be fitted again, and write all of them anew. Whoever loads an older one is then warned.

A new kind of part or of data gets a line in KINDS. Models with scikit-learn's estimators inside
are left out: those warn when another version of scikit-learn loads them, and promise nothing.
"""

import json
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.exceptions import FitWarning
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.families import NAMES as FAMILIES
from skmoe.gates import GaussianGate, HierarchicalGate, MLPGate, SoftmaxGate, TopKGate

FOLDER = Path(__file__).parent / "golden"
ANSWERS = FOLDER / "answers.json"

# The newest protocol there is, and the default of Python 3.14.
PROTOCOL = 5

# -- tables, by formulas: the same rows in every version of NumPy ---------------------------------

N = 90
_STEPS = np.arange(N)
TABLE = np.column_stack([np.linspace(-1, 1, N), np.sin(_STEPS * 2.4)])
BEND = np.abs(TABLE[:, 0]) + 0.3 * TABLE[:, 1] + 0.1 * np.sin(_STEPS**2)  # two planes and noise
LABELS = (BEND > np.median(BEND)).astype(int)
NAMES = np.array(["good", "fair", "poor"])[np.digitize(BEND, np.quantile(BEND, [0.3, 0.7]))]
COUNTS = np.floor(4 * np.exp(BEND))
SHARES = 1 / (1 + np.exp(-BEND))
FRAME = pd.DataFrame(TABLE, columns=["x", "z"])
TOLD = FRAME.assign(
    place=np.array(["north", "south", None], dtype=object)[_STEPS % 3],
    sold=pd.Categorical(_STEPS % 7 < 3),
)
CARRIED = FRAME.assign(years=1.0 + _STEPS % 4, person=_STEPS // 3, known=0.2 * np.cos(_STEPS))

TARGETS = {
    **dict.fromkeys(["gaussian", "student_t", "laplace"], BEND),
    **dict.fromkeys(["poisson", "negative_binomial"], COUNTS),
    **dict.fromkeys(["gamma", "lognormal", "weibull", "inverse_gaussian"], np.exp(BEND)),
    "tweedie": np.maximum(BEND - 0.3, 0),
    "bernoulli": SHARES,
    "beta": SHARES,
    "binomial": np.column_stack([COUNTS, 30 - COUNTS]),
    "multinomial": np.column_stack([COUNTS, 30 - COUNTS, _STEPS % 5]),
}

# -- models ---------------------------------------------------------------------------------------


def _network(kind):
    return kind(hidden_layer_sizes=(3,))


def _numbers(X=TABLE, y=BEND, carried=None, **settings):
    """What it takes to fit a regressor."""
    return MoERegressor(**{"n_experts": 2, "random_state": 0, **settings}), X, y, carried or {}


def _labels(X=TABLE, y=LABELS, carried=None, **settings):
    """What it takes to fit a classifier."""
    return MoEClassifier(**{"n_experts": 2, "random_state": 0, **settings}), X, y, carried or {}


KINDS = {
    **{name: _numbers(family=name, y=TARGETS[name]) for name in FAMILIES},
    "classifier": _labels(),
    "classes": _labels(y=NAMES),
    "ordinal": _labels(family="ordinal", y=np.digitize(BEND, [0.2, 0.6, 0.9])),
    "outputs": _numbers(y=TABLE[:, ::-1] + BEND[:, None]),
    "hme": (HMERegressor(random_state=0), TABLE, BEND, {}),
    "hme_grown": (HMERegressor(grow=True, random_state=0), TABLE, BEND, {}),
    "hme_classifier": (HMEClassifier(random_state=0), TABLE, LABELS, {}),
    "gate_top_k": _numbers(n_experts=3, gate=TopKGate(k=2)),
    "gate_gaussian": _numbers(gate="gaussian"),
    "gate_gaussian_diag": _numbers(gate=GaussianGate("diag")),
    "gate_mlp": _numbers(gate=_network(MLPGate)),
    "gate_hierarchical": _numbers(n_experts=3, gate=HierarchicalGate("gaussian")),
    "gate_quadratic": _numbers(gate="quadratic"),
    "gate_constant": _numbers(gate="constant"),
    "gate_segments": _numbers(gate=SoftmaxGate(segments=3)),
    "gate_columns": _numbers(gate=SoftmaxGate(columns=["x"]), X=FRAME),
    "expert_mlp": _numbers(expert=_network(MLPExpert)),
    "expert_mlp_scales": _numbers(expert=MLPExpert((3,), heteroscedastic=True)),
    "expert_mlp_labels": _labels(expert=_network(MLPExpert), y=NAMES),
    "expert_mixed": _numbers(
        expert=MixedExpert([("line", "linear"), ("net", _network(MLPExpert))])
    ),
    "expert_segments": _numbers(expert=LinearExpert(segments=3)),
    "expert_penalty": _numbers(expert=LinearExpert(alpha=0.1), solver="lbfgs"),
    "exposure": _numbers(family="poisson", X=CARRIED, y=COUNTS, carried={"exposure": "years"}),
    "offset": _numbers(X=CARRIED, carried={"offset": "known"}),
    "groups": _numbers(X=CARRIED, carried={"groups": "person"}),
    "groups_labels": _labels(X=CARRIED, carried={"groups": "person"}),
    "categories": _numbers(X=TOLD),
    "categories_labels": _labels(X=TOLD, y=NAMES),
    "chosen": _numbers(n_experts="auto"),
    "averaged": _numbers(n_init=2, average=True),
    "float32": _numbers(X=TABLE.astype(np.float32), y=BEND.astype(np.float32)),
    "online": _numbers(),
}


def fitted(name):
    """A fitted model of a kind."""
    model, X, y, carried = KINDS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # ninety rows need not be what a kind is for
        if name == "online":
            return model.partial_fit(X[::2], y[::2]).partial_fit(X[1::2], y[1::2])
        return model.fit(X, y, **carried)


def answers(name, model):
    """What a model says of ten rows: predictions, gate, and log densities."""
    _, X, y, _ = KINDS[name]
    X, y = X[::9], y[::9]
    predicted = getattr(model, "predict_proba", model.predict)(X)
    told = {"predict": predicted, "gate": model.gate_proba(X), "log": model.score_samples(X, y)}
    return {method: np.asarray(table).tolist() for method, table in told.items()}


def path(name):
    """Where the pickle of a kind lies."""
    return FOLDER / f"{name}.pkl"


def write(names):
    """Fit and store models, and note what they answer."""
    FOLDER.mkdir(exist_ok=True)
    known = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    for name in names:
        model = fitted(name)
        path(name).write_bytes(pickle.dumps(model, PROTOCOL))
        known[name] = answers(name, model)
        print(name, path(name).stat().st_size, "bytes")
    lines = [f'"{name}": {json.dumps(known[name])}' for name in KINDS if name in known]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    write(sys.argv[1:] or [name for name in KINDS if not path(name).exists()])

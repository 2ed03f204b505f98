"""How far the objective is from the top after every pass, for three climbs from one start."""

import numpy as np
from _style import expert_style, figure

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.solvers import EM, LBFGS

SOLVERS = {"EM()": EM(), "EM(memory=0)": EM(memory=0), "LBFGS()": LBFGS()}


def table(noise):
    """Rows of three regimes, and a rough guess at them to start from."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(2000, 5))
    regime = np.argmax(X[:, :3] + 0.5 * rng.normal(size=(2000, 3)), axis=1)
    slopes = rng.normal(size=(3, 5))
    y = np.sum(slopes[regime] * X, axis=1) + noise * rng.normal(size=2000)
    return X, y, np.argmax(X[:, :3] + 2 * rng.normal(size=(2000, 3)), axis=1)


axes = figure(3.0).subplots(1, 2, sharey=True)
for ax, noise, title in [(axes[0], 0.3, "regimes apart"), (axes[1], 1.2, "regimes blurred")]:
    X, y, start = table(noise)
    # Penalties that are given, so that all climb the same objective.
    fits = {
        name: MoERegressor(
            3,
            gate=SoftmaxGate(alpha=1.0),
            expert=LinearExpert(alpha=1.0),
            solver=solver,
            init=start,
            tol=1e-9,
            max_iter=2000,
        )
        .fit(X, y)
        .history_
        for name, solver in SOLVERS.items()
    }
    top = max(map(max, fits.values()))
    for k, (name, history) in enumerate(fits.items()):
        gap = np.maximum((top - np.array(history)) / len(y), 1e-9)
        ax.plot(gap, label=name, **{**expert_style(k), "marker": ""})
    ax.set(title=title, xlabel="passes over the rows", yscale="log", xlim=(0, 60), ylim=(1e-6, 3))
axes[0].set_ylabel("objective below the top, per row")
axes[0].legend(loc="upper right")

"""A stream whose relations change: how soon a mixture is right again, by what it forgets."""

import numpy as np
from _style import GREY, expert_style, figure

from skmoe import MoERegressor
from skmoe.solvers import EM

SLOPES = np.array([[[2.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, 2.0]]])


def batch(number):
    """A hundred and fifty rows; the relations are others from the fiftieth batch on."""
    rng = np.random.default_rng(number)
    X = rng.normal(size=(150, 2))
    side = (X.sum(axis=1) > 0).astype(int)
    mean = np.sum(X * SLOPES[int(number >= 50)][side], axis=1) + 2 * side
    return X, mean + 0.3 * rng.normal(size=150)


ax = figure(2.8).subplots()
for k, forgetting in enumerate([0.0, 0.05, 0.2]):
    model = MoERegressor(2, solver=EM(forgetting=forgetting), random_state=0)
    model.partial_fit(*batch(0))
    scores = []
    for number in range(1, 100):
        scores.append(model.score_samples(*batch(number)).mean())
        model.partial_fit(*batch(number))
    look = {**expert_style(k), "marker": ""}
    ax.plot(range(1, 100), scores, label=f"EM(forgetting={forgetting})", **look)
ax.axvline(50, color=GREY, linewidth=0.8)
ax.text(50.5, 0.05, "the relations change", color="#555555", va="top")
ax.set(xlabel="batch", ylabel="log density per row,\nbefore it is learnt", ylim=(-3, 0.1))
ax.legend(loc="lower left")

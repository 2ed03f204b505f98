"""One curve answered by experts of four kinds."""

import numpy as np
from _style import GREY, INK, expert_colour, figure, of_weight
from sklearn.tree import DecisionTreeRegressor

from skmoe import MoERegressor
from skmoe.experts import LinearExpert, MLPExpert
from skmoe.solvers import Adam

KINDS = {
    'expert="linear"': {},
    "LinearExpert(segments=8)": {"expert": LinearExpert(segments=8)},
    "MLPExpert(alpha=0.1)": {"expert": MLPExpert(alpha=0.1), "solver": Adam(0.03)},
    "DecisionTreeRegressor": {"expert": DecisionTreeRegressor(max_depth=3)},
}
rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 500))
y = np.where(x < 0, 1.5 * np.sin(3 * x), 0.8 * x) + 0.25 * rng.normal(size=500)
line = np.linspace(-3, 3, 181)[:, None]

axes = figure(4.8).subplots(2, 2, sharex=True, sharey=True)
for ax, (name, settings) in zip(axes.flat, KINDS.items(), strict=True):
    model = MoERegressor(2, random_state=0, **settings).fit(x[:, None], y)
    proba, answers = model.gate_proba(line), model.predict_experts(line)
    ax.plot(x, y, ".", color=GREY, markersize=3, alpha=0.6)
    for k in range(2):
        of_weight(ax, line[:, 0], answers[:, k], proba[:, k], expert_colour(k))
    ax.plot(line, model.predict(line), "--", color=INK, linewidth=1)
    ax.set(title=f"{name}: R2 {model.score(x[:, None], y):.2f}", ylim=(-2.8, 3.2))
for ax in axes[-1]:
    ax.set_xlabel("x")
for ax in axes[:, 0]:
    ax.set_ylabel("y")

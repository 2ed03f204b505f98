"""Mixtures of one, three and five experts, and what the criteria say of one to five."""

import numpy as np
from _style import GREY, expert_colour, expert_style, figure, of_weight

from skmoe import MoERegressor
from skmoe.inspection import ElbowDisplay
from skmoe.model_selection import select_n_experts

rng = np.random.default_rng(0)
x = rng.uniform(0, 9, 200)
y = np.interp(x, [0, 3, 6, 9], [0, 4, 1, 3]) + 0.5 * rng.normal(size=200)
X, line = x[:, None], np.linspace(0, 9, 121)[:, None]
selection = select_n_experts(
    MoERegressor(random_state=0), X, y, n_experts=range(1, 6), criterion="cv", cv=3
)

fig = figure(5.0)
above, below = fig.subfigures(2, 1, height_ratios=[1, 1.15])
for ax, n_experts in zip(above.subplots(1, 3, sharey=True), [1, 3, 5], strict=True):
    model = MoERegressor(n_experts, random_state=0).fit(X, y)
    answers, proba = model.predict_experts(line), model.gate_proba(line)
    ax.plot(x, y, ".", color=GREY, markersize=3, alpha=0.6)
    for k in range(n_experts):
        of_weight(ax, line[:, 0], answers[:, k], proba[:, k], expert_colour(k))
    ax.set(title=f"n_experts={n_experts}", ylim=(-1.8, 5.8))

left, right = below.subplots(1, 2)
for k, criterion in enumerate(["bic", "icl", "evidence"]):
    scores = np.array(selection.scores[criterion])
    left.plot(selection.n_experts, scores - scores.min(), label=criterion, **expert_style(k))
    best = scores.argmin()
    left.plot(selection.n_experts[best], 0, "o", color="none", markersize=13, mec=expert_colour(k))
left.set(title="criteria: above the lowest", xlabel="number of experts", ylim=(-8, 170))
left.legend(loc="upper center")
ElbowDisplay.from_selection(selection, ax=right)
right.set_title("held-out rows")

"""Two lines and some gross outliers, under three families."""

import numpy as np
from _style import GREY, INK, expert_colour, figure

from skmoe import MoERegressor

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 300)
rising = rng.random(300) < 0.5
y = np.where(rising, 1 + 0.5 * x, 9 - 0.7 * x) + 0.4 * rng.normal(size=300)
far = rng.random(300) < 0.05
y[far] = rng.uniform(-8, 18, far.sum())

axes = figure(2.8).subplots(1, 3, sharey=True)
for ax, family in zip(axes, ["gaussian", "laplace", "student_t"], strict=True):
    model = MoERegressor(2, family=family, gate="constant", random_state=0).fit(x[:, None], y)
    ax.plot(x[~far], y[~far], ".", color=GREY, markersize=3)
    ax.plot(x[far], y[far], "x", color=INK, markersize=5)
    for k, own in enumerate(model.expert_coef_[:, 0].argsort()):
        ax.plot(
            [0, 10],
            model.predict_experts([[0.0], [10.0]])[:, own],
            color=expert_colour(k),
            linewidth=2.5,
        )
    ax.set(title=f'family="{family}"', xlabel="x", ylim=(-9, 19))
axes[0].set_ylabel("y")

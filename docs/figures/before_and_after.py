"""The same rows by gate probability, before y is seen, and by responsibility, after."""

import numpy as np
from _style import INK, expert_colour, figure
from matplotlib.colors import to_rgb

from skmoe import MoERegressor

rng = np.random.default_rng(1)
x = rng.uniform(0, 10, 350)
falling = rng.random(350) < 1 / (1 + np.exp(-0.8 * (x - 5)))
y = np.where(falling, 7 - 0.8 * x, 2 + 0.6 * x) + 0.5 * rng.normal(size=350)
model = MoERegressor(2, random_state=0).fit(x[:, None], y)

colours = np.array([to_rgb(expert_colour(k)) for k in range(2)])
axes = figure(3.2).subplots(1, 2, sharey=True)
for ax, shares, title in [
    (axes[0], model.gate_proba(x[:, None]), "before y: gate_proba(X)"),
    (axes[1], model.responsibilities(x[:, None], y), "after y: responsibilities(X, y)"),
]:
    ax.scatter(x, y, s=16, color=shares @ colours, linewidths=0)
    for answer in model.predict_experts([[0.0], [10.0]]).T:
        ax.plot([0, 10], answer, color=INK, linewidth=0.8, zorder=0)
    ax.set(xlabel="x", title=title)
axes[0].set_ylabel("y")

"""Two experts, the gate between them, their mean, and the whole density at three places."""

import numpy as np
from _style import GREY, INK, expert_colour, figure, of_weight

from skmoe import MoERegressor

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 400)
falling = rng.random(400) < 1 / (1 + np.exp(-2 * (x - 5)))
y = np.where(falling, 7.5 - x, 2 + 0.6 * x) + np.where(falling, 0.7, 0.4) * rng.normal(size=400)
model = MoERegressor(2, random_state=0).fit(x[:, None], y)

fig = figure(4.6)
axes = fig.subplot_mosaic(
    [["lines", "0", "1", "2"], ["gate", "key", "key", "key"]],
    width_ratios=[4, 1, 1, 1],
    height_ratios=[3, 1.2],
)
lines, gate, key = axes["lines"], axes["gate"], axes["key"]

line = np.linspace(0, 10, 121)[:, None]
experts, proba = model.predict_experts(line), model.gate_proba(line)
lines.plot(x, y, ".", color=GREY, markersize=4, alpha=0.6)
for k in range(2):
    of_weight(lines, line[:, 0], experts[:, k], proba[:, k], expert_colour(k))
    gate.plot(line, proba[:, k], color=expert_colour(k))
lines.plot(line, model.predict(line), "--", color=INK, linewidth=1.4)
lines.set(ylabel="y", xlim=(0, 10), ylim=(-4, 8.5), title="Experts, and the mean")
gate.set(xlabel="x", ylabel="probability", xlim=(0, 10), ylim=(0, 1.02), title="Gate")

height = np.linspace(-4, 8.5, 400)
for place, at in enumerate([2.5, 5.0, 7.5]):
    ax = axes[str(place)]
    law = model.predict_dist([[at]])
    ax.fill_betweenx(height, law.pdf(height[:, None])[:, 0], color=GREY, alpha=0.4, linewidth=0)
    for k in range(2):
        mean, scale = model.predict_experts([[at]])[0, k], model.expert_scale_[k]
        bell = np.exp(-(((height - mean) / scale) ** 2) / 2) / scale / np.sqrt(2 * np.pi)
        ax.plot(model.gate_proba([[at]])[0, k] * bell, height, color=expert_colour(k))
    ax.axhline(law.mean()[0], color=INK, linestyle="--", linewidth=1.4)
    ax.set(xticks=[], yticks=[], ylim=(-4, 8.5), xlim=(0, 1.15), title=f"x = {at}")
    for below in (lines, gate):
        below.axvline(at, color=GREY, linewidth=0.8, zorder=0)

key.set_axis_off()
for k in range(2):
    key.plot([], [], color=expert_colour(k), label=f"expert {k}: its line, its part of the density")
key.plot([], [], "--", color=INK, linewidth=1.4, label="mean of the mixture")
key.fill_between([], [], color=GREY, alpha=0.4, label="density of y given x")
key.legend(loc="center left")

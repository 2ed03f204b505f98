"""The first page: two experts where they answer, rows in their colours, the gate behind them."""

import numpy as np
from _style import INK, expert_colour, figure, of_weight, tint

from skmoe import MoERegressor
from skmoe.datasets import make_crossing_lines

X, y = make_crossing_lines(500, random_state=0)
model = MoERegressor(2, random_state=0).fit(X, y)
bright, faint = (np.array([tint(expert_colour(k), s) for k in range(2)]) for s in (1.0, 0.2))
line = np.linspace(-1, 4, 200)[:, None]
experts, proba = model.predict_experts(line), model.gate_proba(line)

fig = figure(3.0)
fig.set_figwidth(4.0)
ax = fig.subplots()
ax.imshow((proba @ faint)[None], extent=(-1, 4, -2, 3.3), aspect="auto", interpolation="bilinear")
ax.scatter(X[:, 0], y, c=model.responsibilities(X, y) @ bright, s=7, alpha=0.6)
for k, (slope, intercept) in enumerate(zip(model.expert_coef_[:, 0], model.expert_intercept_)):
    of_weight(ax, line[:, 0], experts[:, k], proba[:, k], expert_colour(k))
    place = (-0.85, 1.9) if slope > 0 else (2.45, 1.3)
    words = f"y = {intercept:.1f} {'+' if slope > 0 else '-'} {abs(slope):.1f} x"
    ax.annotate(f"expert {k}\n{words}", place, color=INK)
ax.plot(line, model.predict(line), "--", color=INK, linewidth=1.2, label="mean of the mixture")
ax.legend(loc="lower left")
ax.set(xlabel="x", ylabel="y", xlim=(-1, 4), ylim=(-2, 3.3))

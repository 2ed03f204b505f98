"""The evidence of eight starts, and what the first and the last of them say."""

import numpy as np
from _style import GREY, INK, expert_colour, figure, of_weight

from skmoe import MoERegressor

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 400)
y = np.abs(x % 4 - 2) + 0.2 * rng.normal(size=400)
X, line = x[:, None], np.linspace(0, 10, 151)[:, None]
won = MoERegressor(5, random_state=0).fit(X, y)
lost = MoERegressor(5, init="planes", n_init=1, random_state=3).fit(X, y)

race, *fits = figure(2.9).subplots(1, 3, width_ratios=[1, 1.1, 1.1])
for evidence in won.start_histories_:
    ahead = len(evidence) > 1
    look = {"color": expert_colour(0) if ahead else GREY, "marker": "o", "markersize": 4}
    race.plot(np.arange(len(evidence)), evidence, **look, zorder=2 + ahead)
race.set(
    ylabel="log evidence",
    title="evidence of eight starts",
    xticks=[0, 1],
    xticklabels=["first", "second"],
)
race.set(xlabel="round", xlim=(-0.3, 1.3))
for ax, model, title in zip(fits, [won, lost], ["the winner", "a loser"]):
    answers, proba = model.predict_experts(line), model.gate_proba(line)
    ax.plot(x, y, ".", color=GREY, markersize=3, alpha=0.6)
    for k in range(5):
        of_weight(ax, line[:, 0], answers[:, k], proba[:, k], expert_colour(k))
    ax.plot(line, model.predict(line), "--", color=INK, linewidth=1)
    per_row = model.log_likelihood_ / len(y)
    ax.set(title=f"{title}: {per_row:.2f} a row", xlabel="x", ylim=(-0.8, 2.8))

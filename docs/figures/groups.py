"""The same rows taken one by one, and by person."""

import numpy as np
from _style import expert_colour, figure, tint

from skmoe import MoERegressor

rng = np.random.default_rng(0)
person, day = np.repeat(np.arange(40), 6), np.tile(np.arange(6.0), 40)
grows = np.repeat(rng.random(40) < 0.4, 6)
weight = np.where(grows, 0.9, 0.1) * day + 0.9 * rng.normal(size=240)
X = day[:, None]

by_row = MoERegressor(2, gate="constant", random_state=0).fit(X, weight)
by_person = MoERegressor(2, gate="constant", random_state=0).fit(X, weight, groups=person)
axes = figure(3.4).subplots(1, 2, sharey=True)
for ax, model, resp, title in [
    (axes[0], by_row, by_row.responsibilities(X, weight), "fit(X, y)"),
    (
        axes[1],
        by_person,
        by_person.responsibilities(X, weight, groups=person),
        "fit(X, y, groups=person)",
    ),
]:
    # The steeper expert has the same colour in both.
    order = model.expert_coef_[:, 0].argsort()
    share = resp[:, order[1]]
    for own in range(40):
        ax.plot(day[person == own], weight[person == own], color="#cccccc", linewidth=0.7, zorder=0)
    colours = np.outer(1 - share, tint(expert_colour(0), 1)) + np.outer(
        share, tint(expert_colour(1), 1)
    )
    ax.scatter(day, weight, s=18, color=colours, linewidths=0)
    for rank, k in enumerate(order):
        answer = model.predict_experts([[0.0], [5.0]])[:, k]
        ax.plot([0, 5], answer, color=expert_colour(rank), linewidth=4)
    ax.set(title=f"{title}: {resp.max(axis=1).mean():.2f} sure", xlabel="day")
axes[0].set_ylabel("weight gained")

"""Quantiles, the density itself, and what it says at one place where it has two humps."""

import numpy as np
from _style import GREY, INK, expert_colour, figure

from skmoe import MoERegressor
from skmoe.inspection import PredictiveDisplay

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 500)
late = rng.random(500) < 1 / (1 + np.exp(-1.2 * (x - 5)))
y = np.where(late, 80 - 1.5 * x, 45 + 1.5 * x) + np.where(late, 5, 3) * rng.normal(size=500)
model = MoERegressor(2, random_state=0).fit(x[:, None], y)

fan, density, at = figure(3.2).subplots(1, 3, sharey=True, width_ratios=[2, 2, 1.3])
PredictiveDisplay.from_estimator(model, x[:, None], y=y, subsample=200, ax=fan)
display = PredictiveDisplay.from_estimator(model, x[:, None], shade="sqrt", ax=density)
display.image_.colorbar.remove()
fan.get_legend().remove()
for ax, title in [(fan, "quantiles: 50, 80 and 95 %"), (density, 'density, shade="sqrt"')]:
    ax.set(title=title, xlabel="x")
    ax.axvline(4.5, color=INK, linewidth=0.8)
density.set_ylabel("")

law = model.predict_dist([[4.5]])
height = np.linspace(*fan.get_ylim(), 400)
low, high = (end[0] for end in law.interval(0.9))
curve = law.pdf(height[:, None])[:, 0]
inside = (height >= low) & (height <= high)
at.fill_betweenx(height, curve, color=GREY, alpha=0.25, linewidth=0)
at.fill_betweenx(height[inside], curve[inside], color=GREY, alpha=0.6, linewidth=0, label="90 %")
at.plot(curve, height, color=INK, linewidth=1.2)
at.axhline(law.mean()[0], color=expert_colour(5), linestyle="--", label="mean")
at.axhline(law.mode()[0], color=expert_colour(0), label="mode")
at.set(title="x = 4.5", xticks=[], xlim=(0, None))
at.legend(loc="upper right", fontsize=8)

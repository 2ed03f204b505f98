"""Counts over different numbers of years, and the rates behind them."""

import numpy as np
from _style import expert_colour, figure

from skmoe import MoERegressor

rng = np.random.default_rng(0)
dose, years = rng.uniform(-2, 2, 300), rng.uniform(1, 20, 300)
slope = np.where(rng.random(300) < 0.5, 1, -1)
events = rng.poisson(years * np.exp(slope * dose - 1))
X = dose[:, None]

model = MoERegressor(2, family="poisson", gate="constant", random_state=0)
model.fit(X, events, exposure=years)
owner = model.responsibilities(X, events, exposure=years).argmax(axis=1)
line = np.linspace(-2, 2, 101)[:, None]

left, right = figure(3.2).subplots(1, 2)
for k in range(2):
    own = owner == k
    look = {"s": 3 * years[own], "color": expert_colour(k), "alpha": 0.5, "linewidths": 0}
    left.scatter(dose[own], events[own], **look)
    right.scatter(dose[own], events[own] / years[own], **look)
    right.plot(line, model.predict_experts(line)[:, k], color=expert_colour(k), linewidth=2.5)
left.set(title="what is given: events in so many years", xlabel="dose", ylabel="events")
right.set(title="what experts predict: events a year", xlabel="dose", ylabel="rate")

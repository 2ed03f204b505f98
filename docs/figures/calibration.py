"""The same rows, judged by a model whose intervals hold and by one whose do not."""

import numpy as np
from _style import figure

from skmoe import MoERegressor
from skmoe.inspection import CalibrationDisplay

rng = np.random.default_rng(0)
X = rng.uniform(-2, 2, size=(1200, 1))
wide = X[:, 0] > 0
y = X[:, 0] + np.where(wide, 1.2, 0.3) * rng.normal(size=1200)

halves = figure(4.6).subfigures(2, 1)
for half, n_experts, words in [
    (halves[0], 1, "one spread for all"),
    (halves[1], 2, "two spreads"),
]:
    model = MoERegressor(n_experts, random_state=0).fit(X[:600], y[:600])
    axes = half.subplots(1, 2)
    CalibrationDisplay.from_estimator(model, X[600:], y[600:], ax=axes)
    axes[0].set_title(f"n_experts={n_experts}: {words}")

"""A tree of two decisions: its questions, and the regions that they leave."""

import numpy as np
import pandas as pd
from _style import figure

from skmoe import HMERegressor
from skmoe.inspection import GateDisplay, TreeDisplay

rng = np.random.default_rng(0)
X = pd.DataFrame({"rain": rng.uniform(0, 10, 600), "heat": rng.uniform(0, 10, 600)})
rain, heat = X["rain"], X["heat"]
y = np.select(
    [(rain < 4) & (heat < 6), rain < 4, heat < 5],
    [2 + heat, 14 - heat, 1 + 0.5 * rain],
    9 - 0.6 * rain,
) + 0.3 * rng.normal(size=600)
model = HMERegressor(depth=2, random_state=0).fit(X, y)

tree, regions = figure(2.7).subplots(1, 2, width_ratios=[2.7, 1])
TreeDisplay.from_estimator(model, X, decimals=1, max_features=1, ax=tree)
display = GateDisplay.from_estimator(model, X, subsample=0, ax=regions)
# The borders are so sharp that the lines of one half and nine tenths fall together.
for words in display.contours_.labelTexts:
    words.remove()
regions.get_legend().remove()

"""Three readings of one mixture: who answers where, what each says, and one row explained."""

import numpy as np
from _style import INK, expert_colour, figure
from sklearn.datasets import load_diabetes

from skmoe import MoERegressor
from skmoe.inspection import ExpertDisplay, GateDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X = X[["bmi", "bp", "s5"]] - X[["bmi", "bp", "s5"]].mean()
model = MoERegressor(2, random_state=0).fit(X, y)

gate, expert, row = figure(3.4).subplots(1, 3)
GateDisplay.from_estimator(model, X, features=["bmi", "bp"], subsample=200, ax=gate)
ExpertDisplay.from_estimator(model, X, y, ax=expert)
gate.set_title("who answers where", color="black")
gate.set(xlabel="bmi less its mean", ylabel="bp less its mean")
expert.set(title="what each says", xlabel="per standard deviation")
for ax in (gate, expert):
    ax.get_legend().remove()

told = model.explain(X.iloc[:1]).loc[0]
terms = ["intercept", "bmi", "bp", "s5", "prediction"]
for k in range(2):
    place = np.arange(5) + 0.36 * k - 0.18
    bars = row.barh(place, told.loc[k, terms], 0.34, color=expert_colour(k))
    row.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
    bars.set_label(f"expert {k}, weight {told.loc[k, 'weight']:.2f}")
row.axvline(0, color=INK, linewidth=0.8)
row.set_yticks(range(5), terms)
row.set(title="one row explained", ylim=(5.6, -0.5), xlim=(-15, 290))
row.legend(loc="lower right", fontsize=8)

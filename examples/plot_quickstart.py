"""
===========
Quickstart
===========

Two real tables on which one linear model is not enough, and a few linear models together are.

* **Cars**: the fuel economy of 398 cars from their weight and model year. A hundred pounds more
  cost a light car far more miles per gallon than a heavy one.
* **Digits**: is the handwritten digit odd or even? Both classes are made of five different shapes,
  so no single plane separates them.

For both, the cross-validated score of the mixture stands beside that of its one-expert special
case, :class:`~sklearn.linear_model.Ridge` or :class:`~sklearn.linear_model.LogisticRegression`,
and what each expert has learnt is put in words.
"""

# %%
# The fuel economy of cars
# ------------------------
# The table ships with the package ``vega_datasets``; it needs no download.

import json
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import RepeatedKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from vega_datasets import data

from skmoe import MoEClassifier, MoERegressor

cars = pd.DataFrame(json.loads(data.cars.raw()))
cars["Year"] = pd.to_datetime(cars["Year"]).dt.year
cars = cars.rename(columns={"Weight_in_lbs": "weight", "Year": "year"})
cars = cars.dropna(subset=["Miles_per_Gallon"]).reset_index()
X, y = cars[["weight", "year"]], cars["Miles_per_Gallon"]


def compare(title, scoring, models, X, y, cv):
    """Print the cross-validated score of each model, mean and standard deviation over folds."""
    print(f"\n{title}")
    for name, model in models.items():
        scores = cross_val_score(model, X, y, cv=cv, scoring=scoring)
        print(f"  {name:<32} {scores.mean():.3f} +/- {scores.std():.3f}")


mixture = MoERegressor(n_experts=3, n_init=5, random_state=0)
compare(
    "Miles per gallon of a car, R2 on held-out cars",
    "r2",
    {
        "Ridge": make_pipeline(StandardScaler(), Ridge()),
        "MoERegressor, 3 experts": mixture,
    },
    X,
    y,
    RepeatedKFold(n_splits=5, n_repeats=3, random_state=0),
)

# %%
# What each expert has learnt
# ---------------------------
# An expert is a linear model with coefficients in the units of the table, and the gate says which
# cars it answers for. Experts have no order of their own, so they are listed from the lightest cars
# to the heaviest.

mixture.fit(X, y)
share = mixture.responsibilities(X, y)
mean_weight, mean_year = (share.T @ X.to_numpy() / share.sum(axis=0)[:, None]).T
order = np.argsort(mean_weight)

print(f"\nThe {mixture.n_experts} experts")
for rank, k in enumerate(order, start=1):
    per_pound, per_year = mixture.expert_coef_[k]
    print(
        f"  {rank}: {share[:, k].mean():3.0%} of the cars, on average {mean_weight[k]:,.0f} lb "
        f"and of {mean_year[k]:.0f}.\n"
        f"     100 lb more: {100 * per_pound:+.2f} mpg; a year newer: {per_year:+.2f} mpg; "
        f"scatter {mixture.expert_scale_[k]:.1f} mpg"
    )

# %%
# The same in a picture. Every car has the colour and marker of the expert most responsible for it.
# On the left, each line is one expert's prediction over the weights of its own cars, in its mean
# year above; the dashed line is what ridge regression fits to all cars. On the right, the gate:
# the plane of its two features, tinted by the probability of each expert. Blue and green follow one
# another from light to heavy cars. Orange, the few cars that go farther on a gallon than others of
# their weight and year, leads nowhere: neither feature tells those cars apart beforehand.

colours = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115]]) / 255
markers = ["o", "^", "s"]
owner = share.argmax(axis=1)
weights, years = np.linspace(1550, 5250, 200), np.linspace(69.5, 82.5, 100) + 1900
plane = pd.DataFrame({"weight": np.tile(weights, 100), "year": np.repeat(years, 200)})
tint = (mixture.gate_proba(plane)[:, order] @ colours).reshape(100, 200, 3)
shift = np.random.default_rng(0).uniform(-0.25, 0.25, len(X))

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.2), width_ratios=[1.3, 1], layout="constrained"
)
right.imshow(
    1 - 0.45 * (1 - tint),
    extent=(weights[0], weights[-1], years[0], years[-1]),
    origin="lower",
    aspect="auto",
)
for rank, k in enumerate(order):
    mine = owner == k
    cars_of_k = X[mine]
    dots = {"color": colours[rank], "marker": markers[rank], "s": 18, "linewidths": 0}
    left.scatter(cars_of_k["weight"], y[mine], alpha=0.5, **dots)
    right.scatter(cars_of_k["weight"], cars_of_k["year"] + shift[mine], **dots)
    line = pd.DataFrame({"weight": cars_of_k["weight"].quantile([0.02, 0.98]).to_numpy()})
    line["year"] = mean_year[k]
    left.plot(
        line["weight"],
        mixture.predict_experts(line)[:, k],
        color=colours[rank],
        marker=markers[rank],
        lw=3,
        label=f"expert {rank + 1}, {line['year'][0]:.0f}",
    )
line = pd.DataFrame({"weight": weights, "year": X["year"].mean()})
left.plot(weights, Ridge().fit(X, y).predict(line), "k--", lw=1.2, label="ridge regression")
left.set(xlabel="weight (lb)", ylabel="miles per gallon", title="The experts: linear models")
left.legend(frameon=False)
right.set(xlabel="weight (lb)", ylabel="model year", title="The gate: who answers where")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
if len(sys.argv) > 1:
    fig.savefig(sys.argv[1], dpi=100)
    print(f"\nPicture written to {sys.argv[1]}")

# %%
# Odd or even?
# ------------
# The images are those of :func:`~sklearn.datasets.load_digits`, 8 x 8 pixels. The models are told
# whether a digit is odd, never which digit it is. All settings but the number of experts are the
# defaults, so the penalties of gate and experts are estimated from the data. For accuracy that is
# not always best: with ``alpha=1`` for both, the penalty that
# :class:`~sklearn.linear_model.LogisticRegression` has, the mixture gets 0.98 here.

images, digit = load_digits(return_X_y=True)
parity = np.where(digit % 2 == 1, "odd", "even")

classifier = MoEClassifier(n_experts=3, random_state=0)
compare(
    "Is a handwritten digit odd? Accuracy on held-out digits",
    "accuracy",
    {
        "LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "MoEClassifier, 3 experts": classifier,
    },
    images,
    parity,
    StratifiedKFold(n_splits=5, shuffle=True, random_state=0),
)

# %%
# Counting which expert the gate sends each digit to shows how the work was divided: some digits go
# almost whole to one expert, others are divided between several. Each expert has fewer shapes to
# tell apart than one linear model has, and an easier question to answer.

routed = pd.crosstab(digit, classifier.fit(images, parity).assign(images), normalize="index")
routed = routed.reindex(columns=range(classifier.n_experts), fill_value=0.0)
print("\nThe digits of each expert (more than half of their images)")
for k in routed:
    mine = routed.index[routed[k] > 0.5]
    print(f"  {k + 1}: {', '.join(map(str, mine)) or 'none'}")

fig, axis = plt.subplots(figsize=(4, 4.8), layout="constrained")
picture = axis.imshow(routed, cmap="cividis", vmin=0, vmax=1, aspect="auto")
axis.set(
    xticks=range(classifier.n_experts),
    xticklabels=range(1, classifier.n_experts + 1),
    yticks=range(10),
    xlabel="expert",
    ylabel="digit",
    title="Who answers for which digit",
)
fig.colorbar(picture, label="share of the digit's images")
plt.show()

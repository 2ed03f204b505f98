"""
===========================
Trees and others as experts
===========================

A line and a tree side by side in one mixture, and what each takes on.

Any scikit-learn regressor or classifier can be an expert, and experts of different kinds can stand
side by side in one mixture. This example shows what a line and a tree each take on, where the
spread around a flexible expert has to come from, and what a fit costs. On the table of cars at its
end, single models and linear experts predict as well.
"""

# %%
# A line and a tree
# -----------------
# The left half of this made curve is a line, which a tree cannot follow but in steps; the right
# half is four steps, which a line cannot follow at all.
# :class:`~skmoe.experts.MixedExpert` names the two kinds of experts. The penalty of its line is
# given: by default a linear expert is shrunk towards the line through all rows, and where there is
# one linear expert only, the strength of that is not estimated.

import json
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits
from vega_datasets import data

from skmoe import MoERegressor
from skmoe.exceptions import IdleExpertWarning
from skmoe.experts import EstimatorExpert, LinearExpert, MixedExpert

# The fits of this example are too small to gain by threads.
limits = threadpool_limits(1)
STEPS = np.array([1.0, -3.0, 3.0, -1.0])


def curve(x):
    """A line up to 5, four steps after it."""
    step = np.clip(((x - 5) / 1.25).astype(int), 0, 3)
    return np.where(x < 5, 3 - 1.5 * x, STEPS[step])


rng = np.random.default_rng(0)
x, x_test = rng.uniform(0, 10, size=(600, 1)), rng.uniform(0, 10, size=(5000, 1))
y, y_test = (curve(part[:, 0]) + 0.3 * rng.standard_normal(len(part)) for part in (x, x_test))

line, tree = LinearExpert(alpha=1.0), DecisionTreeRegressor(max_depth=2, random_state=0)
settings = {"n_init": 4, "random_state": 0}
models = {
    "one tree": MoERegressor(1, expert=tree, random_state=0),
    "two trees": MoERegressor(2, expert=tree, **settings),
    "two lines": MoERegressor(2, **settings),
    "five lines": MoERegressor(5, n_init=40, random_state=0),
    "a line and a tree": MoERegressor(
        2, expert=MixedExpert([("line", line), ("tree", tree)]), **settings
    ),
}
print("                      R2   log density per row, 5,000 further rows")
for name, model in models.items():
    model.fit(x, y)
    density = model.score_samples(x_test, y_test).mean()
    print(f"{name:<18} {model.score(x_test, y_test):5.3f} {density:8.3f}")

mixed = models["a line and a tree"]
by_line = mixed.expert_.kinds.index("line")
owner = mixed.assign(x)
left_share = np.mean(owner[x[:, 0] < 5] == by_line)
right_share = np.mean(owner[x[:, 0] >= 5] != by_line)
print(f"\nleft half: {left_share:.1%} of the rows go to the line")
print(f"right half: {right_share:.1%} go to the tree")

# %%
# The gate has divided the rows as they were made, and a line and a tree with four leaves have a
# smaller error than two trees or two lines. Five lines, one for each piece, are as good and have
# the higher density, given enough starts to find all pieces: they are asked for 40, trees for 4.
#
# The spread of a flexible expert
# -------------------------------
# The table of cars has weight and model year, and the fuel economy as target, as in
# :ref:`sphx_glr_auto_examples_plot_quickstart.py`. Scores are those of three-fold cross-validation:
# R2, and the log density of held-out cars.
#
# A tree of depth 8 follows the rows it is fitted to. The residuals that it leaves there are the
# wrong spread for new cars, and a mixture that believes them is certain of what it does not know.
# :class:`~skmoe.experts.EstimatorExpert` therefore takes the spread from rows that a fit has not
# seen: with ``cv=3``, the default, every clone is fitted three times more.

cars = pd.DataFrame(json.loads(data.cars.raw()))
cars["year"] = pd.to_datetime(cars["Year"]).dt.year
cars = cars.dropna(subset=["Miles_per_Gallon"]).reset_index()
X, economy = cars[["Weight_in_lbs", "year"]], cars["Miles_per_Gallon"]
folds = KFold(3, shuffle=True, random_state=0)


def held_out(model, X):
    """R2 (mean over the folds) and log density per row (where there is one), rows held out."""
    r2, log_density = [], []
    for train, test in folds.split(X):
        model.fit(X.iloc[train], economy[train])
        r2.append(model.score(X.iloc[test], economy[test]))
        if hasattr(model, "score_samples"):
            log_density.append(model.score_samples(X.iloc[test], economy[test]))
    return np.mean(r2), np.concatenate(log_density).mean() if log_density else np.nan


def show(models, X=X):
    """Print a table of held-out scores."""
    print("\nfuel economy of cars         R2   log density per row")
    for name, model in models.items():
        r2, log_density = held_out(model, X)
        print(f"{name:<24} {r2:6.3f} {'' if np.isnan(log_density) else f'{log_density:10.3f}'}")


def of_trees(depth, cv):
    """Two trees of a given depth."""
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0)
    return MoERegressor(2, expert=EstimatorExpert(tree, cv=cv), random_state=0)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", IdleExpertWarning)
    show({f"two trees, depth {d}, cv={cv}": of_trees(d, cv) for d in (3, 8) for cv in (1, 3)})

# %%
# For trees of depth 8 the log density is far lower with ``cv=1`` than with ``cv=3``. With small
# trees there is little between the two. R2, which does not look at the spread, hides this. One tree
# of depth 8 may explain all rows by itself; where the other is left without any, a fit warns, which
# is silenced here.
#
# Other experts
# -------------
# A pipeline is an estimator too. :class:`~sklearn.svm.SVR` wants scaled columns, so it brings its
# own scaler: estimators see the columns as given.

svr = make_pipeline(StandardScaler(), SVR(C=10))
kinds = [("line", "linear"), ("tree", DecisionTreeRegressor(max_depth=3, min_samples_leaf=5))]
show(
    {
        "one SVR": svr,
        "three lines": MoERegressor(3, n_init=4, random_state=0),
        "two SVRs": MoERegressor(2, expert=svr, tol=1e-4, random_state=0),
        "a line and a tree": MoERegressor(2, expert=MixedExpert(kinds), random_state=0),
    }
)

# %%
# Two SVRs gain next to nothing in R2 over one. Three lines have the same R2, up to 0.003, and the
# highest density, and their coefficients can be read. A mixture of a line and a tree is behind both
# here.
#
# Settings of an expert
# ---------------------
# The parameters of an estimator are reached with a double underscore, as in a pipeline.

search = GridSearchCV(
    MoERegressor(2, expert=DecisionTreeRegressor(random_state=0), random_state=0),
    {"expert__max_depth": [1, 2, 3, 4]},
    cv=folds,
).fit(X, economy)
print("\nR2 of two trees by expert__max_depth")
for settings, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"  {settings['expert__max_depth']}: {score:.3f}")

# %%
# Missing values, and the cost of a fit
# -------------------------------------
# Six cars have no horsepower in the table. Where gate and experts all take missing values, so does
# the mixture; otherwise a fit raises an error. Linear parts do not take them.
#
# An estimator cannot be moved a little, as coefficients can: it is fitted anew in every pass, and
# for experts with a spread each fit is four. ``verbose=1`` prints how many that were. Choose
# estimators that are quick to fit.

more = cars[["Weight_in_lbs", "year", "Horsepower", "Acceleration"]]
small = {"max_iter": 10, "max_leaf_nodes": 6, "max_bins": 32, "random_state": 0}
boosted = MoERegressor(
    2,
    gate=HistGradientBoostingClassifier(**small),
    expert=HistGradientBoostingRegressor(**small | {"learning_rate": 0.3}),
    max_iter=10,
    tol=1e-3,
    random_state=0,
    verbose=1,
)
train, test = next(folds.split(more))
print(f"\nmissing values: {more.isna().to_numpy().sum()}")
start = time.perf_counter()
boosted.fit(more.iloc[train], economy[train])
print(f"{time.perf_counter() - start:.1f} s")
alone = HistGradientBoostingRegressor(**small | {"learning_rate": 0.3})
alone.fit(more.iloc[train], economy[train])
print("R2 on held-out cars, one fold")
print(f"  two boosted experts: {boosted.score(more.iloc[test], economy[test]):.3f}")
print(f"  one boosted model:   {alone.score(more.iloc[test], economy[test]):.3f}")
limits.restore_original_limits()

# %%
# The picture
# -----------
# The made curve. On the left, each row has the colour of the expert that the gate sends it to, and
# the lines are what the experts say where they answer. On the right, what two trees with four
# leaves each make of it.

BLUE, ORANGE, GREY = "#0072b2", "#e69f00", "0.75"
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
grid = np.linspace(0, 10, 1001)[:, None]
answers, turns = mixed.predict_experts(grid), mixed.assign(grid)
for k, (colour, marker) in enumerate([(BLUE, "o"), (ORANGE, "^")]):
    kind = mixed.expert_.kinds[k]
    mine = owner == k
    left.scatter(x[mine], y[mine], s=10, color=colour, marker=marker, alpha=0.4, linewidths=0)
    own = np.where(turns == k, answers[:, k], np.nan)
    left.plot(grid, own, color=colour, linewidth=2.5, label=f"expert: {kind}")
left.legend(frameon=False)
left.set(xlabel="x", ylabel="y", title="A line and a tree with four leaves")
right.scatter(x, y, s=10, color=GREY, linewidths=0)
right.plot(grid, models["two trees"].predict(grid), color="black", linewidth=2)
right.set(xlabel="x", title="Two trees with four leaves each: prediction")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

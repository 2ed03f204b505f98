"""
======================================
A few of many experts answer every row
======================================

Only the few most probable of many experts answer a row: what that costs and saves.

With many experts, most of them have next to nothing to say about a given row.
:class:`~skmoe.gates.TopKGate` lets only the k most probable ones answer. This example measures what
that costs in accuracy and saves in time, for experts that are cheap to ask and for experts that are
not.
"""

# %%
# The data
# --------
# The accelerations of the four joints of a robot arm, from their angles, velocities and torques
# (:func:`~skmoe.datasets.make_robot_arm`). The error is relative: the mean square of the residuals
# over the variance of the target, averaged over the joints.
#
# Times are those of the machine that ran the example. All threads but one are switched off, so that
# they can be compared.

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe.datasets import make_robot_arm
from skmoe.experts import EstimatorExpert
from skmoe.gates import SoftmaxGate, TopKGate

limits = threadpool_limits(1)
X, y = make_robot_arm(11_500, random_state=0)
X, X_test, y, y_test = X[:1500], X[1500:], y[:1500], y[1500:]


def relative_error(model, y_test):
    """Mean square of the residuals over the variance, averaged over the outputs."""
    residual = y_test - model.predict(X_test)
    return np.mean(np.mean(residual**2, axis=0) / np.var(y_test, axis=0))


def timed(call):
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def tried(model, X, y, y_test):
    """Seconds of the fit, microseconds per predicted row (the best of five) and error."""
    with warnings.catch_warnings():
        # The few passes that are allowed here are enough to compare.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = timed(lambda: model.fit(X, y))
    predict = min(timed(lambda: model.predict(X_test)) for _ in range(5))
    return fit, 1e6 * predict / len(X_test), relative_error(model, y_test)


def show(name, results):
    """Print a table, one line for each k."""
    print(f"{name}\n   k   fit, s   predict, us per row   relative error")
    for k, (fit, predict, error) in results.items():
        print(f"  {k:2} {fit:8.1f} {predict:21.2f} {error:16.3f}")


# %%
# Linear experts
# --------------
# Sixteen linear experts, of which 1, 2 or all answer a row.

linear, models = {}, {}
for k in (1, 2, 16):
    models[k] = MoERegressor(
        16, gate=TopKGate(k=k), n_init=1, max_iter=30, tol=1e-4, random_state=0
    )
    linear[k] = tried(models[k], X, y, y_test)
show("16 linear experts", linear)
print(
    f"one linear model: relative error {relative_error(LinearRegression().fit(X, y), y_test):.3f}"
)

# %%
# Boosted trees as experts
# ------------------------
# :class:`~skmoe.experts.EstimatorExpert` makes an expert of any regressor. Here each of eight is a
# small :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, for the acceleration of the last
# joint, on 1,000 rows. An expert that is closed to a row is not asked about it. Few bins keep the
# trees quick on weighted rows; ``cv=1`` takes the scale from the residuals of the fit, which saves
# three more fits of every expert.

boosted = {}
trees = HistGradientBoostingRegressor(
    max_iter=5, max_leaf_nodes=8, max_bins=16, learning_rate=0.3, random_state=0
)
last = y[:1000, 3], y_test[:, 3]
for k in (1, 2, 8):
    model = MoERegressor(
        8,
        gate=TopKGate(SoftmaxGate(alpha=0.1), k=k),
        expert=EstimatorExpert(trees, cv=1),
        max_iter=3,
        tol=1e-2,
        random_state=0,
    )
    boosted[k] = tried(model, X[:1000], *last)
show("8 boosted experts", boosted)
for size in (5, 40):
    one = HistGradientBoostingRegressor(**trees.get_params() | {"max_iter": size})
    error = relative_error(one.fit(X[:1000], last[0]), last[1])
    print(f"one boosted model of {size} trees: relative error {error:.3f}")

# %%
# What the times say
# ------------------
# Prediction is where routing pays, and only where asking an expert is dear. With boosted experts
# its time grows with k. Linear experts are one matrix product for all of them, so there is nothing
# to save at this size.
#
# A fit takes about as long for every k: its starts climb with all experts open, and the gate learns
# about all of them. Closing experts costs accuracy: most with one expert to a row, since the
# prediction then jumps at every border, and little from two on.
#
# ``usage_`` is the share of the rows that every expert answers; it sums to k. An expert that no row
# comes to would learn nothing more, so a fit restarts such experts from the rows that the others
# explain worst. With k=2, equal shares would be 2/16 of the rows.
#
# The last lines of the table are a reason to compare before choosing boosted experts: each of the
# eight has few rows, and one boosted model with as many trees as all of them together has a
# smaller error here.

BLUE, ORANGE = np.array([[0, 114, 178], [230, 159, 0]]) / 255

fig, axes = plt.subplots(2, 2, figsize=(10, 7.4), layout="constrained")
panels = ["seconds of the fit", "prediction, µs per row", "relative error on test rows"]
for column, (axis, title) in enumerate(zip(axes.flat, panels, strict=False)):
    for results, colour, style, name in [
        (linear, BLUE, "o-", "16 linear experts, 1,500 rows, 4 joints"),
        (boosted, ORANGE, "s--", "8 boosted experts, 1,000 rows, 1 joint"),
    ]:
        values = [result[column] for result in results.values()]
        axis.plot(list(results), values, style, color=colour, label=name)
    axis.set_xscale("log", base=2)
    axis.set(title=title, xlabel="k, experts that answer a row", ylim=(0, None))
    axis.set_xticks([1, 2, 4, 8, 16], labels=[1, 2, 4, 8, 16])
    axis.spines[["top", "right"]].set_visible(False)
fig.legend(
    *axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False
)

usage = models[2].gate_.usage_
print(f"k=2: usage from {usage.min():.3f} to {usage.max():.3f}, sum {usage.sum():.3f}")
axis = axes[1, 1]
axis.bar(range(1, 16 + 1), np.sort(usage)[::-1], color=BLUE)
axis.axhline(2 / 16, color="black", linestyle="--", linewidth=1)
axis.text(16 + 0.5, 2 / 16, "equal shares", ha="right", va="bottom")
axis.set(title="usage_ of linear experts, k=2", xlabel="experts, by usage", ylabel="share of rows")
axis.spines[["top", "right"]].set_visible(False)
limits.restore_original_limits()
plt.show()

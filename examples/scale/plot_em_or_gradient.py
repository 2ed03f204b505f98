"""
=========================
EM or along the gradient
=========================

The same likelihood climbed by EM, by L-BFGS and by Adam: columns say which is quick.

The same likelihood can be climbed by EM, by L-BFGS and by Adam. This example lets them start from
the same mixture of linear experts, on a table with few columns and on one with many, and counts
passes and seconds. Which one is quick depends on the columns.
"""

# %%
# The data
# --------
# Four linear relations that cross, and a weak gate that says little about which of them a row
# follows: a case in which plain EM is slow. The first table has 10,000 rows and 10 columns, of
# which neighbours have correlation 0.95. The second has 2,000 rows and 150 columns without
# correlation.

import copy
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.solvers import EM, LBFGS, Adam

limits = threadpool_limits(1)


def crossing_planes(n, d, correlation, noise, seed=0):
    """Rows of four linear relations, told apart by a weak gate."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    for j in range(1, d):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    slopes = rng.standard_normal((4, d))
    slopes *= 2 / np.std(X @ slopes.T, axis=0)[:, None]
    logits = X @ rng.standard_normal((d, 4))
    logits /= np.std(logits, axis=0)
    owner = np.argmax(logits + rng.gumbel(size=(n, 4)), axis=1)
    return X, np.sum(X * slopes[owner], axis=1) + noise * rng.standard_normal(n)


tables = {
    "10,000 rows, 10 columns": crossing_planes(10_000, 10, 0.95, 1.0),
    "2,000 rows, 150 columns": crossing_planes(2_000, 150, 0.0, 0.3),
}

# %%
# One start for all
# -----------------
# The penalties are given, so that there is one objective. A fit of a single pass is the start, and
# with ``warm_start=True`` every solver goes on from a copy of it. ``validation_fraction=0`` lets
# Adam see all rows, as the others do; by default it holds some out.
#
# A callback of scikit-learn is told of every pass. This one notes the time until then, without its
# own, and the objective of all rows: the log-likelihood less the penalties. For Adam, the
# ``history_`` of a fit has the mean over the batches of an epoch instead, while the parameters
# move.


class Watch:
    """Passes, seconds and objective per row of a fit."""

    def __init__(self, X, y):
        self.X, self.y, self.record, self.own, self.begun = X, y, [], 0.0, None

    def setup(self, estimator, context):
        """Nothing to prepare."""

    def teardown(self, estimator, context):
        """Nothing to put away."""

    def on_fit_task_begin(self, estimator, context):
        """A pass is announced when it has been made."""
        self.now = time.perf_counter()
        self.begun = self.begun or self.now

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Note where the climb stands."""
        if context.task_name != "pass":
            return
        penalties = fitted_estimator.log_likelihood_ - fitted_estimator.objective_
        value = fitted_estimator.score_samples(self.X, self.y).sum() - penalties
        seconds = self.now - self.begun - self.own
        self.record.append((fitted_estimator.n_iter_, seconds, value / len(self.y)))
        self.own += time.perf_counter() - self.now


solvers = {
    "EM()": EM(),
    "EM(memory=0)": EM(memory=0),
    "LBFGS()": LBFGS(),
    "Adam()": Adam(validation_fraction=0, random_state=0),
    "Adam(learning_rate=0.01, n_epochs=50)": Adam(
        learning_rate=0.01, n_epochs=50, validation_fraction=0, random_state=0
    ),
}
records = {}
for table, (X, y) in tables.items():
    records[table] = {}
    with warnings.catch_warnings():
        # A pass is no fit, and climbs are cut off at a number of passes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = MoERegressor(
            4, gate=SoftmaxGate(1.0), expert=LinearExpert(1.0), max_iter=1, random_state=0
        ).fit(X, y)
        first = (0, 0.0, start.objective_ / len(y))
        for name, solver in solvers.items():
            watch = Watch(X, y)
            model = copy.deepcopy(start).set_callbacks(watch)
            # A pass of L-BFGS is cheap where there are many columns.
            most = 1_000 if name == "LBFGS()" else 80
            model.set_params(solver=solver, warm_start=True, max_iter=most, tol=1e-8).fit(X, y)
            records[table][name] = np.array([first, *watch.record])
limits.restore_original_limits()

# %%
# What each reached
# -----------------
# Objectives are per row. "Close" is within 0.001 of the highest objective that any of them
# reached.

for table, climbs in records.items():
    best = max(record[:, 2].max() for record in climbs.values())
    print(f"{table:<40}      reached   passes  seconds    close: passes  seconds")
    for name, record in climbs.items():
        passes, seconds, objective = record.T
        close = np.flatnonzero(objective > best - 1e-3)
        text = f"{passes[close[0]]:8.0f} {seconds[close[0]]:8.2f}" if len(close) else "   never"
        print(
            f"  {name:<40} {objective[-1]:10.5f} {passes[-1]:8.0f} {seconds[-1]:8.2f}       {text}"
        )
    print()

# %%
# What the picture shows
# ----------------------
# Distances from the highest objective that any of them reached, against passes on the left and
# seconds on the right. All axes are logarithmic.
#
# The start that has won a race is near the top already. With ten columns a pass of EM is cheap: a
# few are enough to be close, and acceleration goes on to the end where plain EM (``memory=0``)
# crawls. L-BFGS, in coordinates of the curvature at the start, ends in the same maximum after no
# more passes. Adam needs many to be close, and gets no closer: its steps are noisy, and some eighty
# parameters with exact sums are no task for it.
#
# With 150 columns every pass of EM has to sum the products of all pairs of columns, for the experts
# and for the gate. L-BFGS sums them once, and needs about as many passes in a third of the time or
# less. Adam stays below.
#
# A higher objective is no better prediction by itself: with 150 columns and 2,000 rows held-out
# rows should decide.

COLOURS = ["#0072b2", "#56b4e9", "#e69f00", "#009e73", "#cc79a7"]
STYLES = ["-", "--", "-", "-", "--"]

fig, axes = plt.subplots(2, 2, figsize=(11, 7.4), sharey="row", layout="constrained")
for row, (table, climbs) in zip(axes, records.items(), strict=True):
    best = max(record[:, 2].max() for record in climbs.values())
    for column, (axis, unit) in enumerate(zip(row, ["passes", "seconds"], strict=True)):
        for (name, record), colour, style in zip(climbs.items(), COLOURS, STYLES, strict=True):
            behind = np.maximum(best - record[1:, 2], 1e-9)
            axis.plot(record[1:, column], behind, style, color=colour, linewidth=2, label=name)
        lowest = 1e-6 if "10 columns" in table else 1e-3
        axis.set(xscale="log", yscale="log", xlabel=unit, title=table, ylim=(lowest, 0.4))
        axis.spines[["top", "right"]].set_visible(False)
    row[0].set_ylabel("objective per row\nbelow the highest")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

"""
===================
Four small networks
===================

Small networks as experts, beside one network with as many parameters.

An expert may be a small neural network, with a spread that depends on the columns. This example
fits four of them, and a gate, to rows that follow one of two curves, and compares them with one
network that has as many parameters: in the mean there is little between them, but the mixture
knows how y scatters around it.
"""

# %%
# The data
# --------
# One column, and two regimes. On the left, rows follow a sine, with a little noise; on the right
# they follow a higher curve, whose noise grows with x. In between a row may be on either, and more
# probably on the higher one the farther right it is. Another 10,000 rows are for testing.

import time

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.neural_network import MLPRegressor

from skmoe import MoERegressor
from skmoe.experts import MLPExpert
from skmoe.solvers import Adam


def regimes(x):
    """Probability of the right regime, and mean and spread of both."""
    right = 1 / (1 + np.exp(-4 * (x - 0.5)))
    mean = np.stack([np.sin(2 * x), 2.5 + 0.6 * np.cos(3 * x)])
    return right, mean, np.stack([np.full_like(x, 0.1), 0.1 + 0.15 * np.clip(x, 0, None)])


def draw(n, rng):
    """Rows and targets."""
    x = rng.uniform(-3, 3, size=n)
    right, mean, spread = regimes(x)
    side = (rng.random(n) < right).astype(int)
    rows = np.arange(n)
    return x[:, None], mean[side, rows] + spread[side, rows] * rng.standard_normal(n)


rng = np.random.default_rng(0)
X, y = draw(2_000, rng)
X_test, y_test = draw(10_000, rng)

# %%
# A mixture and a network
# -----------------------
# Each of the four experts has 16 hidden units, and ``heteroscedastic=True`` lets it predict its
# spread as well. Neural parts learn by :class:`~skmoe.solvers.Adam`, here with its default
# settings; the last section shows what others do.
#
# The single network has as many parameters, and learns from the same rows. A network that
# minimises squares says nothing about the spread; the one number that it could be given is the
# mean square of its residuals on the rows of the fit. Eight linear experts, fitted by EM, stand
# beside them.

experts = MLPExpert(16, activation="tanh", heteroscedastic=True, alpha=0.1)
models = {
    "four networks": MoERegressor(4, expert=experts, random_state=0),
    "the same, two averaged": MoERegressor(
        4, expert=experts, n_init=2, average=True, random_state=0
    ),
    "one network": MLPRegressor(
        hidden_layer_sizes=91,
        learning_rate_init=1e-2,
        max_iter=2_000,
        early_stopping=True,
        n_iter_no_change=100,
        random_state=0,
    ),
    "eight linear experts": MoERegressor(8, n_init=10, random_state=0),
}

print(f"{'':<26}{'R2':>6}{'log density per row':>22}{'parameters':>13}{'seconds':>10}")
for name, model in models.items():
    begin = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - begin
    if name == "one network":
        n_parameters = sum(table.size for table in [*model.coefs_, *model.intercepts_])
        spread = np.std(y - model.predict(X))
        density = norm.logpdf(y_test, model.predict(X_test), spread)
    else:
        n_parameters = model.n_parameters_
        density = model.score_samples(X_test, y_test)
    print(
        f"{name:<26}{model.score(X_test, y_test):6.3f}{density.mean():22.3f}"
        f"{n_parameters:13,}{seconds:10.1f}"
    )

right, mean, spread = regimes(X_test[:, 0])
ideal = right * mean[1] + (1 - right) * mean[0]
parts = norm.pdf(y_test, mean, spread)
density = np.log(right * parts[1] + (1 - right) * parts[0])
r2 = 1 - np.mean((y_test - ideal) ** 2) / np.var(y_test)
print(f"{'the regimes, known':<26}{r2:6.3f}{density.mean():22.3f}")

# %%
# What the mixture has learnt
# ---------------------------
# In R2 there is nothing between the models: all are within 0.01 of the known regimes. In log
# density the mixture of networks is far ahead of one network with one spread, and ahead of eight
# linear experts, whose spreads do not depend on x. Averaging two mixtures gains a little more.
#
# On the left, what the experts say, thin everywhere and bold where the gate gives them a tenth or
# more. One follows the sine and two share the other curve; the fourth is hardly asked. Below are
# the probabilities of the gate.
#
# ``score_samples`` is the log density of y at x, so it can be drawn over the plane: on the right,
# dark is where y is probable. It has two ridges where a row may be on either curve. The mean of
# the mixture passes between them, as that of the single network does, where hardly any row is. The
# lines are the 5 % and 95 % points; their distance, below, jumps where the upper curve becomes
# more probable than 5 %, and grows to the right with the noise.

grid, height = np.linspace(-3, 3, 241), np.linspace(-2.5, 5.5, 321)
four = models["four networks"]
plane = np.stack(np.meshgrid(grid, height), axis=-1).reshape(-1, 2)
density = np.exp(four.score_samples(plane[:, :1], plane[:, 1])).reshape(321, 241)
below = np.cumsum(density, axis=0) * (height[1] - height[0])
low, high = (height[np.argmax(below > share, axis=0)] for share in (0.05, 0.95))
inside = np.mean(
    (y_test > np.interp(X_test[:, 0], grid, low)) & (y_test < np.interp(X_test[:, 0], grid, high))
)
width = 2 * norm.ppf(0.95) * np.std(y - models["one network"].predict(X))
print(f"test rows between the lines of 90 %: {inside:.1%}")

COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"]
line = grid[:, None]
fig, axes = plt.subplots(
    2, 2, figsize=(11, 6.6), sharex=True, height_ratios=[2.6, 1], layout="constrained"
)
for axis in axes[0]:
    axis.scatter(X, y, s=4, color="0.7", linewidths=0, zorder=0)
    axis.set(ylim=(-2.5, 5.5))

axis = axes[0, 0]
answers, gate = four.predict_experts(line), four.gate_proba(line)
for k, colour in enumerate(COLOURS):
    axis.plot(grid, answers[:, k], ":", color=colour, linewidth=1)
    own = np.where(gate[:, k] > 0.1, answers[:, k], np.nan)
    axis.plot(grid, own, color=colour, linewidth=3, label=f"expert {k + 1}")
    axes[1, 0].plot(grid, gate[:, k], color=colour, linewidth=2)
axis.legend(frameon=False, loc="upper left", ncols=2)
axis.set(title="The experts, bold where the gate asks them", ylabel="y")
axes[1, 0].set(xlabel="x", ylabel="gate_proba")

axis = axes[0, 1]
axis.contourf(
    grid, height, np.log(density + 1e-9), levels=[-4, -2, -1, 0, 1, 2], cmap="Blues", alpha=0.8
)
for edge, label in [(low, "5 % and 95 % of the mixture"), (high, None)]:
    axis.plot(grid, edge, color="#0072b2", linewidth=1, label=label)
axis.plot(grid, four.predict(line), color="black", linewidth=2, label="mean of the mixture")
axis.plot(grid, models["one network"].predict(line), "--", color="#d55e00", label="one network")
axis.legend(frameon=False, loc="upper left")
axis.set(title="The density, the mean and one network")

axis = axes[1, 1]
axis.plot(grid, high - low, color="#0072b2", label="mixture")
axis.axhline(width, linestyle="--", color="#d55e00", label="one network, one spread")
axis.legend(frameon=False, loc="upper left", fontsize=9)
axis.set(xlabel="x", ylabel="width of 90 %", ylim=(0, 1.5 * np.max(high - low)))
for axis in axes.flat:
    axis.spines[["top", "right"]].set_visible(False)

# %%
# The training curve
# ------------------
# Adam holds a tenth of the rows out, scores them after every epoch, and keeps the mixture with the
# best score, which has a dot. ``validation_scores_`` has all scores. Twice the climb begins at the
# full rate: until then the spreads are held constant, from there on they learn too. Whenever the
# score stays, the climb goes back to the best mixture and on with smaller steps: the curve gets
# smooth and rises once more. Along a cosine, from smaller steps, it takes longer to get less far.
# Even a hundred times the rate does no harm in the end: at first the score jumps up and down, and
# then the steps fall.

fig, axis = plt.subplots(figsize=(9, 4.2), layout="constrained")
climbs = {"Adam()": four}
for solver in (Adam(schedule="cosine"), Adam(learning_rate=1.0)):
    model = MoERegressor(4, expert=experts, solver=solver, random_state=0)
    climbs[repr(solver)] = model.fit(X, y)
for (name, model), colour in zip(climbs.items(), COLOURS, strict=False):
    values = np.array(model.validation_scores_)
    best = np.argmax(values)
    axis.plot(np.arange(1, len(values) + 1), values, color=colour, linewidth=1, label=name)
    axis.plot(best + 1, values[best], "o", color=colour)
    score = model.score_samples(X_test, y_test).mean()
    print(f"{name:<60} best epoch {best + 1:3}, test rows {score:6.3f}")
axis.legend(frameon=False, loc="lower right")
axis.set(xlabel="epoch", ylabel="log density per held-out row", title="validation_scores_")
axis.set(ylim=(-2, 0.4))
axis.spines[["top", "right"]].set_visible(False)
plt.show()

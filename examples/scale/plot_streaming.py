"""
==========================
Rows that come in batches
==========================

A mixture that learns from batches as they come, and forgets what holds no longer.

``partial_fit`` learns from a batch of rows and lets them go. A mixture of linear experts does so by
online EM: the sums of every batch are blended with those of the rows before. Here the relation
between columns and target changes abruptly in the middle of the stream, and the mixtures differ in
how soon they forget.
"""

# %%
# The stream
# ----------
# A hundred batches of 200 rows. There are three columns and, on either side of a plane, two linear
# relations. After the fiftieth batch both relations are others; the plane stays.

import matplotlib.pyplot as plt
import numpy as np

from skmoe import MoERegressor
from skmoe.solvers import EM, Adam

N_BATCHES, N_ROWS, CHANGE, NOISE = 100, 200, 50, 0.3
SLOPES = np.array([[[2.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], [[-1.0, -1.0, 1.0], [1.0, 0.0, 2.0]]])
BORDER = np.array([1.0, 1.0, 0.0])


def batch(number):
    """Rows of one batch, and what a perfect prediction would be."""
    rng = np.random.default_rng(number)
    after = int(number >= CHANGE)
    X = rng.standard_normal((N_ROWS, 3))
    side = (X @ BORDER > 0).astype(int)
    mean = np.sum(X * SLOPES[after][side], axis=1) + 2 * side
    return X, mean + NOISE * rng.standard_normal(N_ROWS)


# %%
# Every batch is scored before it is learnt
# -----------------------------------------
# The scores are the mean log density and R2 on the rows of a batch that the mixture has not seen
# yet. With ``forgetting=0.0``, the default, the n-th batch counts with a weight of n to the power
# of -0.6. With ``forgetting=0.05`` it counts with a twentieth at least, so that some twenty
# batches are remembered, and with 0.2 five. One mixture is fitted to the first five batches
# together, and never again.
#
# Neural experts have no sums to blend. Adam makes one pass over every batch, at its full rate, and
# what it has learnt of old rows fades as new ones pull.


def run(model, learns=True):
    """Log density per row and R2 of every batch but the first, before it is learnt."""
    scores = []
    for number in range(N_BATCHES):
        X, y = batch(number)
        if number:
            scores.append((model.score_samples(X, y).mean(), model.score(X, y)))
        if number == 0 or learns:
            model.partial_fit(X, y)
    return np.transpose(scores)


def mixture(solver):
    """Two linear experts that learn from batches."""
    return MoERegressor(2, n_init=4, solver=solver, random_state=0)


steps = Adam(learning_rate=5e-3, batch_size=20)
first = [np.concatenate(part) for part in zip(*map(batch, range(5)), strict=True)]
scores = {
    "forgetting=0.0": run(mixture(EM())),
    "forgetting=0.05": run(mixture(EM(forgetting=0.05))),
    "forgetting=0.2": run(mixture(EM(forgetting=0.2))),
    "never fitted again": run(mixture(EM()).fit(*first), learns=False),
    "neural experts, Adam": run(MoERegressor(2, expert="mlp", solver=steps, random_state=0)),
}

# %%
# The means over the batches of three spans:

spans = {"11 to 50": (10, 50), "51 to 60": (50, 60), "81 to 100": (80, 100)}
possible = -0.5 * np.log(2 * np.pi * NOISE**2) - 0.5
print(f"{'':<22}{'log density per row':>24}{'R2':>24}")
print(f"{'batches':<22}" + "".join(f"{span:>11}" for span in 2 * list(spans)))
for name, both in scores.items():
    # The first batch has no scores.
    means = [row[first - 1 : last - 1].mean() for row in both for first, last in spans.values()]
    print(f"{name:<22}" + "".join(f"{value:11.2f}" for value in means))
print(f"the relations themselves, known, have a log density of {possible:.2f}")

# %%
# What the picture shows
# ----------------------
# Until the change, the linear mixtures are at the height of the relations themselves after a few
# batches. What is forgotten costs little there: with 0.2 the score is lower by 0.01.
#
# At the change all are certain of what is no longer true, and scores fall below the frame, where
# they are drawn at its edge. The mixture that is never fitted again stays there. With
# ``forgetting=0.0`` the sums hold rows of both kinds for good, and scales that cover both: the
# prediction comes back in some forty batches, the log density does not within fifty. With 0.05
# both are back after about thirty, with 0.2 after about fifteen.
#
# The neural mixture needs more batches than there are before the change to learn the first
# relations, and comes back about as soon as the others do. Where linear experts are right, they
# learn from fewer rows.
#
# What a mixture cannot do in a stream is start again. Online EM goes on from where it is; where
# regimes change so much that this is a poor place, fit anew on recent rows.

COLOURS = ["#d55e00", "#0072b2", "#56b4e9", "0.4", "#cc79a7"]
STYLES = ["-", "-", "--", ":", "-"]
LOWEST = -7

fig, axes = plt.subplots(2, 1, figsize=(10, 7.2), sharex=True, layout="constrained")
for (name, both), colour, style in zip(scores.items(), COLOURS, STYLES, strict=True):
    for axis, values, least in zip(axes, both, [LOWEST, -1.5], strict=True):
        shown = np.maximum(values, least)
        axis.plot(range(2, N_BATCHES + 1), shown, style, color=colour, linewidth=1.8, label=name)
axes[0].axhline(possible, color="black", linewidth=0.8)
axes[0].text(2, possible + 0.1, "the relations themselves", fontsize=9, va="bottom")
axes[0].set(ylabel="log density per row", ylim=(LOWEST - 0.2, 0.8))
axes[0].set_title("Every batch before it is learnt; the relations change after batch 50")
axes[1].set(ylabel="R2", xlabel="batch", ylim=(-1.6, 1.1), xlim=(1, N_BATCHES))
for axis in axes:
    axis.axvline(CHANGE + 0.5, color="black", linestyle="--", linewidth=0.8)
    axis.spines[["top", "right"]].set_visible(False)
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

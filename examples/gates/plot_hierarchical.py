"""
========================
A tree of soft decisions
========================

One soft question after another, and a linear model at the end of every path.

A hierarchical mixture of experts asks one question after another, and a linear model answers at the
end of every path. The questions are linear too, so a small tree can be drawn with everything that
it has learnt. The first part does so for the temperature in Seattle; the second lets a tree grow,
and shows where that fails.
"""

# %%
# The temperature of an hour
# --------------------------
# The table, from the package ``vega_datasets``, has the usual temperature in Seattle for every hour
# of the year. There are two columns to ask about: the hour of the day and the day of the year.
# Every second row, drawn at random, is kept for testing.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from vega_datasets import data

from skmoe import HMEClassifier, HMERegressor
from skmoe.datasets import make_parity
from skmoe.exceptions import IdleExpertWarning
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

table = data.seattle_temps()
when = pd.to_datetime(table["date"])
X = pd.DataFrame({"hour": when.dt.hour, "day": when.dt.day_of_year}).astype(float)
y = (table["temp"] - 32) / 1.8
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

print("R2 on the rows kept for testing")
linear = LinearRegression().fit(X_train, y_train)
print(f"  one linear model:              {linear.score(X_test, y_test):.3f}")
trees = {}
for depth in (1, 2, 3, 4):
    trees[depth] = HMERegressor(depth, n_init=8, random_state=0).fit(X_train, y_train)
    score = trees[depth].score(X_test, y_test)
    print(f"  depth {depth}, {trees[depth].n_experts_:2} linear experts:    {score:.3f}")

# %%
# The tree of depth 2
# -------------------
# Deeper trees predict better; that of depth 2 can be read. A row turns to the branch with the
# larger logit. The difference of the two logits, from ``node_coef_`` and ``node_intercept_``, is
# zero on a line, and which side a row is on is what the node asks. ``node_proba`` has the share of
# the rows that take each branch.

COLOURS = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167]]) / 255

hme = trees[2]
at = {path: index for index, path in enumerate(hme.gate_.branches)}
passed = dict(zip(hme.gate_.branches, hme.node_proba(X_train).mean(axis=0), strict=True)) | {(): 1}
leaves = sorted(path for path in at if (*path, 0) not in at)


def added(coefs, digits, text=""):
    """Columns times their coefficients, written as a sum that `text` begins; no 1 is written."""
    for column in np.argsort(np.abs(coefs) != 1, kind="stable"):
        size = "" if abs(coefs[column]) == 1 else f"{abs(coefs[column]):.{digits}f} "
        sign = "\N{MINUS SIGN}" if coefs[column] < 0 else "+" if text else ""
        text += f" {sign} {size}{hme.feature_names_in_[column]}"
    return text.strip()


def question(path):
    """What a node asks, per unit of the column that counts most, and the branch of a yes."""
    no, yes = at[*path, 0], at[*path, 1]
    coef = hme.node_coef_[yes] - hme.node_coef_[no]
    intercept = hme.node_intercept_[yes] - hme.node_intercept_[no]
    unit = coef[np.argmax(np.abs(coef) * X_train.std().to_numpy())]
    return f"{added(coef / unit, 3)}\n> {-intercept / unit:.1f} ?", int(unit > 0)


def answer(leaf):
    """The linear model of a leaf, in degrees Celsius."""
    lines = added(hme.expert_coef_[leaf], 2, f"{hme.expert_intercept_[leaf]:.1f}").split(" ")
    return f"{lines[0]} °C\n{' '.join(lines[1:4])}\n{' '.join(lines[4:])}"


def places(leaves):
    """Position of every node and leaf of a tree: leaves side by side, a node above its own."""
    nodes = sorted({path[:stop] for path in leaves for stop in range(len(path) + 1)})
    below = {
        node: [i for i, path in enumerate(leaves) if path[: len(node)] == node] for node in nodes
    }
    return {node: (np.mean(below[node]), -len(node)) for node in nodes}


def draw_tree(axis):
    """Nodes with their questions, branches with their shares of the rows, leaves."""
    place = places(leaves)
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "black"}
    middle = {"ha": "center", "va": "center", "fontsize": 10}
    for path, (x, level) in place.items():
        if path in leaves:
            leaf = leaves.index(path)
            tint = 1 - 0.45 * (1 - COLOURS[leaf])
            axis.text(x, level, answer(leaf), bbox=box | {"facecolor": tint}, **middle)
            continue
        text, yes = question(path)
        axis.text(x, level, text, bbox=box, **middle)
        for turn in (0, 1):
            end = place[*path, turn]
            axis.plot([x, end[0]], [level, end[1]], color="black", linewidth=1.2, zorder=0)
            label = f"{'yes' if turn == yes else 'no'}, {passed[*path, turn] / passed[path]:.0%}"
            halfway = ((x + end[0]) / 2, (level + end[1]) / 2)
            plain = {"facecolor": "white", "edgecolor": "none", "pad": 2}
            axis.text(*halfway, label, bbox=plain, **middle)
    axis.set(xlim=(-0.55, len(leaves) - 0.45), ylim=(-2.4, 0.35), title="The tree")
    axis.axis("off")


def draw_plane(axis):
    """The two columns, tinted by the probabilities of the leaves."""
    days, hours = np.linspace(1, 365, 300), np.linspace(0, 23, 200)
    plane = pd.DataFrame({"hour": np.repeat(hours, 300), "day": np.tile(days, 200)})
    proba = hme.gate_proba(plane)
    tint = (proba @ COLOURS).reshape(200, 300, 3)
    axis.imshow(1 - 0.45 * (1 - tint), extent=(1, 365, 0, 23), origin="lower", aspect="auto")
    degrees = hme.predict(plane).reshape(200, 300)
    lines = axis.contour(days, hours, degrees, levels=range(4, 25, 4), colors="black")
    axis.clabel(lines, fmt="%d °C", fontsize=9)
    axis.set(xlabel="day of the year", ylabel="hour", yticks=range(0, 24, 6))
    axis.set_title("Its leaves, and what it predicts")


fig, (left, right) = plt.subplots(
    1, 2, figsize=(12.5, 5), width_ratios=[1.75, 1], layout="constrained"
)
draw_tree(left)
draw_plane(right)

# %%
# The root asks for the season: from the middle of August on it gets colder from day to day, and
# until then warmer. Both parts of the year are then divided by the hour from which on the day cools
# down, in summer in the afternoon; the line leans because that hour moves with the season. The
# share beside a branch is that of the rows of its node. A leaf is a linear model of the
# temperature. The lines in the plane are the predicted temperature, and its tints change gradually
# where a node is undecided.
#
# A tree that grows
# -----------------
# A full tree spends as many experts on one side as on the other. Here one half of the line is
# straight and the other is folded three times. With ``grow=True`` a tree starts from one decision;
# again and again it splits the expert for which held-out rows gain most, and it stops where none
# gains more than chance would give. It is compared with full trees on rows of their own. In the
# deepest of these some experts are left without rows; fits warn of that, and it is expected here.


def folded(n, rng):
    """A line of five straight pieces with noise, and its rows."""
    x = rng.uniform(-4, 4, size=(n, 1))
    flat, folds = 0.5 * x[:, 0] + 1, 1 - 2 * np.abs(np.abs(x[:, 0] - 2) - 1)
    return x, np.where(x[:, 0] < 0, flat, folds) + 0.2 * rng.standard_normal(n)


rng = np.random.default_rng(0)
x, t = folded(1000, rng)
x_test, t_test = folded(2000, rng)
models = {
    "depth=2": HMERegressor(2, n_init=8, random_state=0),
    "depth=3": HMERegressor(3, n_init=8, random_state=0),
    "depth=4": HMERegressor(4, n_init=8, random_state=0),
    "depth=4, grow=True": HMERegressor(4, grow=True, n_init=8, random_state=0),
}

line = np.linspace(-4, 4, 400)[:, None]
fig, axes = plt.subplots(
    2, 4, figsize=(12.5, 4.8), sharey="row", height_ratios=[1.5, 1], layout="constrained"
)
warnings.simplefilter("ignore", IdleExpertWarning)
for (name, model), (above, below) in zip(models.items(), axes.T, strict=True):
    score = model.fit(x, t).score(x_test, t_test)
    above.scatter(x[:, 0], t, s=4, color="0.75", linewidths=0)
    above.plot(line[:, 0], model.predict(line), color=COLOURS[0], linewidth=2)
    above.set(title=f"{name}\n{model.n_experts_} experts, R2 {score:.3f}", xlabel="x")
    paths = set(model.gate_.branches)
    ends = sorted(path for path in paths if (*path, 0) not in paths)
    place = places(ends)
    for path in paths:
        (x0, y0), (x1, y1) = place[path[:-1]], place[path]
        below.plot([x0, x1], [y0, y1], color="black", linewidth=1, zorder=0)
    below.scatter(*np.transpose([place[path] for path in ends]), color=COLOURS[1], s=40)
    below.axis("off")
    above.spines[["top", "right"]].set_visible(False)
axes[0, 0].set_ylabel("y")

# %%
# The grown tree needs fewer experts than the full tree that predicts as well. It is dearer: every
# expert is split on trial, several times, before any split is kept.
#
# Where growing fails
# -------------------
# A tree grows by single splits, and a split is kept only if it helps by itself. Whether the number
# of ones among some bits is odd cannot be told any better after one split than before, only after
# several: a grown tree stops before it has the answer or finds it by luck, and a full tree finds
# it. With other numbers as ``random_state`` the grown trees for eight bits are right in 77 % of the
# rows.

print("\nparity: accuracy on the table that was fitted")
parts = {"gate": SoftmaxGate(alpha=0.01), "expert": LinearExpert(alpha=0.01)}
for n_bits in (4, 8):
    bits, odd = make_parity(n_bits)
    for grow in (False, True):
        model = HMEClassifier(3, grow=grow, n_init=4, random_state=0, **parts).fit(bits, odd)
        print(
            f"  {n_bits} bits, {'grown' if grow else 'full '} tree: {model.n_experts_} experts, "
            f"accuracy {model.score(bits, odd):.2f}"
        )
plt.show()

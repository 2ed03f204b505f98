"""
==================
Gates side by side
==================

One table with two columns, and eleven gates that look for the borders of four relations.

One table with two columns, four linear relations, and eleven gates that have to find out where each
of them holds. The borders between the regions are an oblique line, another at a right angle to it,
and a circle: no gate has the right shape for all three by itself.
"""

# %%
# The data
# --------
# The inputs are spread evenly over a square, without clusters. In each of the four regions the
# target is a linear function of its own, with noise of standard deviation 0.2. Half of the rows are
# kept for testing.

import time

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.tree import DecisionTreeClassifier

from skmoe import MoERegressor
from skmoe.gates import (
    ConstantGate,
    EstimatorGate,
    GaussianGate,
    HierarchicalGate,
    QuadraticGate,
    SoftmaxGate,
    TopKGate,
)

SLOPES = np.array([[2.0, 0.0], [0.0, 2.0], [-1.0, -1.0], [1.5, 1.5]])
OFFSETS = np.array([1.0, -1.0, 1.0, -2.0])


def region_of(X):
    """Number of the region that every row lies in."""
    a, b = X.T
    below = np.where(a < b, 0, 1)
    outside = np.where(a + b < -0.8, below, 2)
    return np.where((a - 0.7) ** 2 + (b - 0.6) ** 2 < 0.8**2, 3, outside)


rng = np.random.default_rng(0)
X = rng.uniform(-2, 2, size=(4000, 2))
region = region_of(X)
y = np.sum(SLOPES[region] * X, axis=1) + OFFSETS[region] + 0.2 * rng.standard_normal(len(X))
X, X_test, y, y_test, region = X[:2000], X[2000:], y[:2000], y[2000:], region[:2000]

# %%
# The gates
# ---------
# All have four experts and eight starts, and otherwise the default settings.

tree = DecisionTreeClassifier(max_leaf_nodes=16, random_state=0)
gates = {
    "ConstantGate()": ConstantGate(),
    "SoftmaxGate()": SoftmaxGate(),
    'QuadraticGate("full")': QuadraticGate("full"),
    'GaussianGate("tied")': GaussianGate("tied"),
    'GaussianGate("full")': GaussianGate("full"),
    'GaussianGate("full", refine=True)': GaussianGate("full", refine=True),
    "HierarchicalGate()": HierarchicalGate(),
    'HierarchicalGate("quadratic")': HierarchicalGate("quadratic"),
    "TopKGate(k=2)": TopKGate(k=2),
    'TopKGate(HierarchicalGate(\n"gaussian"), k=2)': TopKGate(HierarchicalGate("gaussian"), k=2),
    "EstimatorGate(\nDecisionTreeClassifier(…))": EstimatorGate(tree),
}
fits = {}
for name, gate in gates.items():
    model = MoERegressor(4, gate=gate, n_init=8, random_state=0)
    start = time.perf_counter()
    model.fit(X, y)
    fits[name] = model, model.score(X_test, y_test), time.perf_counter() - start

print(f"{'gate':<48} test R2  seconds  parameters")
for name, (model, score, seconds) in fits.items():
    shown = name.replace("\n", "")
    print(f"{shown:<48} {score:7.3f}  {seconds:7.2f}  {model.n_parameters_:10}")
print(f"the relations themselves, known: R2 {1 - 0.2**2 / y_test.var():.3f}")

# %%
# The parameters of the tree that :class:`~skmoe.gates.EstimatorGate` wraps are not counted.
#
# In a picture
# ------------
# The first panel shows the training rows, in the colour and with the marker of their region. The
# others are tinted by the gate's probabilities; every expert has the colour of the region it shares
# most rows with, and a black line separates the areas of different most probable experts. Dashed
# are the borders of the regions.
#
# The constant gate knows the relations but not where they hold; averaged over all rows alike, they
# predict worse than a constant. Softmax has straight borders, and so has a tree of softmax nodes:
# both find the two lines and leave the circle undecided. Quadratic logits find the circle too, at
# once or at a node. Gaussians describe where the rows of an expert lie. Rows that fill a square are
# no Gaussians, and these borders are off. ``refine=True`` moves them to where they predict better,
# from where the Gaussians were: here to the maximum that the quadratic gate finds by itself.
# ``TopKGate(k=2)`` leaves the borders where they were, and closes the two least probable
# experts. A decision tree builds steps along the axes.

COLOURS = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167]]) / 255
MARKERS = ["o", "^", "s", "D"]

side = np.linspace(-2, 2, 201)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
circle = np.array([0.7, 0.6]) + 0.8 * np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 200)), np.sin(np.linspace(0, 2 * np.pi, 200))], axis=1
)


def draw_regions(axis):
    """Dashed borders of the true regions."""
    style = {"color": "black", "linestyle": "--", "linewidth": 0.9}
    axis.plot(*circle.T, **style)
    axis.plot([-2, 1.2], [1.2, -2], **style)
    axis.plot([-2, -0.4], [-2, -0.4], **style)


def draw_gate(axis, model):
    """Tint by the gate's probabilities, borders of the most probable expert and some rows."""
    owner = model.responsibilities(X, y).argmax(axis=1)
    shared = np.array([[np.sum((owner == k) & (region == r)) for r in range(4)] for k in range(4)])
    colour_of = linear_sum_assignment(-shared)[1]
    proba = model.gate_proba(grid)
    tint = (proba @ COLOURS[colour_of]).reshape(201, 201, 3)
    axis.imshow(1 - 0.6 * (1 - tint), extent=(-2, 2, -2, 2), origin="lower")
    largest = proba.argmax(axis=1).reshape(201, 201)
    for k in range(4):
        if 0 < np.mean(largest == k) < 1:
            axis.contour(side, side, largest == k, levels=[0.5], colors="black", linewidths=1.3)
    for k in range(4):
        rows = np.flatnonzero(owner[:300] == k)
        look = {"color": COLOURS[colour_of[k]], "marker": MARKERS[colour_of[k]]}
        axis.scatter(*X[rows].T, s=15, edgecolors="white", linewidths=0.4, **look)


fig, axes = plt.subplots(3, 4, figsize=(12, 10.2), layout="constrained")
first, *others = axes.flat
for r in range(4):
    rows = np.flatnonzero(region[:1000] == r)
    first.scatter(
        *X[rows].T, s=12, color=COLOURS[r], marker=MARKERS[r], linewidths=0, label=f"region {r + 1}"
    )
first.set_title("The data\n4 regions, 4 linear relations", fontsize=10)
for axis, (name, (model, score, seconds)) in zip(others, fits.items(), strict=True):
    draw_gate(axis, model)
    axis.set_title(f"{name}\nR2 {score:.3f}, {seconds:.2f} s", fontsize=10)
for axis in axes.flat:
    draw_regions(axis)
    axis.set(xticks=[], yticks=[], xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
fig.legend(loc="outside lower center", ncols=4, frameon=False, markerscale=2, fontsize=11)
plt.show()

"""All gates on one table of two columns: which regions each of them can cut."""

import numpy as np
from _style import INK, expert_colour, figure, tint
from scipy.optimize import linear_sum_assignment
from sklearn.tree import DecisionTreeClassifier

from skmoe import MoERegressor
from skmoe.gates import GaussianGate, MLPGate, QuadraticGate, SoftmaxGate
from skmoe.solvers import Adam

SLOPES = np.array([[2.0, 0.0], [0.0, 2.0], [-1.0, -1.0], [1.5, 1.5]])
OFFSETS = np.array([1.0, -1.0, 1.0, -2.0])
# All begin at the true regions, so that shapes differ and not the luck of starts; a network cannot.
NETWORK = {"init": "auto", "solver": Adam(n_epochs=80), "random_state": 4}
GATES = {
    "SoftmaxGate()": {},
    "SoftmaxGate(segments=4)": {"gate": SoftmaxGate(segments=4)},
    'QuadraticGate("full")': {"gate": QuadraticGate("full")},
    "GaussianGate()": {"gate": "gaussian"},
    "GaussianGate(refine=True)": {"gate": GaussianGate(refine=True)},
    "ConstantGate()": {"gate": "constant"},
    "HierarchicalGate()": {"gate": "hierarchical"},
    "TopKGate(k=2)": {"gate": "top_k"},
    "MLPGate(alpha=0.1)": {"gate": MLPGate(alpha=0.1), **NETWORK},
    "a classifier: decision tree": {
        "gate": DecisionTreeClassifier(max_leaf_nodes=24, random_state=0)
    },
}


def region_of(X):
    """Number of the region that every row lies in: two lines and a circle are the borders."""
    a, b = X.T
    outside = np.where(a + b < -0.8, np.where(a < b, 0, 1), 2)
    return np.where((a - 0.7) ** 2 + (b - 0.6) ** 2 < 0.8**2, 3, outside)


def draw_borders(ax):
    """The borders of the regions, dashed."""
    angle = np.linspace(0, 2 * np.pi, 100)
    look = {"color": INK, "linestyle": "--", "linewidth": 0.8}
    ax.plot(0.7 + 0.8 * np.cos(angle), 0.6 + 0.8 * np.sin(angle), **look)
    ax.plot([-2, 1.2], [1.2, -2], **look)
    ax.plot([-2, -0.4], [-2, -0.4], **look)
    ax.set(xticks=[], yticks=[], xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    ax.spines[["top", "right"]].set_visible(True)


rng = np.random.default_rng(0)
X = rng.uniform(-2, 2, size=(1500, 2))
region = region_of(X)
y = np.sum(SLOPES[region] * X, axis=1) + OFFSETS[region] + 0.2 * rng.normal(size=len(X))
side = np.linspace(-2, 2, 121)
plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)

first, *others, last = figure(5.6).subplots(3, 4).flat
for r in range(4):
    first.plot(*X[region == r].T, ".", color=expert_colour(r), markersize=3)
    last.plot([], [], "s", color=expert_colour(r), markersize=9, label=f"region {r + 1}")
first.set_title("the rows", fontsize=8)
draw_borders(first)
for ax, (name, settings) in zip(others, GATES.items(), strict=True):
    model = MoERegressor(4, **{"init": region, "random_state": 0, **settings}).fit(X, y)
    # Every expert in the colour of the region that it shares most rows with.
    shared = np.eye(4)[region].T @ model.responsibilities(X, y)
    colours = np.array([tint(expert_colour(r), 0.75) for r in range(4)])
    painted = model.gate_proba(plane)[:, linear_sum_assignment(-shared)[1]] @ colours
    ax.imshow(painted.reshape(121, 121, 3), extent=(-2, 2, -2, 2), origin="lower")
    ax.set_title(name, fontsize=8)
    draw_borders(ax)
last.plot([], [], "--", color=INK, linewidth=0.8, label="true borders")
last.legend(loc="center left")
last.set_axis_off()

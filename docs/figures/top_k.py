"""The probabilities of a gate along x, and what is left of them for the two largest."""

import numpy as np
from _style import expert_style, figure

from skmoe import MoERegressor
from skmoe.gates import SoftmaxGate, TopKGate

rng = np.random.default_rng(0)
x = rng.uniform(0, 12, 600)
part = np.digitize(x + 1.2 * rng.normal(size=600), [3, 6, 9])
y = np.array([1.0, -1.0, 0.6, -0.6])[part] * x + 3 * part + rng.normal(size=600)
line = np.linspace(0, 12, 401)[:, None]

axes = figure(2.6).subplots(1, 2, sharey=True)
for ax, gate, title in [
    (axes[0], SoftmaxGate(), "SoftmaxGate()"),
    (axes[1], TopKGate(k=2), "TopKGate(k=2)"),
]:
    model = MoERegressor(4, gate=gate, init=part, random_state=0).fit(x[:, None], y)
    for k, proba in enumerate(model.gate_proba(line).T):
        ax.plot(line, proba, **{**expert_style(k), "marker": ""})
    ax.set(title=title, xlabel="x", xlim=(0, 12), ylim=(-0.02, 1.05))
axes[0].set_ylabel("probability")

"""Rounded targets: a high density in narrow spikes, and the probability of the cell."""

import numpy as np
from _style import GREY, INK, expert_colour, figure
from scipy.stats import norm

height = np.linspace(0.4, 5.6, 1001)
axes = figure(2.6).subplots(1, 2)
for k, scale in enumerate([0.4, 0.2, 0.07]):
    density = norm.pdf(height, 3.05, scale)
    axes[0].fill_between(height, density, color=expert_colour(k), alpha=0.25, linewidth=0)
    axes[0].plot(height, density, color=expert_colour(k), label=f"scale {scale}")
    cells = np.arange(1.0, 6.0)
    chance = norm.cdf(cells + 0.5, 3.05, scale) - norm.cdf(cells - 0.5, 3.05, scale)
    axes[1].bar(cells + 0.27 * (k - 1), chance, 0.27, color=expert_colour(k))
for edge in np.arange(0.5, 6.0):
    axes[0].axvline(edge, color=GREY, linewidth=0.6, linestyle=":")
axes[0].plot(np.arange(1, 6), np.zeros(5), "^", color=INK, clip_on=False, label="values of y")
axes[0].set(title="density", ylim=(0, None), xticks=range(1, 6))
axes[0].legend(loc="upper right")
axes[1].set(title="probability of the cell", ylim=(0, 1.05), xticks=range(1, 6))

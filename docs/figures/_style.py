"""What the pictures of the guide share: their width, their look, and the colours of experts."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

from skmoe.inspection._style import GREY, INK, expert_colour, expert_style, tint

__all__ = ["GREY", "INK", "expert_colour", "expert_style", "figure", "of_weight", "tint"]

# Inches: about as wide as the text of a page, so that letters are not made smaller.
WIDTH = 7.0

_LOOK = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "figure.constrained_layout.h_pad": 0.07,
    "figure.constrained_layout.w_pad": 0.07,
    "font.size": 9,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "skmoe",
}


def figure(height):
    """A new figure, `height` inches high, in the look of the guide."""
    plt.rcParams.update(_LOOK)
    return plt.figure(figsize=(WIDTH, height), layout="constrained")


def of_weight(ax, x, y, weight, colour):
    """A line that is the thicker the more it weighs, drawn in pieces of equal width."""
    points = np.column_stack([x, y])
    widths = np.round(0.6 + 4.4 * (weight[1:] + weight[:-1]) / 2, 1)
    changes = [0, *np.flatnonzero(np.diff(widths)) + 1, len(widths)]
    pieces = [points[start : stop + 1] for start, stop in pairwise(changes)]
    look = {"linewidths": widths[changes[:-1]], "capstyle": "round", "joinstyle": "round"}
    return ax.add_collection(LineCollection(pieces, colors=colour, **look))

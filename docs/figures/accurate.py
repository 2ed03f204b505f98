"""`accurate` beside the best of the others on every table, from the figures on the page."""

import re
from pathlib import Path

import numpy as np
from _style import GREY, INK, expert_colour, figure

# Pages are built, and scripts tested, with their own folder as the working directory.
PAGE = Path("..", "user_guide", "accuracy.rst")


def cells():
    """The rows of the first table of the page, cut at its columns."""
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    first, head, last = [i for i, line in enumerate(lines) if line.startswith("=") and " " in line][
        :3
    ]
    spans = [match.span() for match in re.finditer("=+", lines[first])]
    return [[line[start:stop].strip() for start, stop in spans] for line in lines[head + 1 : last]]


def number(cell):
    """The number that a cell begins with."""
    return float(re.match(r"-?[\d.]+", cell.lstrip("*"))[0])


rows = cells()
names = [row[0] for row in rows]
gain = np.array([number(row[4]) - number(row[5]) for row in rows])
# Of accuracies the share of errors is compared, so that less is better in every table.
both = np.array([[number(row[2]), number(row[3])] for row in rows])
right = np.array([row[1] == "accuracy" for row in rows])
both[right] = 1 - both[right]
saved = 100 * (1 - both[:, 1] / both[:, 0])

axes = figure(4.6).subplots(1, 2, sharey=True)
for ax, values, title, unit in [
    (axes[0], gain, "density: gain in log density", "nats per row"),
    (axes[1], saved, "point prediction: error saved", "per cent of the error"),
]:
    colours = [expert_colour(2) if value > 0 else GREY for value in values]
    ax.barh(names, values, color=colours, height=0.6)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(title=title, xlabel=unit)
    ax.tick_params(axis="y", length=0)
axes[0].invert_yaxis()

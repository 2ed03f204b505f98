"""What calls what in a pass of EM: the parts' methods on the way round."""

from _style import INK, expert_colour, figure, tint
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

BOXES = {
    "design": (0.0, 1.5, "a block\nof rows", 6),
    "gate": (2.6, 3.0, "gate\nlog_weight", 0),
    "expert": (2.6, 1.5, "experts\npredictors", 1),
    "family": (5.4, 1.5, "family\nlog_density", 2),
    "resp": (8.2, 2.25, "responsibilities", 6),
    "sums": (11.0, 2.25, "gate, experts\nstatistics", 4),
    "update": (11.0, 0.0, "gate, experts\nupdate", 3),
}
ARROWS = [
    ("design", "gate"),
    ("design", "expert"),
    ("expert", "family"),
    ("gate", "resp"),
    ("family", "resp"),
    ("resp", "sums"),
    ("sums", "update"),
]

ax = figure(2.7).subplots()
ax.set(xlim=(-0.2, 13.4), ylim=(-0.4, 4.2))
ax.set_axis_off()
patches = {}
for name, (x, y, words, colour) in BOXES.items():
    look = {"facecolor": tint(expert_colour(colour), 0.25), "edgecolor": expert_colour(colour)}
    shape = "round,pad=0.1"
    patches[name] = ax.add_patch(FancyBboxPatch((x, y), 2.0, 0.9, boxstyle=shape, **look))
    ax.text(x + 1.0, y + 0.45, words, ha="center", va="center", fontsize=9)
look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": INK, "shrinkA": 2, "shrinkB": 2}
for start, end in ARROWS:
    places = [(BOXES[name][0] + 1.0, BOXES[name][1] + 0.45) for name in (start, end)]
    ax.add_patch(
        FancyArrowPatch(*places, patchA=patches[start], patchB=patches[end], zorder=0, **look)
    )
ax.plot([10.9, 1.0, 1.0], [0.45, 0.45, 0.9], color=INK, linewidth=1)
ax.add_patch(FancyArrowPatch((1.0, 0.45), (1.0, 1.4), **look))
ax.text(6.0, 0.3, "new parts, next pass", ha="center", va="top", fontsize=9)
ax.text(12.35, 1.6, "added up\nover blocks", ha="left", va="center", fontsize=8)

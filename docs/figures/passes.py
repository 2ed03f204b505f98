"""A pass over rows that are read: batches, blocks, sums, and the step that they lead to."""

from _style import INK, expert_colour, figure, tint
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

ax = figure(2.9).subplots()
ax.set(xlim=(0, 14), ylim=(-0.9, 6))
ax.set_axis_off()


def box(x, y, width, height, words, colour):
    """A rounded box with words in it."""
    look = {"facecolor": tint(colour, 0.25), "edgecolor": colour, "linewidth": 1.2}
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0.1", **look))
    ax.text(x + width / 2, y + height / 2, words, ha="center", va="center", fontsize=9)


def arrow(start, end):
    """An arrow from one place to another."""
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": INK, "linewidth": 1.0}
    ax.add_patch(FancyArrowPatch(start, end, **look))


for k, (bottom, top) in enumerate([(0.2, 1.9), (1.9, 3.0), (3.0, 4.8)]):
    look = {"facecolor": tint(expert_colour(4), 0.2 + 0.2 * k), "edgecolor": "white"}
    ax.add_patch(Rectangle((2.9, bottom), 1.6, top - bottom, linewidth=2, **look))
for k in range(4):
    bottom = 0.2 + 1.15 * k
    look = {"facecolor": tint(expert_colour(1), 0.35), "edgecolor": "white", "linewidth": 2}
    ax.add_patch(Rectangle((5.9, bottom), 1.6, 1.15, **look))
    ax.plot([8.5], [bottom + 0.575], "s", color=expert_colour(2), markersize=9)
    arrow((7.6, bottom + 0.575), (8.3, bottom + 0.575))
for low, high in [(0.775, 1.925), (3.075, 4.225)]:
    middle = (low + high) / 2
    for end in (low, high):
        ax.plot([8.6, 9.5], [end, middle], color=expert_colour(2), linewidth=1.2, zorder=0)
    ax.plot([9.5], [middle], "s", color=expert_colour(2), markersize=9)
    ax.plot([9.5, 10.4], [middle, 2.5], color=expert_colour(2), linewidth=1.2, zorder=0)
ax.plot([10.4], [2.5], "s", color=expert_colour(2), markersize=11)

box(0.2, 1.9, 1.7, 1.2, "reader\n(files, query,\nfunction)", expert_colour(6))
box(11.9, 1.9, 1.9, 1.2, "step of gate\nand experts", expert_colour(0))
arrow((2.1, 2.5), (2.8, 2.5))
arrow((4.7, 2.5), (5.7, 2.5))
arrow((10.7, 2.5), (11.7, 2.5))
ax.plot([12.85, 12.85, 1.05], [1.7, -0.3, -0.3], color=INK, linewidth=1.0)
arrow((1.05, -0.3), (1.05, 1.75))
for x, words in [
    (3.7, "batches,\nof any length"),
    (6.7, "blocks,\nof one length"),
    (9.45, "sums,\nin pairs"),
]:
    ax.text(x, 5.9, words, ha="center", va="top", fontsize=9)
ax.text(7.0, -0.8, "next pass: all rows are read again", ha="center", color=INK, fontsize=9)

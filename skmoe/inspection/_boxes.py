"""Boxes of text whose size is known before they are drawn."""

import re

__all__ = ["FONT", "MARGIN", "fitting_font", "folded", "height", "width"]

# Points of the text; inches around it, of a character and of a line.
FONT, MARGIN, _CHARACTER, _LINE = 9.0, 0.3, 0.078, 0.165


def width(text):
    """Inches that a text is wide."""
    return _CHARACTER * max(map(len, text.split("\n")))


def height(text):
    """Inches that a text in its box takes."""
    return _LINE * (text.count("\n") + 1) + MARGIN


def folded(text, width):
    """Text in lines of `width` characters where possible; a term is not divided."""
    lines = [""]
    for term in re.split(r" (?=[-+>=] (?!\.))", text):
        if lines[-1] and len(lines[-1]) + len(term) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {term}".strip()
    return "\n".join(lines)


def fitting_font(ax, size):
    """Points of the text on axes given: less where these are smaller than the tree."""
    ax.set_axis_off()
    ax.figure.draw_without_rendering()
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    return FONT * min(1.0, box.width / size[0], box.height / size[1])

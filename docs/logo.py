"""The logo, ``python docs/logo.py``: two lines, and the mixture that bends from one to the other.

Blue fades into orange as the gate goes from one expert to the other.
"""

from math import exp
from pathlib import Path

from skmoe.inspection._style import expert_colour

FILE = Path(__file__).parent / "_static" / "logo.svg"
# Height of the two lines, from the top, at x=0, and how much they fall or rise.
EXPERTS = [(4.0, 1.2), (65.0, -0.75)]
BORDER, SOFTNESS = 31.0, 2.6


def line(k, x):
    """What an expert says at x."""
    height, slope = EXPERTS[k]
    return height + slope * x


def mixture(x):
    """What both say together: each counts as the gate says."""
    right = 1 / (1 + exp(-(x - BORDER) / SOFTNESS))
    return (1 - right) * line(0, x) + right * line(1, x)


def path(height, start, stop, step):
    """A line through the points of a function, in the words of SVG."""
    points = (f"{x},{height(x):.1f}" for x in range(start, stop + 1, step))
    return "M" + " ".join(points)


def drawn():
    """The logo as text."""
    blue, orange = expert_colour(0), expert_colour(1)
    falling = path(lambda x: line(0, x), 9, 45, 36)
    rising = path(lambda x: line(1, x), 13, 55, 42)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<title>skmoe</title>
<linearGradient id="gate">
<stop offset=".33" stop-color="{blue}"/>
<stop offset=".63" stop-color="{orange}"/>
</linearGradient>
<rect width="64" height="64" rx="14" fill="url(#gate)"/>
<g fill="none" stroke="#fff" stroke-linecap="round" stroke-linejoin="round">
<path d="{falling} {rising}" stroke-width="3" opacity=".6"/>
<path d="{path(mixture, 9, 55, 2)}" stroke-width="8"/>
</g>
</svg>
"""


if __name__ == "__main__":
    FILE.write_text(drawn(), encoding="utf-8", newline="\n")

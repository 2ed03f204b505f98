"""The logo: two experts, each a line over its own part, and a soft border where the gate passes on.

python docs/logo.py    # writes docs/_static/logo.svg, which is the favicon too
"""

from pathlib import Path

LOGO = Path(__file__).parent / "_static" / "logo.svg"

# The colours of the first two experts in all pictures.
FIRST, SECOND = "#0072b2", "#e69f00"


def drawing():
    """The logo as the text of an SVG file."""
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <title>skmoe</title>
  <defs>
    <linearGradient id="gate" x1="0" x2="1" y1="0.1" y2="0">
      <stop offset="0.38" stop-color="{FIRST}"/>
      <stop offset="0.62" stop-color="{SECOND}"/>
    </linearGradient>
  </defs>
  <rect width="64" height="64" rx="12" fill="url(#gate)"/>
  <path d="M10 16 L32 46 L54 22" fill="none" stroke="#fff" stroke-width="8"
    stroke-linecap="round" stroke-linejoin="round"/>
</svg>
"""


if __name__ == "__main__":
    LOGO.write_text(drawing())

"""Formulas as MathML, which browsers show without a script: pages need no network to be read."""

from functools import partial

from docutils.nodes import SkipNode
from math_core import LatexToMathML

_CONVERTER = LatexToMathML()


def visit(writer, node, displayed):
    """Write a formula; an unknown command of LaTeX ends the build."""
    formula = _CONVERTER.convert_with_local_state(node.astext(), displaystyle=displayed)
    writer.body.append(f'<div class="formula">{formula}</div>' if displayed else formula)
    # There is nothing to write at the end of the node.
    raise SkipNode


def setup(app):
    """Have Sphinx call it."""
    of_lines, of_blocks = partial(visit, displayed=False), partial(visit, displayed=True)
    app.add_html_math_renderer("mathml", (of_lines, None), (of_blocks, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

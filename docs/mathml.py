"""Formulas as MathML, which browsers draw by themselves: no script, and no network."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def inline(translator, node):
    """A formula in a line."""
    translator.body.append(convert(node.astext()))
    raise SkipNode


def display(translator, node):
    """A formula of its own, of several lines where it has breaks."""
    formula = node.astext()
    if r"\\" in formula and r"\begin" not in formula:
        formula = rf"\begin{{split}}{formula}\end{{split}}"
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(convert(formula, display="block"))
    translator.body.append("</div>")
    raise SkipNode


def setup(app):
    """Register it with Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

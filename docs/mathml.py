"""Formulas as MathML, which browsers draw by themselves: no script, and no network."""

from functools import partial

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def visit(writer, node, display):
    """Write a formula, one with breaks in several lines."""
    formula = node.astext()
    if r"\\" in formula and r"\begin" not in formula:
        formula = rf"\begin{{split}}{formula}\end{{split}}"
    formula = convert(formula, display=display)
    if "\\" in formula:
        raise ValueError(f"This formula has a command that is not known: {node.astext()}")
    writer.body.append(f'<div class="formula">{formula}</div>' if display == "block" else formula)
    # There is nothing to write at the end of the node.
    raise SkipNode


def setup(app):
    """Have Sphinx call it."""
    of_lines, of_blocks = (partial(visit, display=display) for display in ("inline", "block"))
    app.add_html_math_renderer("mathml", (of_lines, None), (of_blocks, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

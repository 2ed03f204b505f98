"""A fitted mixture as a table: what each expert has learnt, and how certain that is."""

from html import escape

from sklearn.utils._optional_dependencies import check_pandas_support

__all__ = ["Summary", "frame_of"]

# Facts in a line of the header.
_IN_A_LINE = 4

_HEADINGS = ("value", "std. error", "z", "p", "lower", "upper")


class Summary:
    """A fitted mixture as a table: as text, as HTML in a notebook, as a data frame.

    What `summary` of an estimator returns; `print` it.

    Attributes
    ----------
    title : str
        The estimator, its gate and its experts.
    facts : dict
        Rows, parameters, log-likelihood, criteria (lower is better), entropy of the
        responsibilities per row (in nats; 0 where every row clearly belongs to one expert), passes.
    shares : ndarray of shape (n_experts,) or None
        Mean responsibility of every expert; None if no data were given.
    terms : list of Term
        Parameters as reported, without standard errors if no data were given.
    confidence : float
        Of the intervals.
    notes : list of str
        What the numbers mean and do not mean.
    """

    def __init__(self, title, facts, shares, terms, confidence, notes):
        self.title = title
        self.facts = facts
        self.shares = shares
        self.terms = terms
        self.confidence = confidence
        self.notes = notes

    def _blocks(self):
        """Titles and rows of cells of every expert and of the gate."""
        groups = {}
        for term in self.terms:
            groups.setdefault((term.part, term.expert), []).append(term)
        for (part, expert), terms in groups.items():
            title = _title(part, expert)
            if part == "experts" and self.shares is not None:
                title += f"   share {self.shares[expert]:.1%}"
            yield title, [self._cells(term) for term in terms]

    def _headings(self):
        """Names of the columns that there are figures for."""
        if all(term.std_error is None for term in self.terms):
            return _HEADINGS[:1]
        ends = (f"{0.5 - self.confidence / 2:.3g}", f"{0.5 + self.confidence / 2:.3g}")
        return (*_HEADINGS[:4], *ends)

    def _cells(self, term):
        """Name and figures of a term as text."""
        name = term.name if term.target is None else f"{term.target}: {term.name}"
        if term.std_error is None:
            return [name, _number(term.value)]
        figures = [term.value, term.std_error, *term.interval(self.confidence)]
        value, error, low, high = map(_number, figures)
        if term.positive:
            return [name, value, error, "", "", low, high]
        return [name, value, error, f"{term.z():.2f}", _probability(term.p_value()), low, high]

    def __str__(self):
        pairs = [f"{name} {value}" for name, value in self._facts()]
        lines = [self.title, ""]
        for first in range(0, len(pairs), _IN_A_LINE):
            lines.append("   ".join(pairs[first : first + _IN_A_LINE]))
        headings = ["", *self._headings()]
        blocks = list(self._blocks())
        rows = [headings, *(row for _, rows in blocks for row in rows)]
        width = [max(len(row[i]) for row in rows) for i in range(len(headings))]
        for title, rows in blocks:
            lines += ["", title, _line(headings, width), *(_line(row, width) for row in rows)]
        return "\n".join([*lines, "", *self.notes])

    __repr__ = __str__

    def _facts(self):
        """Names and texts of the facts."""
        for name, value in self.facts.items():
            yield name, f"{value:,.10g}" if isinstance(value, int) else _fact(value)

    def _repr_html_(self):
        """The same as HTML."""
        facts = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._facts()
        )
        headings = "".join(f"<th>{escape(name)}</th>" for name in ("", *self._headings()))
        tables = [
            f"<h4>{escape(title)}</h4><table><tr>{headings}</tr>"
            + "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in rows)
            + "</table>"
            for title, rows in self._blocks()
        ]
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<h3>{escape(self.title)}</h3><table>{facts}</table>{''.join(tables)}{notes}"

    def to_frame(self):
        """All terms.

        Returns
        -------
        pandas.DataFrame
            Indexed by part, expert, target (if there are several) and term. Standard errors,
            tests and intervals are missing if no data were given.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        check_pandas_support("Summary.to_frame")
        return frame_of(self.terms, self.confidence)


def frame_of(terms, confidence):
    """Terms as a data frame with standard errors, tests of zero and intervals."""
    import pandas as pd

    several = any(term.target is not None for term in terms)
    keys = ["part", "expert", *(["target"] if several else []), "term"]
    values = ["value", "std_error", "z", "p_value", "lower", "upper"]
    rows = []
    for term in terms:
        place = [term.part, term.expert, *([term.target] if several else []), term.name]
        known = term.std_error is not None
        tests = [term.z(), term.p_value(), *term.interval(confidence)] if known else [None] * 4
        rows.append([*place, term.value, term.std_error, *tests])
    # Not numbers: labels and missing ones in one column would become floats.
    frame = pd.DataFrame(rows, columns=keys + values, dtype=object)
    return frame.astype(dict.fromkeys(values, float)).set_index(keys)


def _title(part, expert):
    """What a block of terms is about."""
    if part == "experts":
        return f"expert {expert}"
    if isinstance(expert, tuple):
        return f"gate, branch {'.'.join(map(str, expert))} against its siblings"
    return f"gate, expert {expert} against the average expert"


def _number(value):
    """Four digits, and infinity as a word."""
    return f"{value:.4g}".replace("inf", "infinite")


def _fact(value):
    return value if isinstance(value, str) else f"{value:,.2f}"


def _probability(p):
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _line(cells, width):
    """A row of a text table: the name to the left, figures to the right."""
    figures = (cell.rjust(size) for cell, size in zip(cells[1:], width[1:], strict=False))
    return "  ".join(["  " + cells[0].ljust(width[0]), *figures]).rstrip()


def _html_cell(cell):
    return f"<td>{escape(cell)}</td>"

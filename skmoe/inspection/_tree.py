"""What the nodes of a hierarchical gate ask."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._rows.validation import check_count
from ..gates import HierarchicalGate
from ._boxes import FONT, MARGIN, fitting_font, folded, height, width
from ._style import (
    INK,
    check_mixture,
    coef_names,
    expert_colour,
    expert_label,
    get_axes,
    percent,
    short_names,
    tint,
)
from ._words import answers, branch_shares, node_questions, read_columns

__all__ = ["TreeDisplay"]

# Characters of a line in a node, at a branch and in a leaf, and lines of a leaf.
_NODE_WIDTH, _TURN_WIDTH, _LEAF_WIDTH, _LEAF_LINES = 26, 16, 46, 6


class TreeDisplay:
    """A hierarchical gate as a tree: the nodes' questions, and the experts at its leaves.

    The root stands on the left. A question is the border between two branches, where both are
    equally probable; decisions are soft, so that rows near it go both ways. The share beside a
    branch is that of the rows of its node, the share at an expert that of all rows. Use
    :meth:`from_estimator` to create a display.

    Parameters
    ----------
    leaves : list of tuple of int
        Turns from the root to every expert.
    questions : dict of tuple of int to str
        What the node at the end of a path asks.
    turns : dict of tuple of int to str
        What leads to the branch at the end of a path.
    answers : list of list of str
        Lines about every expert.
    shares : dict of tuple of int to float, default=None
        Shares of all rows that pass the branch at the end of a path.

    Attributes
    ----------
    texts_ : dict of tuple of int to matplotlib Text
        Nodes and leaves by their paths.
    branches_ : dict of tuple of int to matplotlib Line2D
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    export_text : The same as text.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import HMERegressor
    >>> from skmoe.inspection import TreeDisplay
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = HMERegressor(depth=1, random_state=0).fit(x, y)
    >>> display = TreeDisplay.from_estimator(model, x)
    >>> sorted(display.texts_)
    [(), (0,), (1,)]
    """

    def __init__(self, *, leaves, questions, turns, answers, shares=None):
        self.leaves = leaves
        self.questions = questions
        self.turns = turns
        self.answers = answers
        self.shares = shares

    @classmethod
    def from_estimator(
        cls, estimator, X=None, *, feature_names=None, decimals=2, max_features=2, ax=None, **kwargs
    ):
        """Draw the tree of a fitted mixture.

        Parameters
        ----------
        estimator : HMERegressor, HMEClassifier or a mixture with a HierarchicalGate
            A fitted mixture.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Rows whose shares are written at the branches.
        feature_names : list of str, default=None
            Names of the features; None takes those seen in fit, or x0, x1, ...
        decimals : int, default=2
            Digits after the point; small numbers get as many digits that count.
        max_features : int, default=2
            Features that a question or an expert names: those that move it most.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure with room for all text.
        **kwargs : dict
            For `text`.

        Returns
        -------
        TreeDisplay

        Raises
        ------
        TypeError
            If the estimator is not a mixture.
        ValueError
            If the gate is not hierarchical.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_mixture(estimator)
        if not isinstance(estimator.gate_, HierarchicalGate):
            raise ValueError(
                f"The gate is of the kind {type(estimator.gate_).__name__}, which has no nodes; a "
                "hierarchical gate is allowed. Fit an HMERegressor or HMEClassifier, or draw a "
                "flat gate with GateDisplay."
            )
        columns = read_columns(
            estimator,
            short_names(coef_names(estimator, feature_names), 20),
            decimals=check_count(decimals, "decimals", minimum=0),
            max_features=check_count(max_features, "max_features"),
        )
        asked = node_questions(estimator, columns)
        return cls(
            leaves=estimator.gate_.leaf_paths(),
            questions={path: question.asked() for path, question in asked.items()},
            turns={
                (*path, turn): words
                for path, question in asked.items()
                for turn, words in enumerate(question.yes_or_no())
            },
            answers=answers(estimator, columns),
            shares=None if X is None else branch_shares(estimator, X),
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure with room for all text.
        **kwargs : dict
            For `text`.

        Returns
        -------
        TreeDisplay
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self._texts = self._all_texts()
        place, size = self._places()
        font = FONT if ax is None else fitting_font(ax, size)
        self.ax_ = ax = get_axes(ax, size)
        self.figure_ = ax.figure
        ax.set(xlim=(0, size[0]), ylim=(-size[1], 0))
        ax.set_axis_off()
        style = {"fontsize": font, "va": "center", "color": INK, "parse_math": False, **kwargs}
        self.branches_ = {path: self._plot_branch(path, place, style) for path in self.turns}
        self.texts_ = {path: self._plot_node(path, place[path], style) for path in place}
        return self

    def _all_texts(self):
        """Folded texts of questions and leaves by their paths."""
        leaves = {path: self._leaf_text(k) for k, path in enumerate(self.leaves)}
        questions = {path: folded(text, _NODE_WIDTH) for path, text in self.questions.items()}
        return {**questions, **leaves}

    def _leaf_text(self, k):
        """Name, share and answer of an expert."""
        share = "" if self.shares is None else f", {percent(self.shares.get(self.leaves[k], 1.0))}"
        lines = [part for line in self.answers[k] for part in folded(line, _LEAF_WIDTH).split("\n")]
        if len(lines) > _LEAF_LINES:
            lines = [*lines[: _LEAF_LINES - 1], "..."]
        return "\n".join([f"{expert_label(k)}{share}", *lines])

    def _turn_text(self, path):
        """What leads to a branch, and how many rows it leads there."""
        lines = [folded(self.turns[path], _TURN_WIDTH)]
        if self.shares is not None:
            node = self.shares.get(path[:-1], 1.0)
            lines.append(percent(self.shares[path] / node if node else 0.0))
        # Where no feature decides, both are the share.
        return "\n".join(dict.fromkeys(lines))

    def _places(self):
        """Middles of nodes and left ends of leaves, and the size of the picture, in inches."""
        node, turn, leaf = (
            max((width(text) for text in texts), default=0.0)
            for texts in (
                [self._texts[path] for path in self.questions],
                [self._turn_text(path) for path in self.turns],
                [self._texts[path] for path in self.leaves],
            )
        )
        row = max(map(height, [*self._texts.values(), *map(self._turn_text, self.turns)]))
        deepest = max(len(path) for path in self.leaves)
        column = node + turn + 2 * MARGIN
        places = {}
        for path in self._texts:
            below = [i for i, own in enumerate(self.leaves) if own[: len(path)] == path]
            across = node / 2 + MARGIN / 2 + column * len(path)
            if path in self.leaves:
                across = MARGIN / 2 + column * deepest
            places[path] = across, -row * (np.mean(below) + 0.5)
        size = column * deepest + leaf + MARGIN, row * len(self.leaves)
        return places, size

    def _plot_node(self, path, place, style):
        """The box of a question or of an expert."""
        look, box = {"ha": "center"}, {"boxstyle": "round,pad=0.4", "linewidth": 1.2}
        box |= {"facecolor": "white", "edgecolor": INK}
        if path in self.leaves:
            colour = expert_colour(self.leaves.index(path))
            look, box = {"ha": "left"}, {**box, "facecolor": tint(colour, 0.3), "edgecolor": colour}
        return self.ax_.text(*place, self._texts[path], bbox=box, **{**look, **style})

    def _plot_branch(self, path, place, style):
        """The line from a node to what follows, and what leads there."""
        ends = np.array([place[path[:-1]], place[path]])
        (line,) = self.ax_.plot(*ends.T, color="#777777", linewidth=1.2, zorder=0)
        plain = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        words = self._turn_text(path)
        reach = 0.0 if path in self.leaves else width(self._texts[path]) / 2
        # Near what follows, where the branches of a node are farthest apart.
        across = ends[1, 0] - reach - MARGIN - width(words) / 2
        middle = across, np.interp(across, *ends.T)
        self.ax_.text(*middle, words, ha="center", bbox=plain, **style)
        return line

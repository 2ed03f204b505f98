"""Fits of rows that are not all in memory."""

from contextlib import closing
from typing import Any, NamedTuple

from .._rows.arrays import allowing_underflow
from .._rows.compat import with_callbacks
from ..starts._given import is_given
from ..starts._widening import counts
from ._batches import FitCheck, rows_of_reader
from ._carried import NOTHING, carrying, check_takes
from ._reader import read
from ._settings import plan

__all__ = ["GivenBlocks", "OutOfCoreMixin", "check_needs_no_array"]


class GivenBlocks(NamedTuple):
    """Rows that are not all in memory, for the fits of a path.

    Attributes
    ----------
    X : array-like of shape (n_some, n_features)
        Some of the columns as they are given, for functions that choose among them.
    rows : Blocks
    state : dict
        What is known of columns, targets and classes.
    is_weighted : bool
    """

    X: Any
    rows: Any
    state: dict
    is_weighted: bool

    y = None
    sample_weight = None
    carried = NOTHING

    def fit(self, estimator, narrow):
        """Fit an estimator from a mixture of one expert less, or from none."""
        return estimator._fit_again(self, narrow)

    def blocks(self, fitted):
        """The rows as a fitted estimator sees them."""
        return fitted._units.seen(self.rows)


class OutOfCoreMixin:
    """`fit_blocks` of regressor and classifier."""

    @with_callbacks
    @carrying("exposure", "offset", "groups", "trials")
    def fit_blocks(self, reader, *, carried):
        """Fit the mixture to data larger than memory, read anew for every pass.

        The same fit as that of all rows at once, to the last bit: the blocks of rows that a pass
        adds up are cut across the borders of batches. It takes a few passes to learn units and
        starts, and one for every step of the climb (10 to 50).

        Parameters
        ----------
        reader : callable
            Without arguments; returns a fresh iterator of batches `(X, y)` or
            `(X, y, sample_weight)`, always of the same rows in the same order. X and y are as in
            `fit`. :mod:`skmoe.readers` has some ready-made. While one batch is in use the next is
            read in a thread, so that two or three are held at once: batches of 10,000 to 100,000
            rows suit.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter or a batch is not as described: the batch is named. If a batch has
            other columns, types or kinds of targets than the first, or other rows in a later pass.
            If what was asked for needs all rows at hand: scikit-learn estimators as gate or
            experts, Adam (the solver of networks; `LBFGS` and `partial_fit` do without), a start
            given by `init`.

        See Also
        --------
        partial_fit : One pass, batch by batch, for streams.

        Examples
        --------
        >>> import numpy as np
        >>> from skmoe import MoERegressor
        >>> def reader():
        ...     for seed in range(3):
        ...         x = np.random.default_rng(seed).uniform(-1, 1, size=(1000, 1))
        ...         yield x, np.abs(x[:, 0])
        >>> model = MoERegressor(2, random_state=0).fit_blocks(reader)
        >>> [answer.shape for answer in model.predict(reader)]
        [(1000,), (1000,), (1000,)]
        >>> round(model.score(reader), 3)
        1.0
        """
        return self._fit_blocks(reader, carried)

    @allowing_underflow
    def _fit_blocks(self, reader, carried):
        if not callable(reader):
            raise ValueError(
                f"reader={type(reader).__name__} was given; a function without arguments that "
                "returns an iterator of batches (X, y) is allowed. Pass a table to fit."
            )
        with closing(read(reader, least=2)) as batches:
            X = next((tables[0] for _, tables in batches), None)
        X, _ = carried.parted(X)
        settings = plan(self, X)
        check_needs_no_array(self, settings, "fit_blocks")
        rows, known = rows_of_reader(FitCheck(self, settings, carried), reader, self.n_jobs)
        check_takes(settings, known.state["_record"])
        given = GivenBlocks(X, rows, known.state, known.totals is not None)
        return self._fit_rows(rows, dict(known.state), settings, given)

    @with_callbacks
    def _fit_again(self, given, narrow):
        """Fit to rows that have been looked at, from a mixture of one expert less or from none."""
        settings = plan(self, given.X)._replace(narrow=narrow)
        return self._fit_rows(given.rows, dict(given.state), settings, given)


def check_needs_no_array(estimator, settings, what):
    """Raise a ValueError if a fit needs all rows at hand."""
    remedy = "Fit a sample of the rows with fit"
    is_named = isinstance(estimator.categorical_features, str)
    for forbidden, given, why, instead in (
        (
            not all(part.forgets_rows for part in (settings.gate, settings.expert)),
            "scikit-learn estimators as gate or experts",
            "are fitted to all rows at once",
            f"{remedy}, or use linear or neural experts.",
        ),
        (
            settings.solver.stochastic,
            "the solver Adam (that of networks)",
            "takes them in random order",
            "Pass solver='lbfgs', or call partial_fit with every batch.",
        ),
        (
            not (estimator.categorical_features is None or is_named),
            "a list of categorical features",
            "are levels that all rows tell together",
            "Pass numbers: encode them in the batches.",
        ),
        (
            is_given(estimator.init),
            "a start given by init",
            "has a row for every row",
            "Pass init='auto'; with warm_start=True a fit goes on from the last.",
        ),
        (
            settings.n_experts == "auto" and not counts(estimator),
            "n_experts='auto' for parts without a count of parameters",
            "is chosen on rows that are held out",
            f"{remedy} to choose the number, and pass it.",
        ),
    ):
        if forbidden:
            raise ValueError(f"{what} does without all rows at hand, but {given} {why}. {instead}")

"""Batches as a reader gives them, and methods that take a reader in place of a table."""

import inspect
from contextlib import closing, contextmanager, nullcontext
from functools import wraps

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._rows.reading import ahead

__all__ = ["by_batch", "check_brings_all", "is_reader", "naming", "read"]


def is_reader(X):
    """Whether X is a function that gives batches, and no table."""
    return callable(X) and not hasattr(X, "shape")


@contextmanager
def naming(what):
    """Say of which batch or partition an error is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what}: {error}") from error


def _tables(batch, least):
    """X, y and weight (None where there is none) of a batch."""
    tables = batch if isinstance(batch, tuple) else (batch,)
    # A list of rows is a table, one of tables is not.
    listed = isinstance(batch, list) and any(hasattr(table, "shape") for table in batch)
    if listed or not least <= len(tables) <= 3:
        kind = f"a tuple of {len(batch)}" if isinstance(batch, tuple) else type(batch).__name__
        allowed = "X alone, (X, y) or" if least == 1 else "(X, y) or"
        raise ValueError(f"{kind} was given; {allowed} (X, y, sample_weight) is allowed.")
    return (*tables, None, None)[:3]


def read(reader, least=1):
    """Batches of a reader, the next being read while one is in use.

    Parameters
    ----------
    reader : callable
        Without arguments, gives a fresh iterator of batches.
    least : int
        Tables that a batch has at least: 1 for X alone, 2 for X and y.

    Yields
    ------
    str
        What the batch is called in errors.
    tuple
        X, y and weight, None where there is none.
    """
    batches = reader()
    if not hasattr(batches, "__iter__") or hasattr(batches, "shape"):
        raise ValueError(
            f"The reader has returned {type(batches).__name__}; an iterator of batches is allowed. "
            "Pass a function without arguments that yields them."
        )
    with closing(ahead(_own(batches))) as batches:
        for index, batch in enumerate(batches):
            name = f"Batch {index} of the reader"
            with naming(name):
                tables = _tables(batch, least)
            yield name, tables


def _own(batches):
    """Batches with arrays of their own: a reader may fill the same ones again for the next.

    The copy is made by the thread that reads ahead, and brings memory maps into memory there.
    """
    with closing(batches) if hasattr(batches, "close") else nullcontext():
        for batch in batches:
            copies = isinstance(batch, tuple)
            yield tuple(map(_copied, batch)) if copies else _copied(batch)


def _copied(table):
    return np.array(table) if isinstance(table, np.ndarray) else table


def check_brings_all(*others):
    """Raise a ValueError if y or weights are given beside a reader."""
    if any(table is not None for table in others):
        raise ValueError(
            "y or sample_weight was given beside a reader, which brings its own. Let its batches "
            "be (X, y, sample_weight)."
        )


def by_batch(method):
    """A method that takes a reader in place of X (and y): then it gives an iterator of answers."""
    _, _, *names = parameters = inspect.signature(method).parameters
    most = 2 if "y" in names else 1
    least = most if most == 1 or parameters["y"].default is inspect.Parameter.empty else 1

    @wraps(method)
    def either(self, X, *args, **words):
        if not is_reader(X):
            return method(self, X, *args, **words)
        check_is_fitted(self)
        words = {**dict(zip(names, args)), **words}
        check_brings_all(words.pop("y", None))
        return answers(self, X, words)

    def answers(self, reader, words):
        if "random_state" in words:
            # A number would begin the same draws anew with every batch.
            words["random_state"] = check_random_state(words["random_state"])
        for name, tables in read(reader, least):
            with naming(name):
                given = [table for table in tables[:most] if table is not None]
                answer = method(self, *given, **words)
            yield answer

    return either

"""What readers share: columns and their roles, batches of exact length, words for errors."""

import importlib
import os
from collections import Counter
from difflib import get_close_matches

__all__ = [
    "WEIGHTS_ALONE",
    "Roles",
    "TableReader",
    "counted",
    "exact",
    "existing",
    "library",
    "refuse_dask",
]

WEIGHTS_ALONE = (
    "sample_weight was given without a target; weights are those of targets. Pass both, or "
    "neither for prediction."
)


class Roles:
    """Which of the columns `names` are X, y and the weights."""

    def __init__(self, names, target, columns, sample_weight, others=()):
        self.target = list(target) if isinstance(target, (list, tuple)) else target
        self.targets = _as_list(self.target)
        self.weights = _as_list(sample_weight)
        if columns is not None and (isinstance(columns, str) or not hasattr(columns, "__iter__")):
            raise ValueError(
                f"columns={columns!r} was given; None or a list of names is allowed. "
                f"Pass columns=[{columns!r}]."
            )
        apart = {*self.targets, *self.weights, *others}
        chosen = [name for name in names if name not in apart] if columns is None else columns
        self.features = list(chosen)
        self.all = [*self.features, *self.targets, *self.weights]
        # They are numbers or nothing; targets may be labels.
        self.numbers = {*self.features, *self.weights}
        if self.weights and not self.targets:
            raise ValueError(WEIGHTS_ALONE)
        known = set(names)
        for name in self.all:
            if name not in known:
                raise ValueError(_unknown(name, names))
        twice = [str(name) for name, count in Counter(self.all).items() if count > 1]
        if twice:
            raise ValueError(
                f"{', '.join(twice)} was given more than once; a column is either in columns, or "
                "target, or sample_weight, once. Leave it out elsewhere."
            )
        if not self.features:
            raise ValueError(
                "No column is left for X; at least one beside target and sample_weight is "
                "needed. Name it in columns."
            )

    def split(self, table):
        """A batch of a table of pandas or polars."""
        parts = [table[self.features]]
        if self.targets:
            parts.append(table[self.target])
        return (*parts, *(table[name] for name in self.weights))


class TableReader:
    """What readers of tables with named columns share; they have `_roles` and `_tables()`."""

    def __call__(self):
        """A new iterator of the batches.

        Yields
        ------
        tuple
            `(X, y, sample_weight)`; without `sample_weight`, and without `y`, where they are
            not named. Every batch but the last has `batch_rows` rows.
        """
        for table in self._tables():
            if len(table):
                yield self._roles.split(table)

    def __repr__(self):
        roles = self._roles
        words = [self._source, *([f"target={roles.target!r}"] if roles.targets else [])]
        words += [f"sample_weight={name!r}" for name in roles.weights]
        return f"{type(self).__name__}({', '.join(words)}, {counted(roles.features, 'column')})"


def library(name):
    """A library, or one of its modules."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        own = name.partition(".")[0]
        raise ImportError(
            f"This reader needs {own}, which cannot be imported ({error}); {own} is no dependency "
            f"of skmoe. Install it: pip install {own}"
        ) from error


def _as_list(names):
    if names is None:
        return []
    return names if isinstance(names, list) else [names]


def _unknown(name, names):
    """What is said of a name that no column has."""
    near = get_close_matches(str(name), map(str, names), n=3)
    more = f", and {len(names) - 10} more" if len(names) > 10 else ""
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Pass a name of those."
    return (
        f"The column {name!r} was given; the columns are "
        f"{', '.join(map(str, names[:10])) or 'none'}{more}. {remedy}"
    )


def refuse_dask(values, name):
    if hasattr(values, "__dask_graph__"):
        raise ValueError(
            f"{name} is a {type(values).__name__} of dask; readers read on one machine. "
            "Use the estimators of skmoe.dask, which take it as it is."
        )


def existing(path, name):
    """A path, of a file that is there, or an address, as a string."""
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(
            f"{name} is a {type(path).__name__}; a path is allowed, which can be opened anew for "
            "each pass. Pass the path of a file."
        )
    path = os.fspath(path)
    if "://" not in path and not os.path.exists(path):
        raise FileNotFoundError(
            f"{name}={path!r} was given; there is no such file or folder "
            f"(in {os.getcwd()}). Pass the path of one that exists."
        )
    return path


def counted(things, noun):
    return f"{len(things)} {noun}{'s' * (len(things) != 1)}"


def exact(tables, rows, concat):
    """Tables of `rows` rows (the last: what is left) from tables of any length."""
    held, count = [], 0
    for table in tables:
        while count + len(table) >= rows:
            yield concat([*held, table.slice(0, rows - count)])
            table = table.slice(rows - count)
            held, count = [], 0
        held.append(table)
        count += len(table)
    if count:
        yield concat(held)

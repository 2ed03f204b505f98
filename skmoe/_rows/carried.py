"""What users give of a row beside X, y and its weight: exposure, offset, groups."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from .arrays import array_namespace, host, is_sparse, like, log_ceiling, take_rows, zeros
from .blocks import ArrayBlocks
from .record import Record
from .tables import check_column, check_known, is_elsewhere, is_frame

__all__ = ["KEYS", "NOTHING", "Carried", "Given", "check_one_weight"]


# What a row may carry.
KEYS = ("exposure", "offset", "groups", "trials")

# What changes nothing where it is given for every row.
_NEUTRAL = {"exposure": 1.0, "offset": 0.0, "trials": 1.0}


class Carried(NamedTuple):
    """Columns that users give beside X and y: values for the rows, or names of columns of X.

    Attributes
    ----------
    exposure, offset, groups, trials : float, str, array-like or None
    unused : tuple of str
        Those that a method has no use for: columns of that name are taken out of X, and no more.
    """

    exposure: Any = None
    offset: Any = None
    groups: Any = None
    trials: Any = None
    unused: Any = ()

    @classmethod
    def asked(cls, words, keys):
        """What keywords give to a method that has a use for some of the keys."""
        unused = tuple(key for key in KEYS if key not in keys)
        return cls(**{key: words.get(key) for key in KEYS if key in keys}, unused=unused)

    def named(self):
        """Names of the columns that were asked for by name, by what they are."""
        return {key: name for key, name in self.given().items() if isinstance(name, str)}

    def given(self):
        """Those that are given, by what they are."""
        return {key: own for key in KEYS if (own := getattr(self, key)) is not None}

    def parted(self, X, known=None):
        """X without the columns that are named, and all columns as values, groups numbered.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        known : dict or None
            Names of columns that a fit has asked for, by what they are, where X is for a fitted
            estimator; None for a fit.
        """
        if is_elsewhere(X):
            # It is refused in words where the table is looked at.
            return X, self
        X, own = self._parted(X, known or {}, self.named())
        return X, own if own.groups is None else own._replace(groups=_group_codes(own.groups))

    def _parted(self, X, known, named):
        if not (known or named):
            return X, self
        columns = list(getattr(X, "column_names", X.columns)) if is_frame(X) else None
        new = {}
        for key, name in {**known, **named}.items():
            if (getattr(self, key) is not None and key not in named) or key in self.unused:
                continue
            if columns is None:
                raise ValueError(
                    f"{key}={name!r} was given{'' if key in named else ' in fit'}, but X has no "
                    f"names of columns. Pass the values as an array: {key}=values, or X as a data "
                    "frame."
                )
            if name not in columns:
                raise ValueError(
                    f"{key}={name!r}{'' if key in named else ', as in fit,'} names no column of X, "
                    f"whose columns are {columns[:10]}. Pass a column's name, or the values as an "
                    f"array: {key}=values."
                )
            new[key] = _safe_indexing(X, columns.index(name), axis=1)
        if columns is None:
            return X, self
        taken = {*known.values(), *named.values()}
        kept = [i for i, name in enumerate(columns) if name not in taken]
        return _safe_indexing(X, kept, axis=1), self._replace(**new)

    def neutral(self, known, keys):
        """For some of the keys, of those that are given or known: what changes nothing."""
        asked = {*known, *self.given()} & {*keys} & {*_NEUTRAL}
        return {key: _NEUTRAL[key] for key in asked}

    def taken(self, rows):
        """The same of some rows."""

        def own(value):
            whole = isinstance(value, str) or value is None or np.ndim(value) == 0
            return value if whole else _safe_indexing(value, rows)

        return self._replace(**{key: own(value) for key, value in self.given().items()})

    def record(self, family, n_predictors):
        """Which columns these make, checked against the family."""
        if self.exposure is not None and not family.log_link:
            raise ValueError(
                f"exposure was given for the family {type(family).__name__}; families with a log "
                "link are allowed (counts, positive numbers, 'tweedie'). Pass offset for a known "
                "term of the linear predictor."
            )
        if self.trials is not None and not family.trials:
            raise ValueError(
                f"trials was given for the family {type(family).__name__}; 'binomial' is allowed. "
                "Leave it out, or pass family='binomial'."
            )
        if self.trials is None and family.trials:
            raise ValueError(
                f"y of shares was given for family={family!r} without trials. Pass trials=, or y "
                "with two columns, successes and trials."
            )
        known = self.exposure is not None or self.offset is not None
        grouped = self.groups is not None and not _are_alone(self.groups)
        return Record(n_predictors if known else 0, family.trials, grouped)

    def rows(self, X, targets, weight, record, family, n_jobs=None):
        """Blocks of checked rows, with the columns of a record behind their targets.

        Rows of a group are brought together; `map` gives answers in the order given.

        Raises
        ------
        ValueError
            If they are not one finite number for every row, an exposure is not above 0, a mean
            would overflow, a group is missing, or its rows have several weights.
        """
        if self.groups is not None:
            n_given = self.groups.shape[0]
            if n_given != X.shape[0]:
                raise ValueError(f"groups has {n_given} rows and X has {X.shape[0]}.")
        self._check_known(record)
        if targets is not None:
            self._check_enough(record)
        if not record.width:
            return ArrayBlocks(X, targets, weight, n_jobs=n_jobs)
        own = X if not is_sparse(X) else zeros((1, 1), X)
        before = like(self._offsets(X, record, family), own, X.dtype)
        if record.counted:
            trials = like(self._trials(X), own, X.dtype)
            before = array_namespace(own).concat([before, trials], axis=1)
        tables, order = [] if targets is None else [targets], None
        if record.grouped:
            order, begins = _ordered(self.groups, X.shape[0], weight)
            before = array_namespace(own).concat([before, like(begins, own, X.dtype)], axis=1)
        if order is not None:
            X, weight, *tables = (
                table if table is None else take_rows(table, order)
                for table in (X, weight, *tables)
            )
            before = take_rows(before, order)
        tables = [array_namespace(own).astype(table, X.dtype) for table in tables]
        y = array_namespace(own).concat([*tables, before], axis=1)
        return ArrayBlocks(X, y, weight, n_jobs=n_jobs, grouped=record.grouped, order=order)

    def of_targets(self, family, targets):
        """Shares, and these columns with the trials that the targets bring; else as they are."""
        if not family.trials:
            return targets, self
        targets, trials = family.of_trials(targets)
        if trials is None:
            return targets, self
        if self.trials is not None:
            raise ValueError(
                "trials was given beside a y of counts, which brings its own. Pass one of them."
            )
        return targets, self._replace(trials=host(trials))

    def _trials(self, X):
        """Trials (n, 1) on the host; one where none are given."""
        if self.trials is None:
            return np.ones((X.shape[0], 1))
        trials = _values(self.trials, X, "trials", 1)
        whole = trials == np.round(trials)
        if not ((trials > 0) & whole).all():
            bad = trials[~((trials > 0) & whole)][0]
            raise ValueError(
                f"trials has the value {bad:g}; whole numbers of at least 1 are allowed. Leave out "
                "rows without a trial."
            )
        return trials

    def _offsets(self, X, record, family):
        """Known terms of the predictors (n, C) on the host; zeros where none are given."""
        table = np.zeros((X.shape[0], record.offsets))
        if self.exposure is not None:
            exposure = _values(self.exposure, X, "exposure", 1)
            if exposure.size and not exposure.min() > 0:
                raise ValueError(
                    f"exposure has values down to {exposure.min():g}; numbers above 0 are allowed. "
                    "Leave out rows that were not exposed."
                )
            table = table + np.log(exposure)
        if self.offset is not None:
            own = _values(self.offset, X, "offset", record.offsets)
            if (family.labels or family.coupled) and own.shape[1] < record.offsets:
                raise ValueError(
                    f"offset has one column for {record.offsets} classes, which moves all of them "
                    f"alike and so none; {record.offsets} columns are allowed. Pass a column for "
                    "every class."
                )
            table = table + own
        largest = np.abs(table).max(initial=0.0)
        most = log_ceiling(X) / 2 if family.log_link else np.inf
        if largest > most:
            raise ValueError(
                f"offset reaches {largest:g} (of an exposure, its logarithm) up or down; a mean is "
                f"its exponential times a rate, and up to {most:.0f} is allowed for X of "
                f"{X.dtype}. Look at its units."
            )
        return table

    def _check_enough(self, record):
        """Whether what the fit has had is given with a y."""
        for keys, known in (
            (("exposure", "offset"), record.offsets),
            (("trials",), record.counted),
            (("groups",), record.grouped),
        ):
            if known and not any(getattr(self, key) is not None for key in keys):
                words = " or ".join(f"{key}=" for key in keys)
                raise ValueError(
                    f"The mixture was fitted with {' or '.join(keys)}, without which y says "
                    f"something else. Pass {words}; where that is not taken, as by pictures, fit "
                    "by the name of a column of X, which the mixture then finds by itself."
                )

    def _check_known(self, record):
        """Whether the fit has had what is given now."""
        for key, known in (
            ("exposure", record.offsets),
            ("offset", record.offsets),
            ("groups", record.grouped),
            ("trials", record.counted),
        ):
            given = getattr(self, key)
            alone = key == "groups" and given is not None and _are_alone(given)
            if given is not None and not (known or alone):
                raise ValueError(
                    f"{key} was given, but the mixture was fitted without. Leave it out, or fit "
                    f"with {key}."
                )


NOTHING = Carried()


class Given(NamedTuple):
    """Rows as a user gives them; None where they are not all in memory."""

    X: Any
    y: Any
    sample_weight: Any
    carried: Any

    @property
    def is_weighted(self):
        """Whether rows have weights of their own."""
        return self.sample_weight is not None

    def fit(self, estimator, narrow):
        """Fit an estimator from a mixture of one expert less, or from none."""
        return estimator._fit_wider(narrow, self)

    def blocks(self, fitted):
        """The rows as a fitted estimator sees them, with the weights given."""
        return fitted._weighted_rows(self, "fit")


def _values(values, X, name, n_columns):
    """Finite numbers (n, 1 or n_columns) on the host."""
    check_column(values, name)
    try:
        table = np.asarray(_on_host(values), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is not made of numbers ({error}). Pass a number for every row."
        ) from error
    if table.ndim == 0:
        table = np.full(X.shape[0], table)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or table.shape[0] != X.shape[0] or table.shape[1] not in {1, n_columns}:
        wide = "" if n_columns == 1 else f", or {n_columns} columns of them"
        raise ValueError(
            f"{name} has the shape {np.shape(values)} and X has {X.shape[0]} rows; a number for "
            f"every row{wide} is allowed."
        )
    if not np.isfinite(table).all():
        raise ValueError(
            f"{name} contains NaN or infinity; finite numbers are allowed. Leave out those rows."
        )
    return table


def _group_codes(groups):
    """Number of every row's group, (n,) on the host; they count without gaps."""
    check_known(groups, "groups")
    if isinstance(groups, (list, tuple)) and len(set(map(type, groups))) > 1:
        # As an array they would all be text.
        groups = np.array(groups, dtype=object)
    values = np.asarray(_on_host(groups))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or _any_missing(values):
        what = "missing values" if values.ndim == 1 else f"the shape {values.shape}"
        raise ValueError(
            f"groups has {what}; a name or number for every row is allowed. Give rows of nobody a "
            "group of their own."
        )
    try:
        return np.unique(values, return_inverse=True)[1]
    except TypeError as error:
        raise ValueError(
            f"groups holds names that have no order ({error}); all text or all numbers is allowed."
        ) from error


def _any_missing(values):
    """Whether one of some names or numbers (n,) is None or not equal to itself."""
    if values.dtype.kind == "O":
        return any(own is None or own != own for own in values.tolist())
    return values.dtype.kind in "fmM" and (values != values).any()


def _are_alone(codes):
    """Whether every row has a group of its own: then there are none to speak of."""
    return codes.max(initial=-1) + 1 == len(codes)


def _ordered(codes, n_rows, weight):
    """Order that brings rows of groups together (None: they are), and a column that begins them.

    The column (n, 1) belongs to the rows as they are given; of None every row is alone.
    """
    if codes is None:
        return None, np.ones((n_rows, 1))
    order = np.argsort(codes, kind="stable")
    begins = np.ones(n_rows)
    begins[order[1:]] = np.diff(codes[order]) > 0
    if weight is not None:
        check_one_weight(host(weight)[order], np.flatnonzero(begins[order]))
    together = (np.diff(order) == 1).all()
    return None if together else order, begins[:, None]


def check_one_weight(weight, begins):
    """Raise a ValueError if rows of a group, which stand together, differ in their weights."""
    first = np.repeat(weight[begins], np.diff(begins, append=len(weight)))
    if not np.allclose(weight, first, rtol=1e-6, atol=0):
        raise ValueError(
            "Rows of one group have several weights (class_weight gives them such); one weight is "
            "allowed, that of all rows of a group, which then counts as so many groups. Leave out "
            "rows that should not count."
        )


def _on_host(values):
    return host(values) if hasattr(values, "__array_namespace__") else values

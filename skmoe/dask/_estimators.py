"""The estimators of a cluster: those in memory, fitted to partitions that workers hold."""

import inspect
import re
from copy import copy
from functools import wraps

from sklearn.utils.validation import check_is_fitted

from .._rows.arrays import allowing_underflow
from .._rows.carried import Given
from .._rows.compat import with_callbacks
from ..estimators import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from ..estimators._carried import carrying, check_named, check_takes
from ..estimators._out_of_core import GivenBlocks, check_needs_no_array
from ..estimators._reader import is_reader
from ..estimators._settings import plan
from ._answers import lazily
from ._partitions import head, is_distributed
from ._rows import fitted_rows, rows_of_fit
from ._workers import Workers

__all__ = ["DaskHMEClassifier", "DaskHMERegressor", "DaskMoEClassifier", "DaskMoERegressor"]

# Methods with one answer for every row, which are worked out when they are computed.
_BY_ROW = (
    "assign",
    "gate_proba",
    "predict",
    "predict_experts",
    "predict_log_proba",
    "predict_proba",
    "predict_quantiles",
    "predict_uncertainty",
    "responsibilities",
    "score_samples",
)


# Methods that add up over all rows, as a fit does.
_OF_SUMS = ("aic", "bic", "icl", "inference", "score", "summary")


_ABOUT = """
Maximised: what :class:`~skmoe.{0}` maximises. The rows stay on the workers that load them: a pass
sends out the parameters and brings back sums. What it predicts of dask collections are lazy dask
arrays; arrays in memory are answered in memory.
"""

_CLIENT = """\
client : distributed.Client or None, default=None
    The client of the cluster; None takes the current one, or, where there is none, dask's local
    scheduler. It is not pickled with the estimator.
"""

_CLIENT_IN_USE = """\
client_ : distributed.Client or None
    The client that serves.
"""

_SEE_ALSO = """\
See Also
--------
skmoe.{0} : The same in memory, with all that is not said here.
"""


class OnWorkers:
    """What the estimators of a cluster share; `_plain` is the kind in memory."""

    def __init_subclass__(cls, **words):
        super().__init_subclass__(**words)
        if OnWorkers not in cls.__bases__:
            return
        cls._plain = next(kind for kind in cls.__bases__ if kind is not OnWorkers)
        cls.__init__ = _with_client(cls._plain)
        # Python run with -OO has no docstrings.
        if cls.__doc__ is not None:
            cls.__doc__ = _documented(cls.__doc__, cls._plain)
        for name in _BY_ROW:
            if hasattr(cls._plain, name):
                setattr(cls, name, lazily(name, getattr(cls._plain, name)))
        # The same answer, of which set_output makes nothing else.
        cls.transform = lazily("gate_proba", cls._plain.transform)
        for name in _OF_SUMS:
            setattr(cls, name, _letting_go(getattr(cls._plain, name)))

    @classmethod
    def accurate(cls, **params):
        """Not on a cluster: the settings for accuracy are networks, which draw rows at random.

        Parameters
        ----------
        **params : dict
            Of the twin in memory.

        Raises
        ------
        ValueError
            Always; says what to do.
        """
        raise ValueError(
            f"{cls.__name__}.accurate was called, but its networks climb along rows drawn at "
            f"random, which stay on the workers here. Fit {cls._plain.__name__}.accurate() to a "
            f"sample in memory, or {cls.__name__}(expert=LinearExpert(segments=8))."
        )

    @with_callbacks
    @carrying("exposure", "offset", "groups", "trials")
    def fit(self, X, y, sample_weight=None, *, carried):
        """Fit the mixture to the partitions of dask collections.

        The partitions are loaded, checked and kept on the workers until the fit has ended. Every
        pass sends them the parameters and brings back sums, folded in a tree that does not depend
        on the number of workers: neither do the bits of the answer.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Partitions without rows are passed over.
        y : dask array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
            Of the same rows as X, cut into partitions in the same way where their lengths are not
            known.
        sample_weight : dask array or Series of shape (n_samples,), default=None
            A row of weight 2 counts as two rows.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            If X, y or the weights are no dask collections, or the client is none.
        ValueError
            If a hyperparameter or a partition is not as described: the partition is named. If
            what was asked for needs all rows at hand: scikit-learn estimators as gate or experts,
            Adam (the solver of networks; `LBFGS` does without), a start given by `init`.
        RuntimeError
            If partitions are lost that Dask cannot make again, since they have been scattered.
        """
        return self._fit_partitions(Given(X, y, sample_weight, carried))

    @allowing_underflow
    def _fit_partitions(self, given):
        check_named(given.carried, "dask collections")
        some, _ = given.carried.parted(head(given.X))
        settings = plan(self, some)
        check_needs_no_array(self, settings, f"{type(self).__name__}.fit")
        with Workers(self.client) as workers:
            rows, state = rows_of_fit(workers, self.to_local(), settings, given)
            check_takes(settings, state["_record"])
            far = GivenBlocks(some, rows, state, given.is_weighted)
            return self._fit_rows(rows, dict(state), settings, far)

    @staticmethod
    def _is_far(X):
        return is_distributed(X) or is_reader(X)

    def _weighted_rows(self, given, method, as_fit=False):
        if not is_distributed(given.X):
            return super()._weighted_rows(given, method, as_fit)
        check_named(given.carried, "dask collections")
        rows = fitted_rows(self._workers, self.to_local(), method, as_fit, given)
        return self._units.seen(rows)

    def to_local(self):
        """The same estimator without a client: fitted, if this one is.

        Returns
        -------
        MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
        """
        known = {k: value for k, value in vars(self).items() if k not in ("client", "_workers")}
        local = self._plain()
        vars(local).update(known)
        return local

    @property
    def client_(self):
        """The client that serves; None for dask's local scheduler."""
        check_is_fitted(self)
        return Workers(self.client).client

    def __getstate__(self):
        # A connection belongs to its process.
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self):
        # A copy has no client, which cannot be cloned as other parameters are.
        new = super(OnWorkers, copy(self)).__sklearn_clone__()
        return new.set_params(client=self.client)


def _letting_go(method):
    """A method that looks at all partitions, which are let go of however it ends."""

    @wraps(method)
    def own(self, X=None, *args, **words):
        if not is_distributed(X):
            return method(self, X, *args, **words)
        looking = copy(self)
        with Workers(self.client) as looking._workers:
            return method(looking, X, *args, **words)

    return own


def _documented(doc, kind):
    """The docstring of an estimator of a cluster: all that its twin in memory says, and `doc`."""
    summary, examples = _sections(doc)
    _, *known = _sections(kind.__doc__)
    told = {section.partition("\n")[0]: section for section in known}
    told["Parameters"] += _CLIENT
    told["Attributes"] += _CLIENT_IN_USE
    told["See Also"] = _SEE_ALSO.format(kind.__name__)
    names = ("Parameters", "Attributes", "See Also", "Notes", "References")
    about = summary + _ABOUT.format(kind.__name__)
    return "\n".join([about, *(told[name] for name in names if name in told), examples])


def _sections(doc):
    """A docstring of a class cut before its headings, each part with one end of line."""
    parts = re.split(r"(?m)^(?=[A-Z][A-Za-z ]+\n-+$)", inspect.cleandoc(doc))
    return [part.rstrip() + "\n" for part in parts]


def _with_client(kind):
    """`__init__` of an estimator with one parameter more."""

    def __init__(self, *args, client=None, **params):
        kind.__init__(self, *args, **params)
        self.client = client

    signature = inspect.signature(kind.__init__)
    client = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None)
    __init__.__signature__ = signature.replace(parameters=[*signature.parameters.values(), client])
    return __init__


class DaskMoERegressor(OnWorkers, MoERegressor):
    """Mixture-of-experts regression on a Dask cluster.

    Examples
    --------
    Without a client, dask's local scheduler serves:

    >>> import dask.array as da
    >>> import numpy as np
    >>> from skmoe.dask import DaskMoERegressor
    >>> x = np.linspace(-1, 1, 400).reshape(-1, 1)
    >>> X, y = da.from_array(x, chunks=(100, 1)), da.from_array(np.abs(x[:, 0]), chunks=100)
    >>> model = DaskMoERegressor(2, random_state=0).fit(X, y)
    >>> model.predict(X)
    dask.array<concatenate, shape=(400,), dtype=float64, chunksize=(100,), chunktype=numpy.ndarray>
    >>> round(model.score(X, y), 2)
    1.0
    """


class DaskMoEClassifier(OnWorkers, MoEClassifier):
    """Mixture-of-experts classification on a Dask cluster.

    Examples
    --------
    Without a client, dask's local scheduler serves:

    >>> import dask.array as da
    >>> import numpy as np
    >>> from skmoe.dask import DaskMoEClassifier
    >>> x = np.linspace(-1, 1, 400).reshape(-1, 1)
    >>> X, y = da.from_array(x, chunks=(100, 1)), da.from_array(np.abs(x[:, 0]) > 0.5, chunks=100)
    >>> model = DaskMoEClassifier(2, random_state=0).fit(X, y)
    >>> model.predict(X)
    dask.array<concatenate, shape=(400,), dtype=bool, chunksize=(100,), chunktype=numpy.ndarray>
    >>> round(model.score(X, y), 2)
    1.0
    """


class DaskHMERegressor(OnWorkers, HMERegressor):
    """Hierarchical mixture-of-experts regression on a Dask cluster.

    Examples
    --------
    Without a client, dask's local scheduler serves:

    >>> import dask.array as da
    >>> import numpy as np
    >>> from skmoe.dask import DaskHMERegressor
    >>> x = np.linspace(-1, 1, 400).reshape(-1, 1)
    >>> X, y = da.from_array(x, chunks=(100, 1)), da.from_array(np.abs(x[:, 0]), chunks=100)
    >>> model = DaskHMERegressor(depth=1, random_state=0).fit(X, y)
    >>> model.predict(X)
    dask.array<concatenate, shape=(400,), dtype=float64, chunksize=(100,), chunktype=numpy.ndarray>
    >>> round(model.score(X, y), 2)
    1.0
    """


class DaskHMEClassifier(OnWorkers, HMEClassifier):
    """Hierarchical mixture-of-experts classification on a Dask cluster.

    Examples
    --------
    Without a client, dask's local scheduler serves:

    >>> import dask.array as da
    >>> import numpy as np
    >>> from skmoe.dask import DaskHMEClassifier
    >>> x = np.linspace(-1, 1, 400).reshape(-1, 1)
    >>> X, y = da.from_array(x, chunks=(100, 1)), da.from_array(np.abs(x[:, 0]) > 0.5, chunks=100)
    >>> model = DaskHMEClassifier(depth=1, random_state=0).fit(X, y)
    >>> model.predict(X)
    dask.array<concatenate, shape=(400,), dtype=bool, chunksize=(100,), chunktype=numpy.ndarray>
    >>> round(model.score(X, y), 2)
    1.0
    """

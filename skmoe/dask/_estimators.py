"""The estimators of a cluster: those in memory, fitted to partitions that workers hold."""

import inspect
from copy import copy
from functools import wraps

from sklearn.utils.validation import check_is_fitted

from .._rows.arrays import allowing_underflow
from .._rows.compat import with_callbacks
from ..estimators import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from ..estimators._batches import is_reader
from ..estimators._docs import documented
from ..estimators._out_of_core import GivenBlocks, check_needs_no_array
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


class OnWorkers:
    """What the estimators of a cluster share; `_plain` is the kind in memory."""

    def __init_subclass__(cls, **words):
        super().__init_subclass__(**words)
        if OnWorkers not in cls.__bases__:
            return
        cls._plain = next(kind for kind in cls.__bases__ if kind is not OnWorkers)
        cls.__init__ = _with_client(cls._plain)
        for name in _BY_ROW:
            if hasattr(cls._plain, name):
                setattr(cls, name, lazily(name, getattr(cls._plain, name)))
        # The same answer, of which set_output makes nothing else.
        cls.transform = lazily("gate_proba", cls._plain.transform)
        for name in _OF_SUMS:
            setattr(cls, name, _letting_go(getattr(cls._plain, name)))

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
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
        return self._fit_partitions(X, y, sample_weight)

    @allowing_underflow
    def _fit_partitions(self, X, y, sample_weight):
        some = head(X)
        settings = plan(self, some)
        check_needs_no_array(self, settings, f"{type(self).__name__}.fit")
        with Workers(self.client) as workers:
            rows, state = rows_of_fit(workers, self.to_local(), settings, X, y, sample_weight)
            given = GivenBlocks(some, rows, state, sample_weight is not None)
            return self._fit_rows(rows, dict(state), settings, given)

    @staticmethod
    def _is_far(X):
        return is_distributed(X) or is_reader(X)

    def _weighted_rows(self, X, y, sample_weight, method, as_fit=False):
        if not is_distributed(X):
            return super()._weighted_rows(X, y, sample_weight, method, as_fit)
        local = self.to_local()
        rows = fitted_rows(self._workers, local, method, as_fit, X, y, sample_weight)
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


def _with_client(kind):
    """`__init__` of an estimator with one parameter more."""

    def __init__(self, *args, client=None, **params):
        kind.__init__(self, *args, **params)
        self.client = client

    signature = inspect.signature(kind.__init__)
    client = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None)
    __init__.__signature__ = signature.replace(parameters=[*signature.parameters.values(), client])
    return __init__


@documented
class DaskMoERegressor(OnWorkers, MoERegressor):
    r"""Mixture-of-experts regression on a Dask cluster.

    Maximised: what :class:`~skmoe.MoERegressor` maximises. The rows stay on the workers that
    load them: a pass sends out the parameters and brings back sums. What it predicts of dask
    collections are lazy dask arrays; arrays in memory are answered in memory.

    Parameters
    ----------
    %(n_experts)s
    %(gate)s
    %(expert and family)s
    %(climb)s
    %(conduct)s
    %(client)s

    Attributes
    ----------
    %(gate_coef_)s
    %(coef_ of numbers)s
    %(parts_)s
    %(outcome_)s
    client_ : distributed.Client or None
        The client that serves.

    See Also
    --------
    skmoe.MoERegressor : The same in memory, with all that is not said here.

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures
       of local experts. Neural Computation 3, 79-87.

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


@documented
class DaskMoEClassifier(OnWorkers, MoEClassifier):
    r"""Mixture-of-experts classification on a Dask cluster.

    Maximised: what :class:`~skmoe.MoEClassifier` maximises. The rows stay on the workers that
    load them: a pass sends out the parameters and brings back sums. What it predicts of dask
    collections are lazy dask arrays; arrays in memory are answered in memory.

    Parameters
    ----------
    %(n_experts)s
    %(gate)s
    %(expert)s
    %(climb)s
    %(class_weight)s
    %(conduct)s
    %(client)s

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    %(gate_coef_)s
    %(coef_ of labels)s
    %(parts_)s
    %(outcome_)s
    client_ : distributed.Client or None
        The client that serves.

    See Also
    --------
    skmoe.MoEClassifier : The same in memory, with all that is not said here.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

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


@documented
class DaskHMERegressor(OnWorkers, HMERegressor):
    r"""Hierarchical mixture-of-experts regression on a Dask cluster.

    Maximised: what :class:`~skmoe.HMERegressor` maximises. The rows stay on the workers that
    load them: a pass sends out the parameters and brings back sums. What it predicts of dask
    collections are lazy dask arrays; arrays in memory are answered in memory.

    Parameters
    ----------
    %(tree)s
    %(expert and family)s
    %(climb)s
    %(conduct)s
    %(client)s

    Attributes
    ----------
    %(node_coef_)s
    %(coef_ of numbers)s
    %(leaves_)s
    %(outcome_)s
    client_ : distributed.Client or None
        The client that serves.

    See Also
    --------
    skmoe.HMERegressor : The same in memory, with all that is not said here.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

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


@documented
class DaskHMEClassifier(OnWorkers, HMEClassifier):
    r"""Hierarchical mixture-of-experts classification on a Dask cluster.

    Maximised: what :class:`~skmoe.HMEClassifier` maximises. The rows stay on the workers that
    load them: a pass sends out the parameters and brings back sums. What it predicts of dask
    collections are lazy dask arrays; arrays in memory are answered in memory.

    Parameters
    ----------
    %(tree)s
    %(expert)s
    %(climb)s
    %(class_weight)s
    %(conduct)s
    %(client)s

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    %(node_coef_)s
    %(coef_ of labels)s
    %(leaves_)s
    %(outcome_)s
    client_ : distributed.Client or None
        The client that serves.

    See Also
    --------
    skmoe.HMEClassifier : The same in memory, with all that is not said here.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

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

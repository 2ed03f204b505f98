"""Fitting on a Dask cluster: rows stay on the workers, statistics travel."""

try:
    import dask.array  # noqa: F401
    import distributed  # noqa: F401
except ImportError as error:
    raise ImportError("skmoe.dask needs Dask: install it with pip install 'skmoe[dask]'") from error

from ._estimators import DaskHMEClassifier, DaskHMERegressor, DaskMoEClassifier, DaskMoERegressor

__all__ = ["DaskHMEClassifier", "DaskHMERegressor", "DaskMoEClassifier", "DaskMoERegressor"]

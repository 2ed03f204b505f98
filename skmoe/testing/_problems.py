"""Random problems that parts are tried on, and what all checks have in common."""

from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from ._backends import BACKENDS, as_host

__all__ = ["applies"]

ROWS, FEATURES, EXPERTS = 140, 3, 3


class Problem(NamedTuple):
    """Rows of a random problem on a backend: design, targets, responsibilities."""

    backend: Any
    X: Any
    y: Any
    resp: Any

    def rows(self, rows):
        """Some of the rows."""
        chosen = [as_host(table)[rows] for table in self[1:]]
        return Problem(self.backend, *(self.backend.array(table) for table in chosen))

    def with_resp(self, resp):
        """The same rows with other responsibilities."""
        return self._replace(resp=self.backend.array(resp))


def _targets(signal, rng):
    """Targets (n, 1) of several kinds: numbers, counts, yes or no, positive numbers, shares.

    And shares (n, 3) of three outcomes.
    """
    noise = rng.standard_normal(signal.shape)
    yield signal + 0.3 * noise
    yield rng.poisson(np.exp(0.5 * signal + 0.3 * noise)).astype(float)
    yield (signal + noise > 0).astype(float)
    yield np.exp(0.5 * signal + 0.3 * noise)
    yield 1 / (1 + np.exp(-0.5 * signal - 0.3 * noise))
    parts = rng.gamma(np.exp(signal * [[0.0, 0.5, -0.5]]))
    yield parts / parts.sum(axis=1, keepdims=True)


def _amounts(signal, rng):
    """Targets (n, 1) of which many are zero, and no two others alike."""
    return rng.gamma(2.0 * rng.poisson(np.exp(0.5 * signal)))


def problem_of(backend, family=None, n_classes=None, seed=0):
    """A random problem with the first kind of targets that the family takes."""
    rng = np.random.default_rng(seed)
    X = np.hstack([rng.standard_normal((ROWS, FEATURES)), np.ones((ROWS, 1))])
    resp = rng.dirichlet(np.ones(EXPERTS), size=ROWS) * rng.uniform(0.5, 2, size=(ROWS, 1))
    signal = X[:, :1] - X[:, 1:2] * (X[:, 2:3] > 0)
    if n_classes is None:
        kinds = _targets(signal, rng)
        y = next(y for y in kinds if family is None or takes(family, y))
        # Whole numbers would be taken too.
        y = _amounts(signal, rng) if family is not None and family.atom else y
    else:
        y = np.argmax(X[:, :1] * np.arange(n_classes) + rng.gumbel(size=(ROWS, n_classes)), 1)
        y[:n_classes] = np.arange(n_classes)
        y = y[:, None]
    return Problem(backend, *(backend.array(table) for table in (X, y, resp)))


def takes(family, y):
    try:
        family.check(y)
        clone(family).initialize(y)
    except ValueError:
        return False
    return True


def check_docstring(part, problem=None):
    """The docstring states the maximised quantity and has an example."""
    text = type(part).__doc__ or ""
    for word in ("Maximised:", "Examples", "References"):
        assert word in text, f"the docstring of {type(part).__name__} has no '{word}'"


def check_hyperparameters(part, problem=None):
    """A clone has the same hyperparameters and none of the state."""
    # As text: estimators among the hyperparameters are cloned as well.
    assert str(clone(part).get_params()) == str(part.get_params())
    extra = set(vars(clone(part))) - set(part.get_params(deep=False))
    assert not extra, f"the constructor sets {extra} beyond the hyperparameters"


OBJECT_CHECKS = [check_docstring, check_hyperparameters]


def targets_of(family):
    """Numbers of classes to try, or None for a number as target."""
    return [2, 5 if family.ordered else 3] if family.labels else [None]


def needs_float64(check):
    """Mark a check of differences of objectives, which have no digits in float32."""
    check.needs_float64 = True
    return check


def not_first(check):
    """Mark a check that compares with NumPy in float64, the first backend."""
    check.not_first = True
    return check


def applies(check, backend):
    """Whether a check can fail on a backend.

    Parameters
    ----------
    check : callable
        One of the checks.
    backend : Backend
        Where it would run.

    Returns
    -------
    bool
        False where float32 has too few digits, and for the comparison of NumPy in float64 with
        itself.

    Examples
    --------
    >>> from skmoe.testing import FAMILY_CHECKS, applies, available
    >>> len([check for check in FAMILY_CHECKS if applies(check, available()[0])]) > 5
    True
    """
    if getattr(check, "needs_float64", False):
        return backend.dtype == "float64"
    return backend != BACKENDS[0] or not getattr(check, "not_first", False)


def applying(checks, backend):
    return [check for check in checks if applies(check, backend)]


@contextmanager
def named(check, part, backend, **case):
    """Let a failure say which check it was, and of what."""
    try:
        yield
    except Exception as error:
        told = "".join(f", {name}={value}" for name, value in case.items() if value is not None)
        error.add_note(f"{check.__name__} of {part} on {backend}{told}")
        raise

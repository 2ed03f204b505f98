"""Checks of solvers, each one property."""

import numpy as np
from numpy.testing import assert_allclose

from .._rows.blocks import ArrayBlocks
from ..experts import LinearExpert
from ..families import Categorical, Gaussian
from ..gates import SoftmaxGate
from ..mixture import Mixture
from ..solvers import EM, Trace
from ._backends import as_host, available
from ._problems import EXPERTS, OBJECT_CHECKS, ROWS, applying, named, needs_float64, problem_of

__all__ = ["SOLVER_CHECKS", "check_solver"]

# Objective per row that early stopping and small steps may leave to EM.
_STOCHASTIC_LOSS = 0.1

# Passes of a climb that need not arrive.
_PASSES = 30


def _solver_problem(backend, seed, n_classes):
    """A mixture with random responsibilities behind it, and its blocks."""
    problem = problem_of(backend, None, n_classes, seed)
    family = (Gaussian() if n_classes is None else Categorical()).initialize(problem.y)
    gate = SoftmaxGate(alpha=0.1).initialize(EXPERTS, problem.X)
    expert = LinearExpert(alpha=0.1).initialize(EXPERTS, problem.X, family)
    mixture = Mixture(gate, expert)
    given = mixture.statistics_given(problem.X, problem.y, problem.resp)
    return mixture.update(given), ArrayBlocks(problem.X, problem.y, length=50)


def _objective(mixture, blocks):
    return float(blocks.sum(mixture.statistics).log_likelihood) + mixture.log_prior()


def check_solver_climbs(solver, backend, seed, n_classes):
    """The objective never falls, and the mixture that is returned has the last one."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    start = as_host(mixture.params).copy()
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=_PASSES, tol=1e-7))
    if solver.stochastic:
        assert trace.history[-1] > trace.history[0]
    else:
        assert (np.diff(trace.history) >= 0).all()
    assert trace.n_iter <= _PASSES + 12
    assert_allclose(as_host(mixture.params), start)
    assert_allclose(_objective(solved, blocks), trace.history[-1], rtol=10 * backend.tolerance)


@needs_float64
def check_solver_converges(solver, backend, seed, n_classes):
    """A long climb ends where the gradient of the objective is small."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=3000, tol=1e-12))
    assert trace.converged
    if solver.stochastic:
        best, _ = EM().solve(mixture, blocks, Trace(max_iter=3000, tol=1e-12))
        lost = _objective(best, blocks) - _objective(solved, blocks)
        assert lost < _STOCHASTIC_LOSS * ROWS
        return
    slope = as_host(blocks.sum(solved.value_and_gradient)[1]) + as_host(solved.log_prior_gradient())
    assert np.max(np.abs(slope)) < 1e-3 * ROWS


def check_solver_stops(solver, backend, seed, n_classes):
    """A callback that answers true stops the climb at once."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    _, trace = solver.solve(mixture, blocks, Trace(_PASSES, 1e-7, report=lambda *_: True))
    assert trace.stopped
    # Where the last mixture need not be the best, the objective of that comes last.
    assert len(trace.history) == 2 + solver.stochastic


SOLVER_CHECKS = [check_solver_climbs, check_solver_converges, check_solver_stops]


def check_solver(solver, *, backends=None, checks=None, seeds=range(3)):
    """Run the contract of solvers.

    Parameters
    ----------
    solver : solver
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `SOLVER_CHECKS`.
    seeds : iterable of int, default=range(3)
        Random problems to solve.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.solvers import EM
    >>> from skmoe.testing import available, check_solver
    >>> check_solver(EM(), backends=available()[:1], seeds=[0])
    """
    for check in OBJECT_CHECKS if checks is None else []:
        check(solver)
    for backend in backends or available():
        for n_classes in (None, 2, 3):
            for seed in seeds:
                for check in applying(checks or SOLVER_CHECKS, backend):
                    with named(check, solver, backend, n_classes=n_classes, seed=seed):
                        check(solver, backend, seed, n_classes)

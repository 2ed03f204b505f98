"""How a start learns its cells and climbs where Newton steps are dear: along gradients."""

from .._rows.arrays import array_namespace
from ..mixture import Mixture
from ..solvers import Trace

__all__ = ["GIVEN_STEPS", "climbed_along_gradients"]

# Steps in which gate and experts learn the cells of a start, before any row may change its cell:
# after one step of Newton's method a gate is still far from the borders of eight cells.
GIVEN_STEPS = 4


class _Given(Mixture):
    """A mixture that learns responsibilities which are given, the weights of its blocks."""

    __slots__ = ()

    def statistics(self, X, y, resp):
        """Sums over a block."""
        return self.statistics_given(X, y, resp)

    def value_and_gradient(self, X, y, resp):
        """What gate and experts are fitted to, and its gradient."""
        joint, gradient, groups = self.log_joint_and_gradient(X, y)
        resp = groups.mean(resp)
        return array_namespace(X).sum(joint * resp), gradient(resp)


def climbed_along_gradients(mixture, resp, sample, solver, passes):
    """Where a mixture comes to that learns a table of responsibilities and climbs a few passes.

    Parameters
    ----------
    mixture : Mixture
    resp : array of shape (n, K)
        Times the weights of the rows.
    sample : Blocks
    solver : solver
    passes : int
        As many as of Newton steps.

    Returns
    -------
    Explored
    """
    few = Trace(GIVEN_STEPS * solver.passes_per_step, 0.0)
    learnt, _ = solver.solve(_Given(*mixture.inside, mixture.record), sample.with_weight(resp), few)
    return solver.explore(mixture._with_inside(learnt.inside), sample, 0.0, passes=passes)

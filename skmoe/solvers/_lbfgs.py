"""Limited-memory BFGS: gradients, and now and then the curvature of the parts."""

from scipy.optimize import minimize

from .._rows.arrays import host, like
from .._rows.validation import check_count
from .._rows.whitening import Coordinates, unit
from ._base import Solver

__all__ = ["LBFGS"]

# Relative change of a parameter that float32 may bring.
_ROUNDING = 1e-6

# Steps after which the curvature is summed anew, and steps are begun afresh.
_STEPS = 120

# Steps that are remembered where the curvature of the parts is a matrix, and where it is not:
# there parameters are many.
_LONG_MEMORY, _SHORT_MEMORY = 60, 10


class LBFGS(Solver):
    """Limited-memory BFGS on the parameters of gate and experts together.

    Maximised: log-likelihood less the penalties of gate and experts. Every pass over the data
    gives the objective and its gradient, by Fisher's identity: the gradient of the parts at
    fixed responsibilities. Of linear gates and experts, the curvature for known responsibilities
    is summed every 120 steps: in coordinates in which it is a unit matrix the first step is
    Newton's, and the others learn what is missing from the gradients. Of sparse tables, and of
    thousands of columns, that is its diagonal alone, so that memory and time grow with the number
    of parameters, not its square; of parts without a curvature gradients are all.

    Parameters
    ----------
    memory : int or "auto", default="auto"
        Steps that the curvature is estimated from. "auto" is 60 where that of the parts is known
        as a matrix, and 10 elsewhere.

    Notes
    -----
    The loop is scipy's L-BFGS-B, with the parameters on the host: its line search is well tried,
    and a vector of parameters is small beside a pass over the data.

    References
    ----------
    .. [1] Liu, D. C. & Nocedal, J. (1989). On the limited memory BFGS method for large scale
       optimization. Mathematical Programming 45, 503-528.
    .. [2] Salakhutdinov, R., Roweis, S. & Ghahramani, Z. (2003). Optimization with EM and
       expectation-conjugate-gradient. International Conference on Machine Learning 20, 672-679.

    Examples
    --------
    >>> from skmoe import MoEClassifier
    >>> from skmoe.solvers import LBFGS
    >>> MoEClassifier(solver=LBFGS(memory=20))
    MoEClassifier(solver=LBFGS(memory=20))
    """

    # Passes whose gains together decide whether the climb has ended: single ones vary a lot.
    _WINDOW = 5

    passes_per_step = 3

    def __init__(self, memory="auto"):
        self.memory = memory

    def solve(self, mixture, blocks, trace):
        """Climb from `mixture` until `trace` says stop.

        Parameters
        ----------
        mixture : Mixture
            Of parts that have parameters.
        blocks : Blocks
            The data, as the mixture sees them.
        trace : Trace
            Told of every pass; holds the limits.

        Returns
        -------
        mixture : Mixture
            The mixture of the last accepted step.
        trace : Trace
        """
        return self._climbed(mixture, None, blocks, trace), trace

    def _climbed(self, mixture, statistics, blocks, trace):
        """The mixture of the last accepted step; `statistics` are its curvature at first."""
        self._check_gradients(mixture)
        memory, curved = self._memory(mixture), mixture.has_statistics
        trace.begin(-_loss(mixture, blocks, trace)[0], blocks.total_weight())
        goes_on = True
        while goes_on:
            if curved and statistics is None:
                trace.n_iter += 1
                statistics = blocks.sum(mixture.statistics)
            steps = _STEPS if curved else trace.max_iter
            options = {"maxcor": memory, "maxiter": steps, "maxfun": 10 * trace.max_iter}
            mixture, goes_on = self._steps(mixture, statistics, blocks, trace, options)
            statistics = None
        trace.converged = not trace.stopped and trace.n_iter < trace.max_iter
        return mixture

    def _steps(self, mixture, statistics, blocks, trace, options):
        """The mixture after as many steps as scipy's options allow, and whether to go on."""
        start, weight, first = mixture.params, trace.weight, len(trace.history)
        coordinates = _coordinates(mixture, statistics, weight)
        reached = [mixture]

        def at(z):
            return mixture.with_params(like(coordinates.params(z), start))

        def loss(z):
            value, slope = _loss(at(z), blocks, trace, coordinates.params(z))
            return value / weight, coordinates.gradient(slope / weight)

        def ends():
            settled = len(trace.history) - first >= self._WINDOW and self._has_settled(trace)
            return trace.stopped or trace.n_iter >= trace.max_iter or settled

        def after_step(intermediate_result):
            reached[0] = at(intermediate_result.x)
            trace.record(-float(intermediate_result.fun) * weight, reached[0])
            if ends():
                raise StopIteration

        # The trace decides when to stop: scipy's own tolerances are out of reach.
        minimize(
            loss,
            coordinates.start(),
            jac=True,
            method="L-BFGS-B",
            callback=after_step,
            options={**options, "ftol": 0.0, "gtol": 1e-9},
        )
        # Where no step led higher, a new curvature would find none either.
        return reached[0], len(trace.history) - first == options["maxiter"] and not ends()

    def _memory(self, mixture):
        if not isinstance(self.memory, str):
            return check_count(self.memory, "memory")
        if self.memory != "auto":
            raise ValueError(
                f'memory={self.memory!r} was given; "auto" or an integer of at least 1 is allowed. '
                'Pass memory="auto".'
            )
        full = mixture.has_statistics and not mixture.gradient_only
        return _LONG_MEMORY if full else _SHORT_MEMORY

    def _has_settled(self, trace):
        """Whether the last few passes together have gained no more than the tolerance."""
        if len(trace.history) <= self._WINDOW:
            return False
        gain = trace.history[-1] - trace.history[-1 - self._WINDOW]
        return gain <= trace.tol * trace.weight


def _loss(mixture, blocks, trace, params=None):
    """Minus the objective, and its slope on the host; `params` as they were before any limits."""
    trace.n_iter += 1
    value, slope = blocks.sum(mixture.value_and_gradient)
    slope = host(slope).astype(float) + host(mixture.log_prior_gradient()).astype(float)
    if params is not None:
        # Scales are cut to their limits: beyond them, nothing changes.
        within = host(mixture.expert.params)
        first = len(slope) - len(within)
        slope[first:] *= abs(within - params[first:]) <= _ROUNDING * (1 + abs(within))
    return -(float(value) + mixture.log_prior()), -slope


def _coordinates(mixture, statistics, weight):
    """Those in which the curvature in `statistics`, if any, of the mean objective is one."""
    if statistics is None:
        return Coordinates(mixture.params, [unit(mixture.params.shape[0])])
    return Coordinates(mixture.params, mixture.whitening(statistics), weight**0.5)

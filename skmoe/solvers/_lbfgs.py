"""Limited-memory BFGS: gradients only, no matrix of the size of the parameters squared."""

from scipy.optimize import minimize

from .._rows.arrays import host, like
from .._rows.validation import check_count
from ._base import Solver

__all__ = ["LBFGS"]

# Relative change of a parameter that float32 may bring.
_ROUNDING = 1e-6


class LBFGS(Solver):
    """Limited-memory BFGS on the parameters of gate and experts together.

    Maximised: log-likelihood less the penalties of gate and experts. Every pass over the data
    gives the objective and its gradient, by Fisher's identity: the gradient of the parts at
    fixed responsibilities. Memory and time grow with the number of parameters, not its square, so
    this is the solver for tables of thousands of columns.

    Parameters
    ----------
    memory : int, default=10
        Steps that the curvature is estimated from.

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

    def __init__(self, memory=10):
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
        memory = check_count(self.memory, "memory")
        self._check_gradients(mixture)
        weight = blocks.total_weight()
        start = mixture.params
        reached = [mixture]

        def loss(params):
            trace.n_iter += 1
            new = mixture.with_params(like(params, start))
            value, slope = blocks.sum(new.value_and_gradient)
            value = float(value) + new.log_prior()
            slope = host(slope).astype(float) + host(new.log_prior_gradient()).astype(float)
            # Scales are cut to their limits: beyond them, nothing changes.
            within = host(new.expert.params)
            first = len(slope) - len(within)
            slope[first:] *= abs(within - params[first:]) <= _ROUNDING * (1 + abs(within))
            return -value / weight, -slope / weight

        def after_step(intermediate_result):
            reached[0] = mixture.with_params(like(intermediate_result.x, start))
            trace.record(-float(intermediate_result.fun) * weight, reached[0])
            if trace.stopped or trace.n_iter >= trace.max_iter or self._has_settled(trace):
                raise StopIteration

        point = host(start).astype(float)
        trace.begin(-loss(point)[0] * weight, weight)
        # The trace decides when to stop: scipy's own tolerances are out of reach.
        options = {"maxcor": memory, "maxiter": trace.max_iter, "maxfun": 10 * trace.max_iter}
        minimize(
            loss,
            point,
            jac=True,
            method="L-BFGS-B",
            callback=after_step,
            options={**options, "ftol": 0.0, "gtol": 1e-9},
        )
        trace.converged = not trace.stopped and trace.n_iter < trace.max_iter
        return reached[0], trace

    def _has_settled(self, trace):
        """Whether the last few passes together have gained no more than the tolerance."""
        if len(trace.history) <= self._WINDOW:
            return False
        gain = trace.history[-1] - trace.history[-1 - self._WINDOW]
        return gain <= trace.tol * trace.weight

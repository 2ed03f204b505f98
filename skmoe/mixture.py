"""The mixture: a gate and a bank of experts, and nothing of solvers or estimators."""

from typing import Any, NamedTuple

from ._numerics.part import Together
from ._rows.arrays import array_namespace, logsumexp, logsumexp_and_shares, softmax_weights

__all__ = ["Mixture", "MixtureStatistics"]

# Multiplications of the curvature over those of the rest of a pass, above which Newton steps are
# dearer than the passes that they save.
_DEAR = 3


class MixtureStatistics(NamedTuple):
    """Sums over rows of one E-step.

    Attributes
    ----------
    gate, expert : statistics of the parts
    log_likelihood : array without axes
    weight : array without axes
    """

    gate: Any
    expert: Any
    log_likelihood: Any
    weight: Any


class _Pair(NamedTuple):
    gate: Any
    expert: Any


class Mixture(Together, _Pair):
    r"""The model :math:`\log p(y|x) = \mathrm{logsumexp}_k [\log g_k(x) + \log f(y; \eta_k(x))]`.

    A value: `update` and `with_params` return a new mixture.

    Parameters
    ----------
    gate : Gate
        An initialised gate.
    expert : Expert
        An initialised bank of as many experts.
    """

    __slots__ = ()

    @property
    def inside(self):
        """Gate and experts."""
        return self

    @property
    def has_dear_curvature(self):
        """Whether gradients and a curvature now and then climb faster than Newton steps."""
        curvature, rest = self.multiplications()
        return curvature > _DEAR * rest

    def _with_inside(self, parts):
        return Mixture(*parts)

    def begun(self, start, random_state):
        """Mixture at the beginning of its climb, given its stand-in fitted to a sample, or None.

        Experts of a start are no stand-ins.
        """
        if start is None:
            return super().begun(None, random_state)
        return Mixture(self.gate.begun(start.gate, random_state), start.expert)

    def log_prior(self):
        """Minus the penalties of both parts, a number."""
        return sum(float(part.log_prior()) for part in self)

    def _times_density(self, log_gate, X, y):
        """Log of a gate's values times densities for every row and expert, of shape (n, K)."""
        return log_gate + self.expert.log_prob(X, y, self._wanted(log_gate))

    def _wanted(self, log_gate):
        """Experts that are open to a row, (n, K); None for all."""
        return log_gate > -float("inf") if self.gate.routes else None

    def log_density(self, X, y):
        """Log density of y given x of every row, of shape (n,)."""
        return logsumexp(self._times_density(self.gate.log_weight(X), X, y), axis=1)[:, 0]

    def log_likelihood(self, X, y, weight):
        """Weighted sum of the log densities of a block, an array without axes."""
        return weight @ self.log_density(X, y)

    def responsibilities(self, X, y):
        """Probability of every expert given x and y, of shape (n, K)."""
        return self.e_step(X, y)[1]

    def log_joint(self, X, y):
        """Log density of every row and expert together, of shape (n, K)."""
        return self._times_density(self.gate.log_joint(X), X, y)

    def e_step(self, X, y):
        """Log density (n,), joint with x if the gate models x, and responsibilities (n, K)."""
        density, resp = logsumexp_and_shares(self.log_joint(X, y))
        return density[:, 0], resp

    def statistics(self, X, y, weight):
        """E-step of a block and the sums that an update needs."""
        xp = array_namespace(X)
        log_gate, of_gate = self.gate.log_joint_and_statistics(X)
        log_prob, of_expert = self.expert.log_prob_and_statistics(X, y, self._wanted(log_gate))
        density, resp = logsumexp_and_shares(log_gate + log_prob)
        resp = resp * weight[:, None]
        total = weight @ density[:, 0], xp.sum(weight)
        return MixtureStatistics(of_gate(resp), of_expert(resp), *total)

    def statistics_given(self, X, y, resp):
        """Statistics of the gate and of the experts of a block at given responsibilities."""
        return self.gate.statistics(X, resp), self.expert.statistics(X, y, resp)

    def value_and_gradient(self, X, y, weight):
        """Log-likelihood of a block and its gradient, by Fisher's identity.

        The gradient of the log-likelihood is the gradient of the parts at fixed
        responsibilities; add `log_prior` and `log_prior_gradient` for the objective.
        """
        joint, gradient = self.log_joint_and_gradient(X, y)
        density, resp = logsumexp_and_shares(joint)
        slope = gradient(resp * weight[:, None])
        return array_namespace(X).sum(density[:, 0] * weight), slope

    def log_joint_and_gradient(self, X, y):
        """`log_joint`, and the function that takes responsibilities to the parts' gradients."""
        log_gate, of_gate = self.gate.log_joint_and_gradient(X)
        log_prob, of_expert = self.expert.log_prob_and_gradient(X, y, self._wanted(log_gate))
        return log_gate + log_prob, lambda resp: self._concat([of_gate(resp), of_expert(resp)])

    def slopes(self, X, y):
        """Derivatives of the rows' log densities by linear predictor, a list of `Slopes`.

        In the order of `params`; None where a part has no linear predictors.
        """
        _, resp = self.e_step(X, y)
        gate, expert = self.gate.slopes(X, resp), self.expert.slopes(X, y, resp)
        if gate is None or expert is None:
            return None
        first = self.gate.params.shape[0]
        moved = [s._replace(intercepts=[first + i for i in s.intercepts]) for s in expert]
        return gate + moved

    def predict(self, X):
        """Expected target, of shape (n, n_targets or n_classes)."""
        score = self.gate.log_score(X)
        weight, total = softmax_weights(score)
        return self.expert.average(X, weight, self._wanted(score)) / total

    def components(self, X):
        """Log weights (n, K), predictors (n, K, C) and scales of the experts (see there)."""
        log_gate = self.gate.log_weight(X)
        return (log_gate, *self.expert.predictors(X, self._wanted(log_gate)))

    def n_experts(self):
        """Number of experts."""
        return self.gate.n_experts

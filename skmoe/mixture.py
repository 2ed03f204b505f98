"""The mixture: a gate and a bank of experts, and nothing of solvers or estimators."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ._numerics.part import Together
from ._rows.arrays import array_namespace, logsumexp, logsumexp_and_shares, softmax_weights
from ._rows.record import Record

__all__ = ["Mixture", "MixtureStatistics"]

# Multiplications of the curvature over those of the rest of a pass, above which Newton steps are
# dearer than the passes that they save.
_DEAR = 3

# Standard deviations that the rows of a group may differ by in a column that is one for all.
_SAME = 1e-6


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


class Seen(NamedTuple):
    """A block of a design as the parts of a mixture see it.

    Attributes
    ----------
    X : array of shape (n, D)
    expert : Expert
        At the offsets of the rows.
    trials : array of shape (n, 1) or None
        Trials of which a row gives the shares; None where it is one.
    groups : Groups
    """

    X: Any
    expert: Any
    trials: Any
    groups: Any

    def of_gate(self):
        """The columns that a gate looks at, (G, D)."""
        return self.groups.mean(self.X)

    def together(self, log_prob, y):
        """Log densities of groups (G, K), of those of the rows, or of one of their trials, (n, K).

        All trials of a row share an expert.
        """
        if self.trials is not None:
            log_prob = self.trials * log_prob + self.expert.family.log_coefficient(y, self.trials)
        return self.groups.sum(log_prob)

    def for_experts(self, resp):
        """Responsibilities of groups (G, K) for every row (n, K), times its trials."""
        resp = self.groups.spread(resp)
        return resp if self.trials is None else resp * self.trials


# No named tuple: those with bases of their own are read back from files of skops as plain tuples.
@dataclass(frozen=True, eq=False)
class Mixture(Together):
    r"""The model :math:`\log p(y|x) = \mathrm{logsumexp}_k [\log g_k(x) + \log f(y; \eta_k(x))]`.

    Rows of a group share an expert: then the densities of its rows are multiplied, and the gate
    looks at the mean of their columns. A value: `update` and `with_params` return a new mixture.

    Parameters
    ----------
    gate : Gate
        An initialised gate.
    expert : Expert
        An initialised bank of as many experts.
    record : Record
        What the rows of a design carry before their columns: offsets, groups.

    Notes
    -----
    What is said of every group has its rows in the order of the groups, G of them; where rows are
    no groups, G is n.
    """

    gate: Any
    expert: Any
    record: Record = field(default=Record())

    def _replace(self, **changes):
        """The same with other parts, or with another record."""
        return replace(self, **changes)

    @property
    def inside(self):
        """Gate and experts."""
        return self.gate, self.expert

    @property
    def has_dear_curvature(self):
        """Whether gradients and a curvature now and then climb faster than Newton steps."""
        curvature, rest = self.multiplications()
        return curvature > _DEAR * rest

    def _with_inside(self, parts):
        gate, expert = parts
        return self._replace(gate=gate, expert=expert)

    def begun(self, start, random_state):
        """Mixture at the beginning of its climb, given its stand-in fitted to a sample, or None.

        Experts of a start are no stand-ins.
        """
        if start is None:
            return super().begun(None, random_state)
        return self._with_inside((self.gate.begun(start.gate, random_state), start.expert))

    def log_prior(self):
        """Minus the penalties of both parts, a number."""
        return sum(float(part.log_prior()) for part in self.inside)

    def seen(self, X):
        """A block of a design as the parts see it."""
        X, offset, trials, groups = self.record.before(X)
        return Seen(
            X, self.expert if offset is None else self.expert.at_offset(offset), trials, groups
        )

    def _wanted(self, log_gate, groups):
        """Experts that are open to a row, (n, K); None for all."""
        return groups.spread(log_gate) > -float("inf") if self.gate.routes else None

    def _log_joint(self, X, y, log_gate):
        """Log of a gate's values `log_gate(X)` times densities of every group, (G, K); groups."""
        own = self.seen(X)
        log_gate = log_gate(own.of_gate())
        density = own.expert.log_prob(own.X, y, self._wanted(log_gate, own.groups))
        return log_gate + own.together(density, y), own.groups

    def log_density(self, X, y):
        """Log density of y given x of every row, of shape (n,).

        Of a group, every row's equal share.
        """
        joint, groups = self._log_joint(X, y, self.gate.log_weight)
        return groups.shared(logsumexp(joint, axis=1)[:, 0])

    def log_density_of(self, X, table):
        """The same of log densities (n, K) of the rows under the experts."""
        own = self.seen(X)
        joint = self.gate.log_weight(own.of_gate()) + own.groups.sum(table)
        return own.groups.shared(logsumexp(joint, axis=1)[:, 0])

    def log_likelihood(self, X, y, weight):
        """Weighted sum of the log densities of a block, an array without axes."""
        return weight @ self.log_density(X, y)

    def responsibilities(self, X, y):
        """Probability of every expert given x and y, of shape (n, K)."""
        return self.e_step(X, y)[1]

    def log_joint(self, X, y):
        """Log density of every row, or of its group, and expert together, of shape (n, K)."""
        joint, groups = self._log_joint(X, y, self.gate.log_joint)
        return groups.spread(joint)

    def e_step(self, X, y):
        """Log density (n,), joint with x if the gate models x, and responsibilities (n, K)."""
        joint, groups = self._log_joint(X, y, self.gate.log_joint)
        density, resp = logsumexp_and_shares(joint)
        return groups.shared(density[:, 0]), groups.spread(resp)

    def statistics(self, X, y, weight):
        """E-step of a block and the sums that an update needs."""
        own = self.seen(X)
        log_gate, of_gate = self.gate.log_joint_and_statistics(own.of_gate())
        wanted = self._wanted(log_gate, own.groups)
        log_prob, of_expert = own.expert.log_prob_and_statistics(own.X, y, wanted)
        density, resp = logsumexp_and_shares(log_gate + own.together(log_prob, y))
        of_group = own.groups.first(weight)
        resp = resp * of_group[:, None]
        total = of_group @ density[:, 0], array_namespace(weight).sum(weight)
        return MixtureStatistics(of_gate(resp), of_expert(own.for_experts(resp)), *total)

    def statistics_given(self, X, y, resp):
        """Statistics of the gate and of the experts of a block at given responsibilities.

        Of a group, their mean is all its rows'.
        """
        own = self.seen(X)
        resp = own.groups.mean(resp)
        of_gate = self.gate.statistics(own.of_gate(), resp)
        return of_gate, own.expert.statistics(own.X, y, own.for_experts(resp))

    def gate_statistics_given(self, X, resp):
        """Statistics of the gate alone."""
        own = self.seen(X)
        return self.gate.statistics(own.of_gate(), own.groups.mean(resp))

    def value_and_gradient(self, X, y, weight):
        """Log-likelihood of a block and its gradient, by Fisher's identity.

        The gradient of the log-likelihood is the gradient of the parts at fixed
        responsibilities; add `log_prior` and `log_prior_gradient` for the objective.
        """
        joint, gradient, groups = self.log_joint_and_gradient(X, y)
        density, resp = logsumexp_and_shares(joint)
        weight = groups.first(weight)
        slope = gradient(resp * weight[:, None])
        return array_namespace(X).sum(density[:, 0] * weight), slope

    def log_joint_and_gradient(self, X, y):
        """Log density of every group and expert together, (G, K), and what climbs it.

        Returns
        -------
        joint : array of shape (G, K)
        gradient : callable
            Takes responsibilities (G, K) to the parts' gradients.
        groups : Groups
        """
        own = self.seen(X)
        log_gate, of_gate = self.gate.log_joint_and_gradient(own.of_gate())
        wanted = self._wanted(log_gate, own.groups)
        log_prob, of_expert = own.expert.log_prob_and_gradient(own.X, y, wanted)

        def gradient(resp):
            return self._concat([of_gate(resp), of_expert(own.for_experts(resp))])

        return log_gate + own.together(log_prob, y), gradient, own.groups

    def slopes(self, X, y):
        """Derivatives of the rows' log densities by linear predictor, a list of `Slopes`.

        In the order of `params`; None where a part has no linear predictors, or rows are in groups.
        """
        gate, expert, groups = self._slopes(X, y)
        if gate is None or expert is None or not groups.is_trivial:
            return None
        first = self.gate.params.shape[0]
        moved = [s._replace(intercepts=[first + i for i in s.intercepts]) for s in expert]
        return gate + moved

    def _slopes(self, X, y):
        """Slopes of the gate in the groups, those of the experts in the rows, and the groups."""
        own = self.seen(X)
        joint, _ = self._log_joint(X, y, self.gate.log_joint)
        _, resp = logsumexp_and_shares(joint)
        gate = self.gate.slopes(own.of_gate(), resp)
        return gate, own.expert.slopes(own.X, y, own.for_experts(resp)), own.groups

    def scores(self, X, y):
        """Derivatives (G, P) of the log densities of groups by the parameters, and the groups.

        Where parts have linear predictors.
        """
        gate, expert, groups = self._slopes(X, y)
        tables = [own.by_parameter() for own in gate]
        tables += [groups.sum(own.by_parameter()) for own in expert]
        return array_namespace(*tables).concat(tables, axis=1), groups

    def varies_in_groups(self, X):
        """Which columns of a design (D,) differ among rows of one group: 1 for those, else 0."""
        own = self.seen(X)
        most = own.groups.varies(own.X)
        return array_namespace(most).astype(most > _SAME, X.dtype)

    def group_weight(self, X, weight):
        """Weights (n,) that count groups: of the first row of each, and none of its others."""
        return self.seen(X).groups.once(weight)

    def trial_weight(self, X, weight):
        """Weights (n,) that count trials."""
        trials = self.seen(X).trials
        return weight if trials is None else weight * trials[:, 0]

    def node_proba(self, X):
        """Probability of the branches of a hierarchical gate, of shape (n, n_branches)."""
        own = self.seen(X)
        return own.groups.spread(self.gate.node_proba(own.of_gate()))

    def offset(self, X):
        """Known terms of the predictors, (n, C)."""
        return self.seen(X).expert.offset

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        own = self.seen(X)
        return own.groups.spread(self.gate.log_weight(own.of_gate()))

    def predict_experts(self, X):
        """Expected target under every expert, of shape (n, K, n_targets or n_classes)."""
        own = self.seen(X)
        return own.expert.predict(own.X)

    def predict(self, X):
        """Expected target, of shape (n, n_targets or n_classes)."""
        X, bank, _, groups = own = self.seen(X)
        score = self.gate.log_score(own.of_gate())
        weight, total = softmax_weights(score)
        average = bank.average(X, groups.spread(weight), self._wanted(score, groups))
        return average / groups.spread(total)

    def components(self, X):
        """Log weights (n, K), predictors (n, K, C) and scales of the experts (see there)."""
        X, bank, trials, groups = own = self.seen(X)
        log_gate = self.gate.log_weight(own.of_gate())
        eta, scale = bank.predictors(X, self._wanted(log_gate, groups))
        # Successes among trials scatter as these say.
        scale = scale if trials is None else 0 * eta[:, :, :1] + trials[:, None, :]
        return groups.spread(log_gate), eta, scale

    def n_experts(self):
        """Number of experts."""
        return self.gate.n_experts

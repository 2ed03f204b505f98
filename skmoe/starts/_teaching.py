"""What gate and experts learn from responsibilities that are given, one start or many at once."""

from functools import partial, reduce

from .._rows.arrays import array_namespace, like, logsumexp_and_shares
from .._rows.statistics import some_of
from ..experts import LinearExpert
from ..gates import SoftmaxGate
from ..mixture import MixtureStatistics
from ..solvers import LBFGS
from ..solvers._base import Explored, evidence
from ._gradients import GIVEN_STEPS, climbed_along_gradients

__all__ = ["side_by_side", "taught"]

# Fall of the likelihood per row in a pass of a start that is half taken back: a gate that is sure
# of rows which are another expert's has no curvature to tell how far to go.
_FALL = 0.1

# Numbers of the tables of a pass of many starts that stay in a CPU's cache.
_MANY_NUMBERS = 2**18


def taught(mixture, given, steps=GIVEN_STEPS):
    """Mixture whose gate and experts have learnt `given`, blocks with responsibilities."""
    for step in range(steps):
        if step > 0 and mixture.expert.learns_at_once:
            own = given.sum(partial(_of_gate, mixture))
            mixture = mixture._replace(gate=mixture.gate.update(own).frozen())
        else:
            # Estimators learn what is given in one step, and the same again in every other.
            mixture = mixture.update(given.sum(mixture.statistics_given)).frozen()
    return mixture.frozen(False)


def _of_gate(mixture, X, y, resp):
    return mixture.gate_statistics_given(X, resp)


def _climbed(mixture, sample, passes):
    """Mixture after a few passes; estimators, whose fits are dear, climb with those that lead."""
    for _ in range(passes if mixture.forgets_rows and mixture.has_statistics else 0):
        mixture = mixture.update(sample.sum(mixture.statistics))
    return mixture


def side_by_side(mixtures, resp, sample, solver, passes):
    """Mixtures that have learnt tables of responsibilities and climbed a few passes.

    On a few rows a pass costs next to nothing but its calls. Softmax gates stand side by side as
    the nodes of one gate, linear experts as one bank: then it is one pass for all. A start whose
    likelihood falls steeply goes half the way back; climbs that follow see to it that the
    objective does not fall at all.

    Parameters
    ----------
    mixtures : list of Mixture
        Of K experts, which have learnt nothing; they differ in their penalties alone.
    resp : list of array of shape (n, K)
        Of every start, times the weights of the rows.
    sample : Blocks
    solver : solver
        Climbs where Newton steps are dear, and else what cannot stand side by side.
    passes : int

    Returns
    -------
    list of Explored
    """
    gate, expert = mixtures[0].inside
    if mixtures[0].has_dear_curvature and isinstance(solver, LBFGS):
        pairs = zip(mixtures, resp, strict=True)
        return [climbed_along_gradients(*pair, sample, solver, passes) for pair in pairs]
    kinds = isinstance(gate, SoftmaxGate) and isinstance(expert, LinearExpert)
    kinds = kinds and not mixtures[0].record.grouped
    if not kinds or gate.gradient_only or expert.gradient_only:
        pairs = zip(mixtures, resp, strict=True)
        starts = [_climbed(taught(own, sample.with_weight(t)), sample, passes) for own, t in pairs]
        return [solver.explore(start, sample, 0.0, passes=0) for start in starts]
    X, _, _ = sample.first()
    together = max(_MANY_NUMBERS // (X.shape[0] * X.shape[1] * gate.n_experts), 1)
    found = []
    for first in range(0, len(mixtures), together):
        some = slice(first, first + together)
        found += _climbed_together(mixtures[some], resp[some], sample, passes)
    return found


def _climbed_together(mixtures, resp, sample, passes):
    """What `side_by_side` returns of a few starts, by passes for all of them."""
    xp, (n_starts, n_experts) = array_namespace(resp[0]), (len(resp), mixtures[0].n_experts())
    bunch = _bunch(mixtures, sample.first()[0])
    bunch = taught(bunch, sample.with_weight(xp.concat(resp, axis=1)))

    def statistics(X, y, weight):
        own = bunch.seen(X)
        log_gate, of_gate = bunch.gate.log_joint_and_statistics(own.X)
        log_prob, of_expert = own.expert.log_prob_and_statistics(own.X, y)
        table = xp.reshape(log_gate + own.together(log_prob, y), (X.shape[0], n_starts, n_experts))
        density, resp = logsumexp_and_shares(table)
        resp = xp.reshape(resp * weight[:, None, None], log_prob.shape)
        return (
            of_gate(resp),
            of_expert(own.for_experts(resp)),
            weight @ density[:, :, 0],
            xp.sum(weight),
        )

    kept, highest = bunch, -float("inf")
    for _ in range(passes):
        sums = sample.sum(statistics)
        _, _, log_likelihood, weight = sums
        new = bunch.update(sums)
        fell = log_likelihood < highest - _FALL * weight
        if bool(xp.any(fell)):
            those = xp.repeat(fell, n_experts)
            kept = _chosen(those, kept, bunch)
            new = _chosen(those, _middle(kept, bunch), new)
        else:
            kept = bunch
        bunch, highest = new, xp.where(fell, highest, log_likelihood)
    of_gates, of_experts, log_likelihood, weight = sample.sum(statistics)
    # Of every row, all starts together have as many times its weight.
    of_experts = of_experts._replace(told=n_starts * of_experts.told)
    found = []
    for index, mixture in enumerate(mixtures):
        own = slice(n_experts * index, n_experts * (index + 1))
        of_gate, of_expert = some_of(of_gates, slice(index, index + 1)), some_of(of_experts, own)
        own = mixture._replace(
            gate=mixture.gate._replaced(weights=bunch.gate.weights[own, :]),
            expert=bunch.expert.take(list(range(own.start, own.stop))),
        )
        sums = MixtureStatistics(of_gate, of_expert, log_likelihood[index], weight)
        found.append(Explored(own, evidence(own, sums)))
    return found


def _bunch(mixtures, X):
    """Mixtures of softmax gates and linear experts as one: nodes of a gate, a bank of all."""
    gate, n_experts = mixtures[0].gate, mixtures[0].n_experts()
    strengths = like([[own.gate.alpha_] for own in mixtures], gate.weights)
    X = mixtures[0].seen(X).X
    many = gate.initialize(n_experts, X, gate.positions, n_nodes=len(mixtures))
    many = many._replaced(penalty=gate.penalty._replace(alpha=strengths), curvature=gate.curvature)
    bank = reduce(LinearExpert.joined, [own.expert for own in mixtures])
    return mixtures[0]._replace(gate=many, expert=bank)


def _chosen(those, one, other):
    """The experts of one bunch where `those` says so, elsewhere those of the other."""
    xp = array_namespace(those)

    def choose(a, b):
        return xp.where(xp.reshape(those, (-1, *(1 for _ in a.shape[1:]))), a, b)

    return _with_tables(other, *map(choose, _tables(one), _tables(other)))


def _middle(one, other):
    """The bunch half the way from one to another."""
    return _with_tables(
        other, *((a + b) / 2 for a, b in zip(_tables(one), _tables(other), strict=True))
    )


def _tables(bunch):
    """What a bunch has learnt, expert by expert."""
    gate, expert = bunch.inside
    return gate.weights, expert.weights, *(() if expert.scale is None else (expert.scale,))


def _with_tables(bunch, logits, weights, scale=None):
    gate, expert = bunch.gate._replaced(weights=logits), bunch.expert
    return bunch._replace(gate=gate, expert=expert._replaced(weights=weights, scale=scale))

"""What gate and experts learn from responsibilities that are given, one start or many at once."""

from .._rows.arrays import array_namespace, exp, logsumexp
from ..experts import LinearExpert
from ..gates import SoftmaxGate
from ..mixture import Mixture

__all__ = ["side_by_side", "taught"]

# Steps in which gate and experts learn the cells of a start, before any row may change its cell:
# after one step of Newton's method a gate is still far from the borders of eight cells.
_GIVEN_STEPS = 4


def taught(mixture, given, steps=_GIVEN_STEPS):
    """Mixture whose gate and experts have learnt `given`, blocks with responsibilities."""
    for _ in range(steps):
        # Estimators learn what is given in one step, and the same again in every other.
        mixture = mixture.update(given.sum(mixture.statistics_given)).frozen()
    return mixture.frozen(False)


def _climbed(mixture, sample, passes):
    """Mixture after a few passes; estimators, whose fits are dear, climb with those that lead."""
    for _ in range(passes if mixture.forgets_rows and mixture.has_statistics else 0):
        mixture = mixture.update(sample.sum(mixture.statistics))
    return mixture


def side_by_side(mixture, resp, sample, passes):
    """Mixtures that have learnt tables of responsibilities and climbed a few passes.

    On a few rows a pass costs next to nothing but its calls. Softmax gates stand side by side as
    the nodes of one gate, linear experts as one bank: then it is one pass for all. No pass is
    taken back; climbs that follow see to it that the objective does not fall.

    Parameters
    ----------
    mixture : Mixture
        Of K experts, which have learnt nothing.
    resp : list of array of shape (n, K)
        Of every start, times the weights of the rows.
    sample : Blocks
    passes : int

    Returns
    -------
    list of Mixture
    """
    gate, expert = mixture
    kinds = isinstance(gate, SoftmaxGate) and isinstance(expert, LinearExpert)
    if not kinds or gate.gradient_only or expert.gradient_only:
        return [_climbed(taught(mixture, sample.with_weight(t)), sample, passes) for t in resp]
    xp, n_experts = array_namespace(resp[0]), mixture.n_experts()
    experts = range(n_experts)
    many = gate.initialize(n_experts, sample.first()[0], gate.positions, n_nodes=len(resp))
    many = many._replaced(penalty=gate.penalty, curvature=gate.curvature)
    bunch = Mixture(many, expert.take([k for _ in resp for k in experts]))
    bunch = taught(bunch, sample.with_weight(xp.concat(resp, axis=1)))

    def statistics(X, y, weight):
        joint = bunch.log_joint(X, y)
        table = xp.reshape(joint, (X.shape[0], len(resp), n_experts))
        own = exp(table - logsumexp(table, axis=2)) * weight[:, None, None]
        return bunch.statistics_given(X, y, xp.reshape(own, joint.shape))

    for _ in range(passes):
        bunch = bunch.update(sample.sum(statistics))
    first = [n_experts * index for index in range(len(resp))]
    return [
        Mixture(
            gate._replaced(weights=bunch.gate.weights[at : at + n_experts, :]),
            bunch.expert.take([at + k for k in experts]),
        )
        for at in first
    ]
